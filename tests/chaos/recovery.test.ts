import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka, logLevel } from 'kafkajs'
import { expect, inject, test, vi } from 'vitest'
import { brokenCluster } from './brokenCluster.ts'
import { complaints, patience, readiness, type Stage, say, stage } from './stage.ts'

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

test('a subscribed topic is deleted and made again: the member waits for it, says so once, is not ready meanwhile, and comes back by itself; what is in its other topics is worked on', async () => {
  const { brokers } = inject('system')
  const chaos = await stage(inject('system'))
  const { url } = await chaos.errand.start('api')
  const worker = await chaos.work()
  await chaos.ask(url, { ...load, count: 50 })
  await vi.waitFor(async () => expect((await chaos.done()).size).toBe(50), patience)
  const make = await deleteTopic(chaos, brokers, chaos.topic)
  await vi
    .waitFor(async () => expect(await readiness(worker.url)).not.toBe('ok'), { timeout: 45_000, interval: 500 })
    .catch((e) => say(String(e)))
  await sleep(8_000)
  say(`${JSON.stringify(complaints(worker))} ${await readiness(worker.url)}`)
  await make()
  await vi
    .waitFor(async () => expect(await readiness(worker.url)).toBe('ok'), { timeout: 45_000, interval: 500 })
    .catch((e) => say(String(e)))
  await chaos.ask(url, { ...load, count: 50 })
  await vi
    .waitFor(async () => expect((await chaos.done()).size).toBe(100), { timeout: 45_000, interval: 500 })
    .catch((e) => say(String(e)))
  say(JSON.stringify(complaints(worker)))
  say(
    worker.lines
      .filter(({ level = 0 }) => level >= 40)
      .slice(0, 20)
      .map((line) => JSON.stringify(line).slice(0, 600))
      .join('\n'),
  )
})

test('positions that are out of range', async () => {
  const { brokers } = inject('system')
  const chaos = await stage(inject('system'))
  const { url } = await chaos.errand.start('api')
  const first = await chaos.work()
  // Windows fill up, so that members lag behind what is deleted then.
  await chaos.ask(url, { perSecond: 2_000, keys: 1, count: 1_500, takesMs: (number) => (number < 5 ? 1_000 : 0) })
  await withAdmin(brokers, async (admin) => {
    const offsets = await admin.fetchTopicOffsets(chaos.topic)
    await admin.deleteTopicRecords({
      topic: chaos.topic,
      partitions: offsets.map(({ partition, high }) => ({ partition, offset: high })),
    })
  })
  await sleep(6_000)
  await chaos.ask(url, { ...load, count: 50 })
  await sleep(3_000)
  say(`${(await chaos.done()).size} ${JSON.stringify(complaints(first))} ${await readiness(first.url)}`)
  const positions = await chaos.errand.system.kafka.admin.committed(chaos.group, [chaos.topic])
  say(positions.map(({ partition, offset, metadata }) => `${partition}: ${offset} ${metadata}`).join(' '))
  await first.program.stop()
  await withAdmin(brokers, (admin) =>
    admin.setOffsets({
      groupId: chaos.group,
      topic: chaos.topic,
      partitions: [0, 1, 2, 3, 4, 5].map((partition) => ({ partition, offset: '100000' })),
    }),
  )
  const second = await chaos.work()
  await chaos.ask(url, { ...load, count: 50 })
  await sleep(5_000)
  say(`${(await chaos.done()).size} ${JSON.stringify(complaints(second))} ${await readiness(second.url)}`)
})

test('the registry is down and back', async () => {
  const cluster = await brokenCluster(1)
  const chaos = await stage(cluster)
  const { url } = await chaos.errand.start('api')
  const worker = await chaos.work()
  await cluster.registry.stop()
  await chaos.ask(url, { ...load, count: 100 })
  await sleep(6_000)
  say(
    `${(await chaos.done()).size} ${JSON.stringify(complaints(worker))} ${await readiness(worker.url)} ${worker.lines.length}`,
  )
  say(
    worker.lines
      .slice(-3)
      .map((line) => JSON.stringify(line))
      .join('\n'),
  )
  await cluster.registry.start()
  await vi.waitFor(async () => expect((await chaos.done()).size).toBe(100), patience)
  await chaos.end('the registry down and back')
})
