import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Ledger } from '../../../consumers/ledger.ts'

const ascending = (a: bigint, b: bigint): number => Number(a - b)
const offsets = fc.uniqueArray(fc.bigInt({ min: 5n, max: 60n }), { maxLength: 40 }).map((all) => all.sort(ascending))

describe('the offset ledger', () => {
  test('every offset below the position is done, and the position itself is not (I1)', () => {
    fc.assert(
      fc.property(offsets, fc.func(fc.boolean()), (taken, isDone) => {
        const ledger = new Ledger(5n)
        const inHand = new Map(taken.map((offset) => [offset, ledger.take(offset, null)!]))
        const done = new Set(taken.filter((offset) => isDone(offset)))
        for (const offset of done) ledger.done(inHand.get(offset)!)
        const position = ledger.position()
        expect(taken.filter((offset) => offset < position && !done.has(offset))).toEqual([])
        expect(position).toBe(taken.find((offset) => !done.has(offset)) ?? ledger.next)
        expect(ledger.size).toBe(taken.length - done.size)
      }),
    )
  })

  test('a successor takes what was not done, and nothing that was, also one that takes over before all has come again', () => {
    fc.assert(
      fc.property(offsets, fc.func(fc.boolean()), fc.nat(40), (all, isDone, seen) => {
        const first = new Ledger(5n)
        const inHand = new Map(all.map((offset) => [offset, first.take(offset, null)!]))
        const done = all.filter((offset) => isDone(offset))
        for (const offset of done) first.done(inHand.get(offset)!)
        const second = new Ledger(first.position(), first.beyond())
        for (const offset of all.filter((each) => each >= first.position()).slice(0, seen)) second.take(offset, null)
        const third = new Ledger(second.position(), second.beyond())
        const taken = all.filter((offset) => third.take(offset, null))
        expect(taken).toEqual(all.filter((offset) => !done.includes(offset)))
      }),
    )
  })

  test('an offset that comes again after a refetch is not taken again', () => {
    const ledger = new Ledger(0n)
    const taken = [0n, 1n, 0n, 1n].map((offset) => ledger.take(offset, null)?.item.offset)
    expect(taken).toEqual([0n, 1n, undefined, undefined])
  })

  test('holes at the end of a batch move the position on, and never back', () => {
    const ledger = new Ledger(0n)
    ledger.done(ledger.take(0n, null)!)
    ledger.skipTo(9n)
    ledger.skipTo(4n)
    expect(ledger.position()).toBe(9n)
  })

  test('a successor goes on counting attempts, from the time of the first that failed', () => {
    const first = new Ledger(0n)
    const inHand = first.take(0n, 'k')!
    first.failed(inHand, 1_000)
    first.failed(inHand, 2_000)
    const second = new Ledger(first.position(), first.beyond())
    expect(second.beyond()).toEqual(first.beyond())
    expect(second.take(0n, 'k')?.item).toEqual({
      ...{ offset: 0n, key: 'k', attempts: 2, firstFailedAtMs: 1_000, bytes: 0 },
    })
  })

  test('what was retried and is not there any more is forgotten', () => {
    const retried = [{ offset: 3n, attempts: 1, firstFailedAtMs: 1 }]
    const ledger = new Ledger(0n, { done: [], retried })
    ledger.take(2n, null)
    expect(ledger.beyond().retried).toEqual(retried)
    ledger.skipTo(5n)
    expect(ledger.beyond().retried).toEqual([])
  })

  test('one record that is not done takes no room however much is done beyond it; many here and there fill it', () => {
    const ledger = new Ledger(0n)
    ledger.take(0n, 'slow')
    for (let offset = 1n; offset < 100_000n; offset++) ledger.done(ledger.take(offset, null)!)
    expect(ledger.fill()).toBeLessThan(0.01)
    for (let offset = 100_000n; offset < 1_000_000n; offset++) {
      const taken = ledger.take(offset, null)!
      if (offset % 1_000n !== 0n) ledger.done(taken)
    }
    expect(ledger.fill()).toBeGreaterThan(1)
    expect(ledger.lowest?.key).toBe('slow')
  })
})

test('says ahead what it will say once more are done, also of what an owner before has done', () => {
  const some = fc.uniqueArray(fc.nat(60), { maxLength: 40 })
  fc.assert(
    fc.property(some, some, some, fc.nat(60), (before, now, soon, taken) => {
      const isDone = new Set(before.filter((offset) => offset > 0))
      const ranges = [...isDone].sort((a, b) => a - b).map((at) => ({ from: BigInt(at), to: BigInt(at + 1) }))
      const ledger = new Ledger(0n, { done: ranges, retried: [] })
      const inHand = new Map<number, NonNullable<ReturnType<Ledger['take']>>>()
      for (let offset = 0; offset <= taken; offset += 1) {
        const link = ledger.take(BigInt(offset), null)
        if (link) inHand.set(offset, link)
      }
      const finish = (offsets: readonly number[]) => offsets.filter((offset) => inHand.has(offset))
      for (const offset of finish(now)) ledger.done(inHand.get(offset)!)
      for (const offset of finish(now)) isDone.add(offset)
      const leaving = finish(soon).filter((offset) => !isDone.has(offset))
      const said = ledger.after(new Set(leaving.map(BigInt)))
      for (const offset of leaving) isDone.add(offset)
      for (let offset = 0; offset <= 61; offset += 1) {
        const at = BigInt(offset)
        const isSaid = at < said.offset || said.beyond.done.some(({ from, to }) => from <= at && at < to)
        expect(isSaid, `offset ${offset}`).toBe(isDone.has(offset))
      }
    }),
  )
})
