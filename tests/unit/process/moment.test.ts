import fc from 'fast-check'
import { expect, test } from 'vitest'
import { durationMs, momentMs } from '../../../process/moment.ts'

const nowMs = Date.parse('2026-11-29T12:00:00Z')
const at = (text: string): string | undefined => {
  const ms = momentMs(text, nowMs)
  return ms === undefined ? undefined : new Date(ms).toISOString()
}

test('a duration is a whole number and its unit', () => {
  expect(['90s', '30m', '2h', '7d', '0s'].map(durationMs)).toEqual([90_000, 1_800_000, 7_200_000, 604_800_000, 0])
  for (const text of ['', '2', 'h', '2 h', '-2h', '1.5h', '2w', '2H', '12345s', '2h3m'])
    expect(durationMs(text)).toBeUndefined()
})

test('a moment is so long ago, a day in UTC, or a time with its zone', () => {
  expect(at('2h')).toBe('2026-11-29T10:00:00.000Z')
  expect(at('3d')).toBe('2026-11-26T12:00:00.000Z')
  expect(at('2026-11-28')).toBe('2026-11-28T00:00:00.000Z')
  expect(at('2026-11-28T10:00Z')).toBe('2026-11-28T10:00:00.000Z')
  expect(at('2026-11-28T10:00:30.5+02:00')).toBe('2026-11-28T08:00:30.500Z')
})

test('a time without a zone, a day that is not in the calendar, and anything else is no moment', () => {
  for (const text of ['2026-11-28T10:00', '2026-02-30', '2026-02-30T10:00:00Z', '2026-11-28T25:00Z', 'yesterday', '1'])
    expect(at(text)).toBeUndefined()
})

test('every time that this program prints is read as that time', () => {
  fc.assert(
    fc.property(fc.date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true }), (time) => {
      expect(momentMs(time.toISOString(), nowMs)).toBe(time.getTime())
    }),
  )
})
