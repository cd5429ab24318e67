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

/** Starts a process; `said` are its lines. */
function start(...values: readonly string[]) {
  const child = spawn(process.execPath, [script, ...values], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'close')
  running.push({ child, ended })
  return { child, ended, said: createInterface({ input: child.stdout }) }
}

/** Runs a process to its end; what it said, in one object. */
async function run(...values: readonly string[]): Promise<{ identity?: string; claims?: string[] }> {
  const { ended, said } = start(...values)
  const lines: object[] = []
  for await (const line of said) lines.push(JSON.parse(line))
  expect(await ended).toEqual([0, null])
  return Object.assign({}, ...lines)
}

test('processes that open a fresh file and write it at once agree on its identity, its views and its claims', async () => {
  const file = join(folder, 'new', 'store.db')
  const seeds = ['0', '1', '2', '3']
  const said = await Promise.all(seeds.map((seed) => run('share', file, seed)))
  const store = await openSqliteStore({ file })

  expect(new Set(said.map(({ identity }) => identity))).toEqual(new Set([store.identity]))
  expect(said[0]?.claims).toHaveLength(400)
  for (const { claims } of said) expect(claims).toEqual(said[0]?.claims)
  for (let index = 0; index < 400; index++)
    expect(await store.request(`req_${index}`)).toMatchObject({ asked, startedAtMs: 1, attempt: 4 })
  expect(await store.positions(['t'])).toEqual([{ topic: 't', partition: 0, offset: 383n, passedMs: 380 }])
  await store.close()
})

test('a process that is killed while it writes leaves each position with the views it stands for', async () => {
  const file = join(folder, 'store.db')
  const { child, ended, said } = start('count', file)
  for await (const line of said) if (JSON.parse(line).written >= 200) break
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
