import { expect, test } from 'vitest'
import { Partition } from '../../../consumers/partition.ts'
import { Scheduler } from '../../../consumers/scheduler.ts'
import { snapshot } from '../../../consumers/snapshot.ts'
import { manualClock } from '../../../testing/manualClock.ts'

test('of a thousand partitions the fifty that wait longest say for what: a report has to fit a record', () => {
  const scheduler = new Scheduler({ concurrency: 1, clock: manualClock() })
  const key = 'k'.repeat(10_000)
  const partitions = Array.from({ length: 1_000 }, (_, partition) => {
    const held = new Partition({ topic: 'work', partition }, { lane: scheduler.lane(), saysBeyond: true })
    held.begin(0n)
    const timestampMs = (partition * 7) % 1_000
    held.take(
      { topic: 'work', partition, offset: 0n, timestampMs, key: Buffer.from(key), value: null, headers: new Map() },
      key,
    )
    return held
  })
  const told = snapshot({ state: 'joined', scheduler, partitions })
  const waiting = told.partitions.filter(({ lowest }) => lowest !== null)
  expect(waiting.map(({ oldestAt }) => oldestAt!.getTime()).toSorted((a, b) => a - b)).toEqual([...Array(50).keys()])
  expect(told.partitions).toHaveLength(1_000)
  expect(JSON.stringify(told).length).toBeLessThan(250_000)
})
