import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { NewRecord } from '../../../kafka/log.ts'
import { notAcknowledged, recordTooLarge } from '../../../kafka/logErrors.ts'
import { Gate } from '../../../producers/gate.ts'
import { Lane } from '../../../producers/lane.ts'
import { Parcel } from '../../../producers/parcel.ts'
import { codeOf, record, settle } from './simulatedLog.ts'

const to = { topic: 'flights', partition: 3 }
const limits = { maxBytes: 2_000, maxRecords: 4 }
type Append = (records: readonly NewRecord[]) => Promise<bigint>

const laneOver = (append: Append): Lane => {
  const gate = new Gate()
  return new Lane((depart) => gate.enter(() => depart({ to, append })), limits)
}
const parcelOf = (record: NewRecord): Parcel => new Parcel('flights', record, { kind: 'turn' }, () => undefined)
const post = (lane: Lane, value: string, key: string | null = null): Parcel => {
  const parcel = parcelOf(record(value, key))
  parcel.answer.catch(() => undefined)
  lane.post(parcel)
  return parcel
}
const values = (records: readonly NewRecord[]): string[] => records.map(({ value }) => String(value))

/** Appends that wait until the test answers them. */
function answered(): { append: Append; batches: string[][]; answer: (error?: Error) => Promise<void> } {
  const batches: string[][] = []
  const open: PromiseWithResolvers<bigint>[] = []
  let high = 0n
  const append: Append = (records) => {
    batches.push(values(records))
    const reply = Promise.withResolvers<bigint>()
    open.push(reply)
    return reply.promise
  }
  const answer = async (error?: Error): Promise<void> => {
    const reply = open.shift()
    if (!reply) throw new Error('nothing is under way')
    if (error) reply.reject(error)
    else {
      reply.resolve(high)
      high += BigInt(batches.at(-1)!.length)
    }
    await settle()
  }
  return { append, batches, answer }
}

describe('a lane', () => {
  it('sends at once when idle, and together what has gathered meanwhile', async () => {
    const { append, batches, answer } = answered()
    const lane = laneOver(append)
    const first = post(lane, 'a')
    await settle()
    const rest = ['b', 'c', 'd'].map((value) => post(lane, value))
    await settle()
    expect(batches).toEqual([['a']])
    await answer()
    expect(batches).toEqual([['a'], ['b', 'c', 'd']])
    await answer()
    expect(await first.answer).toEqual({ ...to, offset: 0n })
    expect((await Promise.all(rest.map(({ answer }) => answer))).map(({ offset }) => offset)).toEqual([1n, 2n, 3n])
  })

  it('sends a record that is larger than a batch may be alone', async () => {
    const { append, batches, answer } = answered()
    const lane = laneOver(append)
    for (const value of ['a', 'b', 'x'.repeat(3_000), 'c', 'd']) post(lane, value)
    await settle()
    for (let left = 3; left > 0; left--) await answer()
    expect(batches.map((batch) => batch.map(({ length }) => length))).toEqual([[1, 1], [3_000], [1, 1]])
  })

  it('refuses, of a batch that is too large, only the record at fault', async () => {
    const batches: string[][] = []
    const append: Append = async (records) => {
      batches.push(values(records))
      if (values(records).includes('b')) throw recordTooLarge(to)
      return 0n
    }
    const lane = laneOver(append)
    const parcels = ['a', 'b', 'c', 'd', 'e', 'f'].map((value) => post(lane, value))
    const ends = await Promise.allSettled(parcels.map(({ answer }) => answer))
    expect(ends.map(codeOf)).toEqual([
      'acknowledged',
      'record-too-large',
      ...Array.from({ length: 4 }, () => 'acknowledged'),
    ])
    expect(batches).toEqual([['a', 'b', 'c', 'd'], ['a'], ['b'], ['c'], ['d'], ['e', 'f']])
  })

  it('refuses what waits behind a rejected record of its key, so that nothing overtakes it', async () => {
    const { append, batches, answer } = answered()
    const lane = laneOver(append)
    const rejected = post(lane, '1', 'A')
    await settle()
    const waiting = [post(lane, '2', 'A'), post(lane, '3', 'B'), post(lane, '4')]
    await answer(notAcknowledged(to))
    await answer()
    const ends = await Promise.allSettled([rejected, ...waiting].map(({ answer }) => answer))
    expect(ends.map(codeOf)).toEqual(['not-acknowledged', 'not-sent', 'acknowledged', 'acknowledged'])
    expect(batches).toEqual([['1'], ['3', '4']])
  })

  it('lets a key go on whose record was refused for good', async () => {
    const { append, batches, answer } = answered()
    const lane = laneOver(append)
    post(lane, '1', 'A')
    await settle()
    post(lane, '2', 'A')
    await answer(recordTooLarge(to))
    expect(batches).toEqual([['1'], ['2']])
  })

  it('does not send what has left, and goes on', async () => {
    const { append, batches, answer } = answered()
    const lane = laneOver(append)
    const first = post(lane, 'a')
    await settle()
    const gone = post(lane, 'b')
    post(lane, 'c')
    expect([gone.leave(), first.leave()]).toEqual([true, false])
    await answer()
    expect(batches).toEqual([['a'], ['c']])
  })

  it('keeps order, caps and one batch at a time, whatever comes when and however appends end', async () => {
    const posts = fc.array(
      fc.record({ bytes: fc.integer({ min: 1, max: 2_500 }), pause: fc.integer({ min: 0, max: 2 }) }),
      { maxLength: 40 },
    )
    const turns = fc.infiniteStream(fc.integer({ min: 0, max: 3 }))
    const fails = fc.infiniteStream(fc.integer({ min: 0, max: 4 }).map((number) => number === 0))
    await fc.assert(
      fc.asyncProperty(posts, turns, fails, async (posts, turns, fails) => {
        const lies: NewRecord[] = []
        const batches: (readonly NewRecord[])[] = []
        let underWay = 0
        const lane = laneOver(async (records) => {
          expect(++underWay).toBe(1)
          batches.push(records)
          for (let left = turns.next().value; left > 0; left--) await turn()
          underWay--
          if (fails.next().value) throw notAcknowledged(to)
          lies.push(...records)
          return BigInt(lies.length - records.length)
        })
        const parcels: Parcel[] = []
        for (const [index, { bytes, pause }] of posts.entries()) {
          parcels.push(post(lane, String(index).padEnd(bytes)))
          for (let left = pause; left > 0; left--) await turn()
        }
        const ends = await Promise.allSettled(parcels.map(({ answer }) => answer))
        const sent = batches.flat()
        expect(sent).toEqual(parcels.map(({ record }) => record))
        for (const [index, end] of ends.entries())
          if (end.status === 'fulfilled') expect(lies[Number(end.value.offset)]).toBe(parcels[index]!.record)
        for (const batch of batches) {
          const bytes = batch.map((each) => parcelOf(each).bytes).reduce((a, b) => a + b)
          expect(batch.length === 1 || (batch.length <= limits.maxRecords && bytes <= limits.maxBytes)).toBe(true)
        }
      }),
      { numRuns: 100 },
    )
  })
})
