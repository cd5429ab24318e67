import { describe, expect, test } from 'vitest'
import { Partition } from '../../../consumers/partition.ts'
import { Scheduler } from '../../../consumers/scheduler.ts'
import { systemClock } from '../../../process/clock.ts'

const at = { topic: 'work', partition: 3 }
const lane = () => new Scheduler({ concurrency: 1, clock: systemClock }).lane()
const record = (offset: bigint) => ({ ...at, offset, timestampMs: 0, key: null, value: null, headers: new Map() })

describe('a partition in hand', () => {
  test('takes nothing more while a commit has no room for what is done in it, says what it waits for, and goes on', () => {
    const partition = new Partition(at, { lane: lane(), saysBeyond: true })
    partition.begin(0n)
    const open = []
    let filled: ReturnType<Partition['fill']>
    for (let offset = 0n; !filled && offset < 1_000_000n; offset++) {
      const inHand = partition.take(record(offset), `key ${offset}`)!
      if (offset % 200n === 0n) open.push(inHand)
      else partition.done(inHand)
      if (offset % 1_000n === 0n) filled = partition.fill()
    }
    expect(filled).toMatchObject({ waiting: { offset: 0n, key: 'key 0' } })
    expect(open.length).toBeLessThan(1_000)
    const { metadata } = partition.unsaved()!
    expect(metadata.length).toBeLessThanOrEqual(4_096)
    for (const inHand of open) {
      expect(partition.full).toBe(true)
      partition.done(inHand)
      if (partition.drained()) break
    }
    expect(partition.full).toBe(false)
  })

  test('takes more when half of it is done, or, while a record waits to be tried again, as soon as there is a little room', () => {
    const leftWhenDrained = (fails: boolean): number => {
      const partition = new Partition(at, { lane: lane(), saysBeyond: true })
      partition.begin(0n)
      const [first, ...others] = Array.from(
        { length: 1_000 },
        (_, offset) => partition.take(record(BigInt(offset)), null)!,
      )
      expect(partition.fill()).toBe('in hand')
      if (fails) partition.failed(first!, 7)
      for (const [index, inHand] of others.entries()) {
        partition.done(inHand)
        if (partition.drained()) return others.length - index
      }
      return 0
    }
    expect([leftWhenDrained(false), leftWhenDrained(true)]).toEqual([500, 900])
  })

  test('that a successor has filled up goes on, however much was done in it before', () => {
    const done = Array.from({ length: 750 }, (_, n) => ({ from: BigInt(n * 200 + 1), to: BigInt(n * 200 + 200) }))
    const partition = new Partition(at, { lane: lane(), saysBeyond: true })
    partition.begin(0n, { done, retried: [] })
    for (let from = 0n; from < 150_000n; from += 1_000n) {
      const batch = Array.from({ length: 1_000 }, (_, n) => record(from + BigInt(n)))
      const taken = batch.flatMap((each) => {
        const inHand = partition.take(each, null)
        return inHand ? [() => partition.done(inHand)] : []
      })
      expect(taken).toHaveLength(5)
      partition.fill()
      for (const finish of taken) finish()
      partition.drained()
      expect(partition.full).toBe(false)
    }
  })

  test('whose commits nobody reads says its position alone, and is not filled by what is done beyond it', () => {
    const partition = new Partition(at, { lane: lane(), saysBeyond: false })
    partition.begin(0n)
    for (let offset = 0n; offset < 200_000n; offset++) {
      const inHand = partition.take(record(offset), null)!
      if (offset % 250n !== 0n) partition.done(inHand)
    }
    expect(partition.fill()).toBeUndefined()
    const position = partition.unsaved()!
    expect(position.metadata).toBe('errand/3')
    partition.saved(position)
    partition.done(partition.take(record(200_000n), null)!)
    expect(partition.unsaved()).toBeUndefined()
  })

  test('has something to save whenever what is done has changed, also beyond the position', () => {
    const partition = new Partition(at, { lane: lane(), saysBeyond: true })
    partition.begin(0n)
    const [, second] = [partition.take(record(0n), null)!, partition.take(record(1n), null)!]
    partition.saved(partition.unsaved()!)
    expect(partition.unsaved()).toBeUndefined()
    partition.done(second)
    expect(partition.unsaved()?.offset).toBe(0n)
  })
})
