import { describe, expect, onTestFinished, test } from 'vitest'
import { commitMetadata } from '../../../consumers/commitMetadata.ts'
import { nameOf, type Saved, storePositions, transactionPositions } from '../../../consumers/positions.ts'
import { startOffsets } from '../../../consumers/startOffsets.ts'
import type { Log } from '../../../kafka/log.ts'
import { systemClock } from '../../../process/clock.ts'
import { silentLog } from '../../../process/log.ts'
import type { StorePosition } from '../../../store/store.ts'
import { append, cluster } from './memberBench.ts'

const at = { topic: 'work', partition: 1 }
const [retry] = [{ topic: 'work.retry', partition: 1 }]
/** What was done beyond it. */
const beyond = { done: [{ from: 9n, to: 12n }], retried: [] }
const record = (value: string) => ({ key: null, value: Buffer.from(value), headers: new Map() })

describe('positions in a transaction', () => {
  test('move with what is forwarded, or not at all', async () => {
    const { log } = await cluster()
    const positions = transactionPositions({ log, group: 'delay', clock: systemClock })
    onTestFinished(() => positions.release([at]))
    expect(await positions.load([at])).toEqual(new Map())
    await positions.writer(at)!.commit([{ ...retry, records: [record('forwarded')] }], {
      ...at,
      offset: 7n,
      metadata: commitMetadata(7n, beyond),
    })
    expect(await positions.load([at])).toEqual(new Map([['work/1', { offset: 7n, beyond }]]))
    const forwarded = []
    for await (const { value } of log.read('work.retry', { from: 'earliest' })) forwarded.push(value?.toString())
    expect(forwarded).toEqual(['forwarded'])
  })

  test('belong to whoever loaded them last: the owner before is fenced, and moves and forwards nothing', async () => {
    const { log } = await cluster()
    const [before, after] = [
      transactionPositions({ log, group: 'delay', clock: systemClock }),
      transactionPositions({ log, group: 'delay', clock: systemClock }),
    ]
    await before.load([at])
    const stale = before.writer(at)!
    await after.load([at])
    onTestFinished(() => after.release([at]))
    await expect(
      stale.commit([{ ...retry, records: [record('late')] }], { ...at, offset: 3n, metadata: '' }),
    ).rejects.toMatchObject({ code: 'fenced' })
    expect(await log.admin.committed('delay', ['work'])).toEqual([])
    expect((await log.admin.offsets('work.retry')).map(({ high }) => high)).toEqual([0n, 0n, 0n, 0n])
  })

  test('are let go: a released partition has no writer', async () => {
    const { log } = await cluster()
    const positions = transactionPositions({ log, group: 'delay', clock: systemClock })
    await positions.load([at])
    await positions.release([at])
    expect(positions.writer(at)).toBeUndefined()
  })
})

describe('a partition that is let go while it is taken up anew', () => {
  test('gets no other owner here, which would fence the true one', async () => {
    const { log } = await cluster()
    const closing = Promise.withResolvers<void>()
    let opened = 0
    const slow: Log = {
      ...log,
      transaction: async (id) => {
        opened += 1
        const writer = await log.transaction(id)
        return { ...writer, close: () => closing.promise.then(() => writer.close()) }
      },
    }
    const positions = transactionPositions({ log: slow, group: 'delay', clock: systemClock })
    await positions.load([at])
    const loading = positions.load([at])
    const released = positions.release([at])
    closing.resolve()
    await expect(loading).rejects.toMatchObject({ code: 'closed' })
    await released
    expect(opened).toBe(1)
    expect(positions.writer(at)).toBeUndefined()
  })
})

describe('positions in the store', () => {
  test('are loaded from the store alone; Kafka only follows', async () => {
    const saved: StorePosition[] = [{ ...at, offset: 5n, passedMs: 0 }]
    const positions = storePositions({
      positions: async () => saved,
      project: async (_, moved) => void saved.push(...moved),
    })
    let committed = false
    expect(await positions.load([at])).toEqual(new Map([['work/1', { offset: 5n }]]))
    await positions.save([{ ...at, offset: 9n, metadata: '' }], async () => {
      expect(saved.at(-1)!.offset).toBe(9n)
      committed = true
    })
    expect(committed).toBe(true)
  })
})

const savedAs = (saved: bigint | 'other' | undefined): ReadonlyMap<string, Saved> => {
  if (saved === 'other') return new Map([['work/0', { offset: 0n }]])
  return new Map(saved === undefined ? [] : [[nameOf(at), { offset: saved }]])
}

describe('where a partition begins', () => {
  const begin = async (saved: bigint | 'other' | undefined, rule: 'earliest' | 'latest') => {
    const { log } = await cluster()
    await append(log, 'work', 1, ['k', 'a'], ['k', 'b'])
    const starts = await startOffsets({
      admin: log.admin,
      saved: savedAs(saved),
      start: () => rule,
      partitions: [at],
      logger: silentLog,
    })
    return starts.get(nameOf(at))?.offset
  }

  test('is where it was saved, without what is said to be done beyond the end: the log has lost it', async () => {
    const { log } = await cluster()
    await append(log, 'work', 1, ['k', 'a'], ['k', 'b'])
    const from = async (to: bigint) => {
      const saved = new Map([[nameOf(at), { offset: 0n, beyond: { done: [{ from: 1n, to }], retried: [] } }]])
      const starts = { admin: log.admin, saved, start: () => 'latest' as const, partitions: [at], logger: silentLog }
      return (await startOffsets(starts)).get(nameOf(at))
    }
    expect(await from(2n)).toMatchObject({ offset: 0n, beyond: { done: [{ from: 1n, to: 2n }] } })
    expect(await from(3n)).toEqual({ offset: 0n, logEnd: 2n })
  })

  test.each([
    ['where it was saved', 1n, 'latest', 1n],
    ['at the end that it has reached', 2n, 'earliest', 2n],
    ['at the oldest record where nothing is saved', undefined, 'earliest', 0n],
    ['at the end where nothing is saved and only new records count', undefined, 'latest', 2n],
    [
      'at the oldest record where the group knows the topic but not this partition, which was added',
      'other',
      'latest',
      0n,
    ],
    ['at the oldest record where what is saved lies beyond the end', 99n, 'latest', 0n],
  ] as const)('is %s', async (_, saved, rule, expected) => {
    expect(await begin(saved, rule)).toBe(expected)
  })
})
