import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka, logLevel } from 'kafkajs'
import { expect, inject, test, vi } from 'vitest'
import { complaints, patience, readiness, type Stage, stage } from './stage.ts'

const load = { perSecond: 100, keys: 20, takesMs: () => 5 }

async function withAdmin<T>(brokers: readonly string[], use: (admin: ReturnType<Kafka['admin']>) => Promise<T>) {
  const admin = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  return use(admin).finally(() => admin.disconnect())
}

/** Deletes a topic, and makes it again as it was when told to. */
async function deleteTopic(chaos: Stage, brokers: readonly string[], name: string): Promise<() => Promise<void>> {
  const spec = chaos.errand.system.catalogue.topics.find((topic) => topic.name === name)!
  await withAdmin(brokers, (admin) => admin.deleteTopics({ topics: [name] }))
  return () => chaos.errand.system.kafka.admin.create([{ ...spec, replicas: 1 }])
}

test('a subscribed topic is deleted and made again: the member says so once, is not ready meanwhile, and takes it in again by itself', async () => {
  const { brokers } = inject('system')
  const chaos = await stage(inject('system'))
  const { url } = await chaos.errand.start('api')
  const worker = await chaos.work()
  await chaos.ask(url, { ...load, count: 50 })
  await vi.waitFor(async () => expect((await chaos.done()).size).toBe(50), patience)
  const make = await deleteTopic(chaos, brokers, chaos.topic)
  await vi.waitFor(async () => expect(await readiness(worker.url)).toContain('starting'), patience)
  await sleep(8_000) // in which it used to crash some eighty times
  await make()
  await vi.waitFor(async () => expect(await readiness(worker.url)).toBe('ok'), patience)
  await chaos.ask(url, { ...load, count: 50 })
  await vi.waitFor(async () => expect((await chaos.done()).size).toBe(100), patience)
  const said = complaints(worker)
  expect(said).toHaveProperty(['topic.absent'], 1)
  expect(Object.values(said).reduce((sum, count) => sum + count)).toBeLessThanOrEqual(4)
})

test('a topic is deleted, and what is in the other topics of the group goes on', async () => {
  const { brokers } = inject('system')
  const chaos = await stage(inject('system'))
  const { catalogue } = chaos.errand.system
  const { url } = await chaos.errand.start('api')
  const worker = await chaos.work()
  await chaos.ask(url, { ...load, count: 10 })
  await vi.waitFor(async () => expect((await chaos.done()).size).toBe(10), patience)
  const { failures } = catalogue.groups.find(({ id }) => id === chaos.group)!
  await deleteTopic(chaos, brokers, failures!.retry)
  await vi.waitFor(async () => expect(await readiness(worker.url)).toContain('starting'), patience)
  await chaos.ask(url, { ...load, count: 10 })
  await vi.waitFor(async () => expect((await chaos.done()).size).toBe(20), patience)
})

test('records that a member has not read yet are deleted: it goes on with what is there, and its position is never undone', async () => {
  const { brokers } = inject('system')
  const chaos = await stage(inject('system'))
  const { url } = await chaos.errand.start('api')
  const worker = await chaos.work()
  // One key whose first ones are slow: the window of its partition fills up, and the rest is deleted unread.
  await chaos.ask(url, { perSecond: 2_000, keys: 1, count: 1_500, takesMs: (number) => (number < 5 ? 1_000 : 0) })
  const highs = await withAdmin(brokers, async (admin) => {
    const offsets = await admin.fetchTopicOffsets(chaos.topic)
    const partitions = offsets.map(({ partition, high }) => ({ partition, offset: high }))
    await admin.deleteTopicRecords({ topic: chaos.topic, partitions })
    return new Map(partitions.map(({ partition, offset }) => [partition, BigInt(offset)]))
  })
  await chaos.ask(url, { ...load, count: 100 })
  const committed = () => chaos.errand.system.kafka.admin.committed(chaos.group, [chaos.topic])
  await vi.waitFor(async () => {
    const behind = (await committed()).filter(({ partition, offset }) => offset <= highs.get(partition)!)
    expect((await committed()).length - behind.length).toBeGreaterThan(0)
    expect((await chaos.done()).size).toBeGreaterThan(1_000 + 99)
  }, patience)
  await vi.waitFor(async () => expect(await readiness(worker.url)).toBe('ok'), patience)
})

test('positions beyond the end of the log are told of once a partition, and mean its beginning', async () => {
  const { brokers } = inject('system')
  const chaos = await stage(inject('system'))
  const { url } = await chaos.errand.start('api')
  await chaos.ask(url, { ...load, count: 50 })
  const partitions = [0, 1, 2, 3, 4, 5].map((partition) => ({ partition, offset: '100000' }))
  await withAdmin(brokers, (admin) => admin.setOffsets({ groupId: chaos.group, topic: chaos.topic, partitions }))
  const worker = await chaos.work()
  await vi.waitFor(async () => expect((await chaos.done()).size).toBe(50), patience)
  expect(complaints(worker)).toEqual({ 'position.outOfRange': 6 })
  const { judgement } = await chaos.end('positions beyond the end')
  expect(judgement.repeats).toBe(0)
})
