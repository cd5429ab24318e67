import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openSqliteStore } from '../../../store/sqlite/store.ts'
import { asked } from '../../contracts/storeModel.ts'

const script = fileURLToPath(new URL('storeProcess.ts', import.meta.url))
let folder: string
let running: { readonly child: ChildProcess; readonly ended: Promise<unknown> }[]

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'errand-store-'))
  running = []
})
afterEach(async () => {
  for (const { child } of running) child.kill('SIGKILL')
  await Promise.all(running.map(({ ended }) => ended))
  await rm(folder, { recursive: true })
})

type Said = { readonly identity?: string; readonly claims?: readonly string[]; readonly written?: number }

/** Starts a process; `said` are its lines. */
function start(...values: readonly string[]) {
  const child = spawn(process.execPath, [script, ...values], { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = once(child, 'close')
  running.push({ child, ended })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const said = async (): Promise<Said> => JSON.parse((await lines.next()).value ?? '{}')
  return { child, ended, said, tell: (line: string) => child.stdin.write(`${line}\n`) }
}

const one = <T>(values: readonly T[]): T => {
  expect(new Set(values).size).toBe(1)
  return values[0]!
}

test('processes that open a fresh file at the same instant agree on its identity', async () => {
  const processes = Array.from({ length: 4 }, () => start('open'))
  await Promise.all(processes.map(({ said }) => said()))
  for (let round = 0; round < 20; round++) {
    const file = join(folder, `${round}`, 'store.db')
    for (const { tell } of processes) tell(file)
    const answers = await Promise.all(processes.map(({ said }) => said()))
    const identity = one(answers.map((answer) => answer.identity))
    const store = await openSqliteStore({ file })
    expect(store.identity).toBe(identity)
    await store.close()
  }
})

test('processes that write one file at once agree on its views and its claims', async () => {
  const file = join(folder, 'store.db')
  const processes = ['0', '1', '2', '3'].map((seed) => start('share', file, seed))
  const answers = await Promise.all(processes.map(({ said }) => said()))
  expect(await Promise.all(processes.map(({ ended }) => ended))).toEqual(processes.map(() => [0, null]))

  expect(answers[0]?.claims).toHaveLength(400)
  one(answers.map(({ claims }) => claims?.join()))
  const store = await openSqliteStore({ file })
  for (let index = 0; index < 400; index++)
    expect(await store.request(`req_${index}`)).toMatchObject({ asked, startedAtMs: 1, attempt: 4 })
  expect(await store.positions(['t'])).toEqual([{ topic: 't', partition: 0, offset: 383n, passedMs: 380 }])
  await store.close()
})

test('a process that is killed while it writes leaves each position with the views it stands for', async () => {
  const file = join(folder, 'store.db')
  const { child, ended, said } = start('count', file)
  while (Number((await said()).written) < 200);
  child.kill('SIGKILL')
  await ended
  const store = await openSqliteStore({ file })
  const [position] = await store.positions(['t'])
  const reached = Number(position?.offset)
  expect(reached).toBeGreaterThan(200)
  for (let n = 0; n < reached; n++) expect(await store.request(`req_${n}`)).toBeDefined()
  expect(await store.request(`req_${reached}`)).toBeUndefined()
  await store.close()
})

test('a wait in this process is ended by the write of another', async () => {
  const file = join(folder, 'store.db')
  const store = await openSqliteStore({ file })
  const wait = store.changed('req_60', 0, new AbortController().signal)
  start('count', file)
  expect(await wait).toMatchObject({ asked })
  await store.close()
})
