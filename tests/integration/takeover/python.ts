// Python with confluent-kafka, in a folder of its own that is made once per machine and kept. Without it these tests fail and
// say why: that other clients' records are read, and ours by them, is not to be believed untested.
import { spawn } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { access, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'

const packages = ['confluent-kafka[avro,json,schemaregistry]==2.16.0']
const script = join(import.meta.dirname, 'confluent.py')
/** What making it may take. */
export const setUpMs = 300_000

/** A program as it runs: every line that it has printed, parsed. */
export type Running<Line> = {
  readonly lines: readonly Line[]
  /** Resolves when it has ended well; rejects with what it wrote to stderr. */
  readonly ended: Promise<void>
  /** SIGTERM; resolves when it has ended. */
  stop(): Promise<void>
}

/** The path of an interpreter that has the packages. Rejects with what to install. */
export async function python(): Promise<string> {
  const name = `errand-python-${createHash('sha256').update(packages.join()).digest('hex').slice(0, 8)}`
  const folder = join(tmpdir(), name)
  const interpreter = join(folder, 'bin', 'python')
  if (await exists(interpreter)) return interpreter
  const making = `${folder}.${randomUUID()}`
  try {
    await run('python3', ['-m', 'venv', making], 60_000)
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages]
    await run(join(making, 'bin', 'python'), pip, setUpMs - 80_000)
    await rename(making, folder).catch(async (error: unknown) => {
      if (!(await exists(interpreter))) throw error // else another run was faster
    })
  } catch (cause) {
    throw new Error(
      `INTEROPERABILITY IS NOT TESTED: no Python with ${packages.join(' ')}. It needs python3 with venv (Debian: python3-venv) and PyPI. ${(cause as Error).message}`,
    )
  } finally {
    await rm(making, { recursive: true, force: true })
  }
  return interpreter
}

const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  )

async function run(file: string, args: readonly string[], timeoutMs: number): Promise<void> {
  const child = spawn(file, args, { stdio: ['ignore', 'ignore', 'pipe'], timeout: timeoutMs, killSignal: 'SIGKILL' })
  let errors = ''
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`${file} ${args.join(' ')} ended with ${code}: ${errors.slice(-1_000)}`)
}

/** Starts a command of confluent.py; it is killed when the test ends. */
export function confluent<Line>(interpreter: string, command: string, options: object): Running<Line> {
  const child = spawn(interpreter, [script, command], { stdio: 'pipe' })
  const lines: Line[] = []
  let errors = ''
  createInterface(child.stdout).on('line', (line) => lines.push(JSON.parse(line) as Line))
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  child.stdin.end(`${JSON.stringify(options)}\n`)
  const closed = once(child, 'close')
  const ended = closed.then(([code]) => {
    if (code !== 0) throw new Error(`confluent.py ${command} ended with ${code}: ${errors.slice(-2_000)}`)
  })
  ended.catch(() => undefined)
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await closed
  })
  return {
    lines,
    ended,
    stop: async () => {
      child.kill('SIGTERM')
      await ended
    },
  }
}
