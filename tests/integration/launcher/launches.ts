// What tests of the launcher need: folders, launches in other processes, and a look at what runs.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Kafka, logLevel } from 'kafkajs'
import { afterEach, onTestFinished, vi } from 'vitest'
import { holdFolder } from '../../../bin/launcher/heldFolder.ts'
import { type LaunchOptions, launch } from '../../../bin/launcher/launcher.ts'
import { processList } from '../../../bin/launcher/leftovers.ts'

export const never = new AbortController().signal

const folders: string[] = []
export const folder = async (): Promise<string> => {
  // Java and properties files are at home in none of these characters.
  const made = await realpath(await mkdtemp(join(tmpdir(), 'errand flüge = & ')))
  folders.push(made)
  return made
}

export const launchAnywhere = (options: LaunchOptions) => launch({ kafkaPort: 0, registryPort: 0, ...options })

/** After each test nothing may run in its folders; their data are deleted, wherever they are. */
export function leavesNothing(running: (of: string) => Promise<readonly unknown[]>): void {
  afterEach(async () => {
    vi.unstubAllEnvs()
    for (const of of folders.splice(0)) {
      await vi.waitUntil(async () => (await keepers(of)).length === 0, { timeout: 30_000, interval: 200 })
      const left = await running(of)
      if (existsSync(of)) {
        using held = await holdFolder(of, never)
        await held?.deleteData(never) // none where the launch was refused
      }
      await rm(of, { recursive: true, force: true })
      if (left.length > 0) throw new Error(`left running: ${JSON.stringify(left)}`)
    }
  })
}

const lines = async (...words: readonly string[]): Promise<string[]> =>
  (await processList()).split('\n').filter((line) => words.every((word) => line.includes(word)))

/** The pids of what keeps the servers of a folder. */
export const keepers = async (of: string): Promise<number[]> =>
  (await lines('keeper.ts', JSON.stringify(of))).map((line) => Number.parseInt(line, 10))

export const withAdmin = async <T>(
  brokers: readonly string[],
  use: (admin: ReturnType<Kafka['admin']>) => Promise<T>,
): Promise<T> => {
  const admin = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  return use(admin).finally(() => admin.disconnect())
}

export const register = async (registryUrl: string, subject: string, schema: object): Promise<number> => {
  const answer = await fetch(`${registryUrl}/subjects/${subject}/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({ schema: JSON.stringify(schema) }),
  })
  return ((await answer.json()) as { id: number }).id
}

export const schemaOf = async (registryUrl: string, id: number): Promise<unknown> =>
  JSON.parse(((await (await fetch(`${registryUrl}/schemas/ids/${id}`)).json()) as { schema: string }).schema)

/** Launches in another process; resolves when the system is up. */
export async function launchElsewhere(of: string) {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'launching.ts'), of], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const told = createInterface(child.stdout)[Symbol.asyncIterator]()
  const next = async (): Promise<unknown> => {
    const { value, done } = await told.next()
    if (done) throw new Error(`it ended: ${child.exitCode ?? child.signalCode}`)
    return JSON.parse(value)
  }
  const { brokers, registryUrl } = (await next()) as { brokers: string[]; registryUrl: string }
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  return {
    pid: child.pid!,
    brokers,
    registryUrl,
    kill,
    ended: async () => ((await next()) as { ended: string }).ended,
  }
}
