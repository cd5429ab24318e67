import fc from 'fast-check'
import { expect, test } from 'vitest'
import { backoffMs } from '../../../process/backoff.ts'

const options = fc.record({ baseMs: fc.integer({ min: 1, max: 10_000 }), capMs: fc.integer({ min: 1, max: 60_000 }) })

test('a wait is a whole number between zero and the lesser of the cap and the doubled base', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5_000 }), options, (attempt, { baseMs, capMs }) => {
      const waitMs = backoffMs(attempt, { baseMs, capMs })
      expect(Number.isInteger(waitMs)).toBe(true)
      expect(waitMs).toBeGreaterThanOrEqual(0)
      expect(waitMs).toBeLessThanOrEqual(Math.min(capMs, baseMs * 2 ** (attempt - 1)))
    }),
  )
})

test('the longest waits double from attempt to attempt until the cap', () => {
  const longest = [1, 2, 3, 4, 5, 6, 7].map((attempt) => backoffMs(attempt, { random: () => 1 }))
  expect(longest).toEqual([200, 400, 800, 1_600, 3_200, 5_000, 5_000])
})

test('the jitter is full: any share of the longest wait, down to none', () => {
  expect([0, 0.25, 0.5].map((share) => backoffMs(2, { random: () => share }))).toEqual([0, 100, 200])
})
