import fc from 'fast-check'
import { expect, test } from 'vitest'
import { standardWaitsMs } from '../../../app/callbacks.ts'
import { attemptsOf, lengthened, waitAfter } from '../../../consumers/callbacks/schedule.ts'

const hourMs = 3_600_000
const anyWaits = fc.array(fc.nat(24 * hourMs), { maxLength: 20 })
const anyChance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

test('the standard schedule is ten attempts in 75 hours', () => {
  expect(attemptsOf(standardWaitsMs)).toBe(10)
  expect(standardWaitsMs.reduce((sum, waitMs) => sum + waitMs, 0)).toBe(75 * hourMs + 35 * 60_000 + 5_000)
})

test('a wait lies between its half and its whole, and after the last attempt there is none', () => {
  fc.assert(
    fc.property(anyWaits, anyChance, (waitsMs, chance) => {
      for (const [index, waitMs] of waitsMs.entries()) {
        const drawnMs = waitAfter(waitsMs, index + 1, () => chance)!
        expect(drawnMs).toBeGreaterThanOrEqual(Math.floor(waitMs / 2))
        expect(drawnMs).toBeLessThanOrEqual(waitMs)
      }
      expect(waitAfter(waitsMs, attemptsOf(waitsMs), () => chance)).toBeUndefined()
    }),
  )
})

test('what a receiver asks for never makes a wait shorter, and never longer than an hour or the wait itself', () => {
  fc.assert(
    fc.property(fc.nat(24 * hourMs), fc.option(fc.nat(100 * hourMs), { nil: undefined }), (waitMs, askedMs) => {
      const madeMs = lengthened(waitMs, askedMs)
      expect(madeMs).toBeGreaterThanOrEqual(waitMs)
      expect(madeMs).toBeLessThanOrEqual(Math.max(waitMs, hourMs))
      if (askedMs !== undefined && askedMs <= hourMs) expect(madeMs).toBeGreaterThanOrEqual(askedMs)
    }),
  )
})
