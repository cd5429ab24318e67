import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { openClient, patient } from '../../kafka/kafkajs/client.ts'
import { openCluster } from '../../kafka/kafkajs/cluster.ts'
import { silentLog } from '../../process/log.ts'
import { type BrokenCluster, brokenCluster } from './brokenCluster.ts'
import { complaints, isLong, patience, readiness, type Stage, say, stage } from './stage.ts'

const load = { keys: 200, takesMs: (number: number) => 20 + (number % 7) * 20 }

/** Warnings of one outage in one process: few, however long it lasts. */
const few = 12

test('the only broker is killed and started again under load: every 202 is worked on, the worker comes back by itself and says so', async () => {
  const cluster = await brokenCluster(1)
  const chaos = await stage(cluster)
  const { url } = await chaos.errand.start('api')
  const worker = await chaos.work()
  const asked = chaos.ask(url, { ...load, count: isLong ? 10_000 : 2_000, perSecond: 200 })
  await sleep(3_000)
  await cluster.kafka.stop(0, 'killed')
  await vi.waitFor(async () => expect(await readiness(worker.url)).toContain('kafka failing'), patience)
  await cluster.kafka.start(0)
  await vi.waitFor(async () => expect(await readiness(worker.url)).toBe('ok'), patience)
  await asked
  const said = complaints(worker)
  await chaos.end('the only broker killed')
  expect(
    Object.values(said).every((count) => count <= few),
    JSON.stringify(said),
  ).toBe(true)
})

test('of three brokers the coordinator of the group is killed, then others are restarted in turn, under load: every 202 is worked on', async () => {
  const cluster = await brokenCluster(3)
  const chaos = await stage(cluster)
  const { url } = await chaos.errand.start('api')
  const workers = [await chaos.work(), await chaos.work()]
  let going = true
  const asked = (async () => {
    while (going) await chaos.ask(url, { ...load, count: 400, perSecond: 200 })
  })()
  await sleep(2_000)
  const coordinator = await coordinatorOf(cluster, chaos)
  await cluster.kafka.stop(coordinator, 'killed')
  const before = (await chaos.done()).size
  await vi.waitFor(async () => expect((await chaos.done()).size).toBeGreaterThan(before + 200), patience)
  expect(await coordinatorOf(cluster, chaos)).not.toBe(coordinator)
  await cluster.kafka.start(coordinator)
  for (let round = 0; round < (isLong ? 3 : 1); round += 1)
    for (const index of isLong ? [0, 1, 2] : [(coordinator + 1) % 3]) {
      await cluster.kafka.restart(index)
      await sleep(2_000) // its replicas catch up; a rolling restart waits for that
    }
  going = false
  await asked
  for (const { url: probe } of workers)
    await vi.waitFor(async () => expect(await readiness(probe)).toBe('ok'), patience)
  const said = workers.map(complaints)
  const { judgement } = await chaos.end('three brokers, one killed, others restarted')
  for (const each of said) {
    say(`  a worker complained: ${JSON.stringify(each)}`)
    expect(each).not.toHaveProperty(['membership.silent'])
    expect(Object.values(each).every((count) => count <= few)).toBe(true)
  }
  expect(judgement.repeats).toBeLessThan(judgement.accepted / 20)
})

/** The index of the broker that coordinates the workers. */
async function coordinatorOf({ brokers }: BrokenCluster, { group }: Stage): Promise<number> {
  const cluster = openCluster(openClient({ clientId: 'chaos', kafka: { brokers }, log: silentLog }, patient))
  await cluster.connect()
  await cluster.refreshMetadata()
  const { nodeId } = (await cluster.findGroupCoordinator({ groupId: group })) as unknown as { readonly nodeId: string }
  await cluster.disconnect()
  return Number(nodeId) - 1
}
