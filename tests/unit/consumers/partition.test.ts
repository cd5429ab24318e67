import { describe, expect, test } from 'vitest'
import { Partition } from '../../../consumers/partition.ts'
import { Scheduler } from '../../../consumers/scheduler.ts'
import { systemClock } from '../../../process/clock.ts'

const at = { topic: 'work', partition: 3 }
const lane = () => new Scheduler({ concurrency: 1, clock: systemClock }).lane()
const record = (offset: bigint) => ({ ...at, offset, timestampMs: 0, key: null, value: null, headers: new Map() })

describe('a partition in hand', () => {
  test('takes nothing more while a commit has no room for what is done in it, says what it waits for, and goes on', () => {
    const partition = new Partition(at, lane())
    partition.begin(0n)
    const open = []
    let filled: ReturnType<Partition['fill']>
    for (let offset = 0n; !filled && offset < 1_000_000n; offset++) {
      const inHand = partition.take(record(offset), `key ${offset}`)!
      if (offset % 200n === 0n) open.push(inHand)
      else partition.done(record(offset), inHand)
      if (offset % 1_000n === 0n) filled = partition.fill()
    }
    expect(filled).toMatchObject({ waiting: { offset: 0n, key: 'key 0' } })
    expect(open.length).toBeLessThan(1_000)
    const { metadata } = partition.unsaved()!.position
    expect(metadata.length).toBeLessThanOrEqual(4_096)
    for (const inHand of open) {
      expect(partition.full).toBe(true)
      partition.done(record(inHand.item.offset), inHand)
      if (partition.drained()) break
    }
    expect(partition.full).toBe(false)
  })

  test('has something to save whenever what is done has changed, also beyond the position', () => {
    const partition = new Partition(at, lane())
    partition.begin(0n)
    const [, second] = [partition.take(record(0n), null)!, partition.take(record(1n), null)!]
    partition.saved(partition.unsaved()!.revision)
    expect(partition.unsaved()).toBeUndefined()
    partition.done(record(1n), second)
    expect(partition.unsaved()?.position.offset).toBe(0n)
  })
})
