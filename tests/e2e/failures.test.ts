// Work that fails, on a real broker: all is accounted for, attempts survive kills, an outage costs none, and what is to run
// later does.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, inject, onTestFinished, test, vi } from 'vitest'
import { readCommitMetadata } from '../../consumers/commitMetadata.ts'
import { recordsBehind } from '../../consumers/standing.ts'
import type { Group } from '../../kafka/catalogue.ts'
import { readHeaders, writeHeaders } from '../../kafka/headers.ts'
import { eventEncoder } from '../../schemas/eventValue.ts'
import { failuresOf, numbered, outage, readTold, type Told } from '../failing.ts'
import { atOnce, type RealSystem, type Running, realSystem } from './realSystem.ts'

const patient = { timeout: 180_000, interval: 200 }

async function failing(): Promise<RealSystem & { readonly folder: string; told(): readonly Told[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'errand-failing-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const env = { FAILING_FOLDER: folder }
  const errand = await realSystem(inject('system'), { app: 'tests/failing.ts', type: 'visit', env })
  return { ...errand, folder, told: () => readTold(folder) }
}

const groupOf = ({ system }: RealSystem, role: Group['role']): Group =>
  system.catalogue.groups.find((group) => group.role === role)!

async function deadIds({ system: { kafka } }: RealSystem, { failures }: Group): Promise<readonly string[]> {
  const ids: string[] = []
  for await (const record of kafka.read(failures!.dead, { from: 'earliest' })) ids.push(readHeaders(record).id)
  return ids
}

const accepted = async (response: Response): Promise<string> => {
  expect(response.status).toBe(202)
  return ((await response.json()) as { id: string }).id
}

const resource = async (errand: RealSystem, url: string, id: string) =>
  (await (await errand.get(url, `/v1/requests/${id}`)).json()) as { status: string; attempt: number }

/** What no worker is known to have taken up. */
const requestsBehind = ({ system: { kafka, catalogue } }: RealSystem): Promise<bigint> => {
  const { id, sources } = catalogue.groups.find(({ role }) => role === 'workers')!
  return recordsBehind(kafka.admin, id, sources)
}

const said = ({ lines }: Running, event: string): number => lines.filter((line) => line.event === event).length

test('of 10,000 records, of which 1 % fail for good and 5 % at first, every one is handled or dead, none is both, though a process is killed', async () => {
  const count = 10_000
  const errand = await failing()
  const { catalogue, codec, producer } = errand.system
  const topic = catalogue.event('numbered')
  const encode = await eventEncoder(codec, numbered, topic)
  const [victim] = await Promise.all([errand.start('subscribers'), errand.start('subscribers')])
  await atOnce(Array(count).keys(), 500, async (number) => {
    const headers = writeHeaders({ id: `n-${number}`, type: 'numbered', source: '/t', timeMs: Date.now(), run: 1 })
    await producer.send(
      topic,
      { key: Buffer.from(numbered.key({ number })), value: encode({ number }), headers },
      { kind: 'key' },
    )
  })
  const ids = (what: Told['what']): ReadonlySet<string> =>
    new Set(errand.told().flatMap((told) => (told.what === what ? [told.id] : [])))
  await vi.waitFor(() => expect(ids('done').size).toBeGreaterThan(count / 5), patient)
  await victim.program.stop('SIGKILL')
  await errand.start('subscribers')
  const group = groupOf(errand, 'subscribers')
  await vi.waitFor(async () => {
    const dead = new Set(await deadIds(errand, group))
    expect(ids('done').size + dead.size).toBe(count)
  }, patient)
  const [done, dead] = [ids('done'), new Set(await deadIds(errand, group))]
  expect([...done].filter((id) => dead.has(id))).toEqual([])
  const expected = Array.from(Array(count).keys(), (number) => [`n-${number}`, failuresOf(number)] as const)
  for (const [id, failures] of expected) expect((typeof failures === 'string' ? dead : done).has(id)).toBe(true)
  expect(dead.size).toBe(count / 100)
})

test('attempts go on counting after a kill', async () => {
  const errand = await failing()
  const { url } = await errand.start('api')
  const first = await errand.start('workers')
  const id = await accepted(await errand.ask(url, { name: 'a', failures: 9 }, {}))
  const group = groupOf(errand, 'workers')
  await vi.waitFor(
    async () => {
      const committed = await errand.system.kafka.admin.committed(group.id, group.sources)
      const retried = committed.flatMap(({ offset, metadata }) => readCommitMetadata(offset, metadata)?.retried ?? [])
      expect(retried.map(({ attempts }) => attempts)).toEqual([2])
    },
    { ...patient, interval: 50 },
  )
  await first.program.stop('SIGKILL')
  await errand.start('workers')
  await vi.waitFor(async () => expect(await deadIds(errand, group)).toEqual([id]), patient)
  const attempts = errand.told().map(({ attempt }) => attempt)
  expect(new Set(attempts)).toEqual(new Set([1, 2, 3, 4]))
  expect(attempts.length).toBeLessThanOrEqual(5) // a third that had begun when it was killed may have been made again
})

test('an outage that handlers tell of burns no attempt, and is told once', async () => {
  const errand = await failing()
  const { url } = await errand.start('api', 'status')
  await writeFile(join(errand.folder, outage), '')
  const worker = await errand.start('workers')
  const ids: string[] = []
  await atOnce(Array(300).keys(), 32, async (number) => {
    ids.push(await accepted(await errand.ask(url, { name: String(number), failures: 0 }, {})))
  })
  const calls = (): number => errand.told().length
  await vi.waitFor(() => expect(said(worker, 'request.handled')).toBeGreaterThan(0), patient)
  const before = calls()
  await new Promise((resolve) => setTimeout(resolve, 6_000)) // an outage lasts
  expect(calls() - before).toBeLessThanOrEqual(8) // one a second
  expect(said(worker, 'group.held')).toBe(1)
  await rm(join(errand.folder, outage))
  await vi.waitFor(() => expect(errand.told().filter(({ what }) => what === 'done').length).toBe(300), patient)
  expect(said(worker, 'group.released')).toBe(1)
  expect(new Set(errand.told().map(({ attempt }) => attempt))).toEqual(new Set([1]))
  expect(before).toBeLessThanOrEqual(60) // those that ran at once when it began
  await vi.waitFor(
    async () => expect(await resource(errand, url, ids[0]!)).toMatchObject({ status: 'succeeded', attempt: 1 }),
    patient,
  )
})

test('a request that is to run later is scheduled, waits through the death of all processes, and runs once, not before its time', async () => {
  const errand = await failing()
  const all = ['api', 'workers', 'status', 'callbacks', 'delay']
  const first = await errand.start(...all)
  const dueMs = Date.now() + 20_000
  const asked = { runAt: new Date(dueMs).toISOString(), callback: { url: errand.callbackUrl } }
  const id = await accepted(await errand.ask(first.url, { name: 'later', failures: 0 }, asked))
  await vi.waitFor(() => expect(said(first, 'request.putOff')).toBe(1), patient)
  await vi.waitFor(
    async () => expect(await resource(errand, first.url, id)).toMatchObject({ status: 'scheduled', attempt: 0 }),
    patient,
  )
  // Whoever dies between the copy and the commit leaves both: then it runs twice, and the first answer counts.
  await vi.waitFor(async () => expect(await requestsBehind(errand)).toBe(0n), patient)
  await first.program.stop('SIGKILL')
  const second = await errand.start(...all)
  expect(await resource(errand, second.url, id)).toMatchObject({ runAt: asked.runAt })
  await vi.waitFor(() => expect(errand.callbacks.map((told) => told.id)).toEqual([id]), patient)
  const told = errand.told()
  expect(told.map(({ what, attempt }) => [what, attempt])).toEqual([
    ['began', 1],
    ['done', 1],
  ])
  expect(told[0]!.atMs).toBeGreaterThanOrEqual(dueMs)
})
