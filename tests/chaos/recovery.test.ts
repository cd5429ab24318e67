import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka, logLevel } from 'kafkajs'
import { expect, inject, onTestFinished, test, vi } from 'vitest'
import { brokenCluster } from './brokenCluster.ts'
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

test('the registry is down: requests wait for it without an attempt counted, the process says so once and is not ready meanwhile, and they are done when it is back', async () => {
  const cluster = await brokenCluster(1)
  const chaos = await stage(cluster)
  const { url } = await chaos.errand.start('api')
  const worker = await chaos.work()
  await cluster.registry.stop()
  await chaos.ask(url, { ...load, count: 100 })
  await vi.waitFor(async () => expect(await readiness(worker.url)).toBe('registry failing'), patience)
  await sleep(5_000)
  expect((await chaos.done()).size).toBe(0)
  expect(worker.lines.filter(({ event }) => event === 'request.handled')).toEqual([])
  await cluster.registry.start()
  await vi.waitFor(async () => expect(await readiness(worker.url)).toBe('ok'), patience)
  const { judgement } = await chaos.end('the registry down and back')
  expect(judgement.repeats).toBe(0)
  const counted = worker.lines.filter(({ event, attempt }) => event === 'request.handled' && attempt !== 1)
  expect(counted).toEqual([])
  expect(complaints(worker)).toEqual({ 'registry.awaited': 1 })
  expect(worker.lines.filter(({ event }) => event === 'registry.answered')).toHaveLength(1)
})

test('what cannot heal ends the process, and not with 0: a group that others have taken meanwhile, topics that are not there', async () => {
  const { brokers } = inject('system')
  const chaos = await stage(inject('system'))
  const worker = await chaos.work()
  process.kill(worker.program.pid, 'SIGSTOP')
  const state = () =>
    withAdmin(brokers, async (admin) => (await admin.describeGroups([chaos.group])).groups[0]!.state as string)
  await vi.waitFor(async () => expect(await state()).toBe('Empty'), { timeout: 30_000, interval: 500 })
  const stranger = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING }).consumer({ groupId: chaos.group })
  await stranger.connect()
  onTestFinished(() => stranger.disconnect())
  await stranger.subscribe({ topics: [chaos.topic] })
  await stranger.run({ eachMessage: async () => undefined })
  await vi.waitFor(async () => expect(await state()).toBe('Stable'), { timeout: 30_000, interval: 500 })
  process.kill(worker.program.pid, 'SIGCONT')
  expect([1, 2]).toContain(await worker.program.ended) // 2 where what it has done cannot be committed any more
  await stranger.disconnect()
  await deleteTopic(chaos, brokers, chaos.topic)
  await expect(chaos.work()).rejects.toThrow(/ended with 2.*topics do not exist/)
})
