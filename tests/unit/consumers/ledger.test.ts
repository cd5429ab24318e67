import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Ledger } from '../../../consumers/ledger.ts'

describe('the offset ledger', () => {
  test('every offset below the position is done, and the position itself is not (I1)', () => {
    const offsets = fc
      .uniqueArray(fc.bigInt({ min: 5n, max: 60n }), { maxLength: 40 })
      .map((all) => all.sort((a, b) => Number(a - b)))
    fc.assert(
      fc.property(offsets, fc.func(fc.boolean()), (taken, isDone) => {
        const ledger = new Ledger(5n)
        for (const offset of taken) expect(ledger.take(offset)).toBe(true)
        const done = new Set(taken.filter((offset) => isDone(offset)))
        for (const offset of done) ledger.done(offset)
        const position = ledger.position()
        expect(taken.filter((offset) => offset < position && !done.has(offset))).toEqual([])
        expect(position).toBe(taken.find((offset) => !done.has(offset)) ?? ledger.next)
        expect(ledger.size).toBe(taken.length - done.size)
      }),
    )
  })

  test('an offset that comes again after a refetch is not taken again', () => {
    const ledger = new Ledger(0n)
    expect([ledger.take(0n), ledger.take(1n), ledger.take(0n), ledger.take(1n)]).toEqual([true, true, false, false])
  })

  test('holes at the end of a batch move the position on, and never back', () => {
    const ledger = new Ledger(0n)
    ledger.take(0n)
    ledger.done(0n)
    ledger.skipTo(9n)
    ledger.skipTo(4n)
    expect(ledger.position()).toBe(9n)
  })
})
