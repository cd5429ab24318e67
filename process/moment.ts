// Durations and moments as an operator writes them: `2h`, `3d`, `2026-11-29T10:00:00Z`.

const unitsMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** `90s`, `30m`, `24h`, `7d`, in ms; undefined where it is none. */
export function durationMs(text: string): number | undefined {
  const [, count, unit = ''] = /^(\d{1,4})([smhd])$/.exec(text) ?? []
  return count === undefined ? undefined : Number(count) * unitsMs[unit]!
}

const date = /^(\d{4}-\d\d-\d\d)(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d))?$/i

/**
 * So long ago, a day (its beginning in UTC), or an RFC 3339 time, in ms since the epoch; undefined where it is none. A time
 * without a zone is none: who writes it and who reads it may mean two.
 */
export function momentMs(text: string, nowMs: number): number | undefined {
  const agoMs = durationMs(text)
  if (agoMs !== undefined) return nowMs - agoMs
  const [, day] = date.exec(text) ?? []
  if (day === undefined || !isDay(day)) return undefined
  const atMs = Date.parse(text.toUpperCase())
  return Number.isNaN(atMs) ? undefined : atMs
}

/** What is told where a moment cannot be read. */
export const momentForms = 'so long ago, such as 2h or 3d, or a UTC day or RFC 3339 time, such as 2026-11-29T10:00:00Z'

/** Date.parse takes 30 February for 2 March. */
const isDay = (day: string): boolean => {
  const atMs = Date.parse(`${day}T00:00:00Z`)
  return !Number.isNaN(atMs) && new Date(atMs).toISOString().startsWith(day)
}
