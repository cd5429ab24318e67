import { setTimeout as sleep } from 'node:timers/promises'
import { expect, inject, onTestFinished, test, vi } from 'vitest'
import type { Cluster } from '../../bin/development.ts'
import { putOff, type Released, watchReleased } from '../delaying.ts'
import { type RealSystem, realSystem } from '../e2e/realSystem.ts'
import { brokenCluster } from './brokenCluster.ts'
import { isLong, patience } from './stage.ts'

const records = isLong ? 10_000 : 3_000

type Waiting = {
  readonly errand: RealSystem
  readonly dueMs: readonly number[]
  readonly released: readonly Released[]
}

/** A system in which many records wait, for up to twelve seconds. */
async function waiting(cluster: Cluster): Promise<Waiting> {
  const errand = await realSystem(cluster)
  const { kafka, catalogue } = errand.system
  const reading = new AbortController()
  onTestFinished(() => reading.abort())
  const released = watchReleased(kafka, catalogue, reading.signal)
  const startMs = Date.now()
  const dueMs = Array.from({ length: records }, (_, index) => startMs + 2_000 + ((index * 617) % 10_000))
  await putOff(kafka, catalogue, dueMs)
  return { errand, dueMs, released }
}

/** Each record was released once, at its partition, and none early. */
async function judge({ errand, dueMs, released }: Waiting): Promise<void> {
  await vi.waitFor(() => expect(new Set(released.map(({ index }) => index)).size).toBe(records), patience)
  await sleep(2_000) // in which a fork would come
  expect(released.map(({ index }) => index).toSorted((a, b) => a - b)).toEqual([...dueMs.keys()])
  for (const { index, partition, atMs } of released) {
    expect(partition).toBe(index % 4)
    expect(atMs).toBeGreaterThanOrEqual(dueMs[index]!)
  }
  const { kafka, catalogue } = errand.system
  const { dead } = catalogue.groups.find(({ role }) => role === 'delay')!.failures!
  expect((await kafka.admin.offsets(dead)).map(({ high }) => high)).toEqual([0n])
}

const some = ({ released }: Waiting, share: number) =>
  vi.waitFor(() => expect(released.length).toBeGreaterThan(records * share), { ...patience, interval: 20 })

test('the process that delays is killed again and again: each record is released once, and none early', async () => {
  const all = await waiting(inject('system'))
  for (const share of isLong ? [0.02, 0.3, 0.6] : [0.02, 0.5]) {
    const process = await all.errand.start('delay')
    await some(all, share)
    await process.program.stop('SIGKILL')
  }
  await all.errand.start('delay')
  await judge(all)
})

test('the only broker is killed while records are released: each is released once, and none early', async () => {
  const cluster = await brokenCluster(1)
  const all = await waiting(cluster)
  await all.errand.start('delay')
  await some(all, 0.1)
  await cluster.kafka.stop(0, 'killed')
  await sleep(1_000)
  await cluster.kafka.start(0)
  await judge(all)
})
