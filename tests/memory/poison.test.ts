// Records, results and stores that go wrong for good, or for a while: nobody behind them waits for ever, and nothing is lost.
import { expect, onTestFinished, test, vi } from 'vitest'
import { ErrandError } from '../../app/errors.ts'
import { status } from '../../consumers/status/status.ts'
import { writeHeaders } from '../../kafka/headers.ts'
import { copyHeaders } from '../../kafka/journey.ts'
import { systemClock } from '../../process/clock.ts'
import { silentLog } from '../../process/log.ts'
import { newRequestId } from '../../process/requestId.ts'
import { seal } from '../../process/seal.ts'
import { openSqliteStore } from '../../store/sqlite/store.ts'
import { type MemorySystem, memorySystem } from './memorySystem.ts'

const callbacksGroup = ({ system }: MemorySystem) => system.catalogue.groups.find(({ role }) => role === 'callbacks')!

const [truncated, ofUnknownSchema] = [Buffer.from([0, 0, 0, 0, 1]), Buffer.from([0, 0, 0, 0, 99, 1])]

/** A result that a worker of ours has sealed and nobody can read. */
async function undecodableResult({ system, receiverUrl }: MemorySystem, value = truncated) {
  const { keyring, catalogue } = system
  const id = newRequestId(keyring, { type: 'add', client: 'development', timeMs: Date.now() })
  const type = 'add.succeeded'
  const envelope = { client: 'development', callbackUrl: `${receiverUrl}/x`, toldMs: Date.now() }
  const sealed = seal(keyring, { kind: 'result', id, run: 1, type, value }, envelope)
  const headers = writeHeaders({
    id: `${id}.1`,
    type,
    source: '/t',
    timeMs: Date.now(),
    subject: id,
    run: 1,
    seal: sealed,
  })
  return system.producer.send(catalogue.results, { key: Buffer.from(id), value, headers }, { kind: 'key' })
}

test('a sealed result that cannot be decoded becomes a dead letter of callbacks and stops nobody', async () => {
  const errand = await memorySystem()
  await errand.start()
  const { partition, offset } = await undecodableResult(errand)
  const { id, failures } = callbacksGroup(errand)
  const { results } = errand.system.catalogue
  await vi.waitFor(async () => {
    const committed = await errand.system.kafka.admin.committed(id, [results])
    expect(committed.find((at) => at.partition === partition)?.offset).toBe(offset + 1n)
  }, 5_000)
  expect(await errand.records(failures!.dead)).toHaveLength(1)
})

test('one that lies behind the commit does not keep callbacks from starting on a new store', async () => {
  const errand = await memorySystem()
  await undecodableResult(errand)
  const { partition, offset } = await undecodableResult(errand, ofUnknownSchema)
  const { results } = errand.system.catalogue
  const transaction = await errand.system.kafka.transaction('test')
  await transaction.commit(
    callbacksGroup(errand).id,
    [],
    [{ topic: results, partition, offset: offset + 1n, metadata: '' }],
  )
  await transaction.close()
  const { url } = await errand.start()
  for (let a = 0; a < 8; a += 1)
    await errand.ask(url, { data: { a, b: 1 }, callback: { url: `${errand.receiverUrl}/x` } })
  await vi.waitFor(() => expect(errand.callbacks).toHaveLength(8), 5_000)
})

test('a store that cannot be written for a while loses no change of the view', async () => {
  const errand = await memorySystem()
  const { system } = errand
  const api = await errand.start(['api'])
  const store = await openSqliteStore({ file: system.config.storeFile })
  let failures = 3
  const flaky = {
    ...store,
    project: async (...args: Parameters<typeof store.project>) => {
      failures -= args[0].length > 0 ? 1 : 0
      if (args[0].length > 0 && failures >= 0) throw new ErrandError('store-unwritable', 'disk I/O error')
      return store.project(...args)
    },
  }
  const kafka = errand.cluster.open()
  const platform = { ...system, log: kafka, logger: silentLog, clock: systemClock, onFailed: () => undefined }
  const [group] = status(platform, flaky)
  await group!.member.start()
  onTestFinished(async () => {
    group![Symbol.dispose]()
    await group!.member.stop(100)
    await kafka.close()
    await store.close()
  })
  const { id } = (await (await errand.ask(api.url, { data: { a: 1, b: 1 } })).json()) as { id: string }
  await vi.waitFor(async () => expect((await store.request(id))?.asked?.type).toBe('add'), 5_000)
  expect(failures).toBeLessThan(0)
})

test('a copy on the retry topic of callbacks claims by where it came from', async () => {
  const errand = await memorySystem()
  const { system } = errand
  const { url } = await errand.start()
  await errand.ask(url, { data: { a: 1, b: 1 }, callback: { url: `${errand.receiverUrl}/x` } })
  await vi.waitFor(() => expect(errand.callbacks).toHaveLength(1))
  const [result] = await errand.records(system.catalogue.results)
  const { key, value, headers, topic, partition, offset } = result!
  const journey = { origin: { topic, partition, offset }, attempts: 0, redrives: 1, attemptsBefore: 1 }
  const { retry } = callbacksGroup(errand).failures!
  const to = { kind: 'partition', partition } as const
  await system.producer.send(retry, { key: Buffer.from('x'), value: Buffer.from('x'), headers: new Map() }, to)
  await system.producer.send(retry, { key, value, headers: copyHeaders({ headers }, journey) }, to)
  await vi.waitFor(() => expect(errand.callbacks).toHaveLength(2), 5_000)
  expect(errand.callbacks[1]!.body).toEqual(errand.callbacks[0]!.body)
})
