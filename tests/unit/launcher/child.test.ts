// Programs that cannot outlive us, with real processes.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { createInterface } from 'node:readline'
import { expect, onTestFinished, test, vi } from 'vitest'
import { kill, run, startChild } from '../../../bin/launcher/child.ts'

const cwd = tmpdir()
/** A process that has ended but whose parent, often init, has not asked for it yet is listed as Z. */
const runs = (pid: number): boolean =>
  /^\s*[^Z\s]/.test(spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).stdout)

/** Starts a shell that starts another program in its turn, and resolves with the pids of both. */
async function startTwo(script: string) {
  const { promise, resolve } = Promise.withResolvers<string>()
  const child = startChild(['sh', '-c', script], { cwd, output: resolve })
  onTestFinished(() => child[Symbol.asyncDispose]())
  return { child, pids: (await promise).split(' ').map(Number) }
}

test('a program ends with its own exit code, and one that is not there with 127', async () => {
  const signal = new AbortController().signal
  const lines: string[] = []
  const output = (line: string): void => void lines.push(line)
  expect(await run(['sh', '-c', 'echo one; echo two >&2; exit 3'], { cwd, output, signal })).toBe('exit code 3')
  expect(lines.toSorted()).toEqual(['one', 'two'])
  expect(await run(['no-such-program'], { cwd, output, signal })).toBe('exit code 127')
})

test('disposing a program ends it and what it started', async () => {
  const { child, pids } = await startTwo('sleep 600 & echo $$ $!; wait')
  expect(pids.map(runs)).toEqual([true, true])
  await child[Symbol.asyncDispose]()
  expect(await child.ended).toBe('SIGTERM')
  await vi.waitFor(() => expect(pids.map(runs)).toEqual([false, false]))
  await child[Symbol.asyncDispose]() // a second time is nothing
})

test('what a program leaves behind ends with it', async () => {
  const { child, pids } = await startTwo('sleep 600 >/dev/null 2>&1 & echo $$ $!')
  expect(await child.ended).toBe('exit code 0')
  await vi.waitFor(() => expect(pids.map(runs)).toEqual([false, false]))
})

test('an abort ends a running program, and keeps one from starting', async () => {
  const controller = new AbortController()
  const running = run(['sleep', '600'], { cwd, output: () => undefined, signal: controller.signal })
  controller.abort('enough')
  await expect(running).rejects.toBe('enough')
  await expect(run(['true'], { cwd, output: () => undefined, signal: controller.signal })).rejects.toBe('enough')
})

test('a program ends when the process that started it is killed', async () => {
  const file = JSON.stringify(new URL('../../../bin/launcher/child.ts', import.meta.url))
  const program = `import { startChild } from ${file}
    startChild(['sh', '-c', 'echo $$; exec sleep 600'], { cwd: '/', output: (line) => process.stdout.write(line + '\\n') })`
  const parent = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = await once(createInterface(parent.stdout), 'line')
  const pid = Number(line)
  onTestFinished(() => kill(pid, 'SIGKILL'))
  expect(runs(pid)).toBe(true)
  parent.kill('SIGKILL')
  await vi.waitFor(() => expect(runs(pid)).toBe(false), { timeout: 5_000 })
})
