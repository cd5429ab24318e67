// How callbacks are tried again: the waits between the attempts.

export type CallbackOptions = {
  /**
   * How long to wait after the first failed attempt, after the second, and so on, in milliseconds: there is one attempt more
   * than there are waits. Each wait is spread between its half and its whole. At most twenty of at most a day, together at
   * most five days. Default: the schedule of Standard Webhooks, ten attempts in three days.
   */
  readonly waitsMs?: readonly number[]
}

const secondMs = 1_000
const minuteMs = 60 * secondMs
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

/** Standard Webhooks, "Deliverability and reliability"; its first delay, none, is that of the first attempt. */
export const standardWaitsMs: readonly number[] = [
  5 * secondMs,
  5 * minuteMs,
  30 * minuteMs,
  2 * hourMs,
  5 * hourMs,
  10 * hourMs,
  14 * hourMs,
  20 * hourMs,
  24 * hourMs,
]

const most = { waits: 20, waitMs: dayMs, totalMs: 5 * dayMs }

/** What keeps waits from being a schedule. Together they must end before a result, and the claim on its callback, is let go. */
export function waitsProblems(waitsMs: readonly number[]): readonly string[] {
  const wrong = waitsMs.filter((each) => !(each >= 0 && each <= most.waitMs))
  const totalMs = waitsMs.reduce((sum, each) => sum + each, 0)
  return [
    ...wrong.map((each) => `callbacks.waitsMs has ${each}; a wait is a number from 0 to ${most.waitMs}, a day`),
    ...(waitsMs.length > most.waits ? [`callbacks.waitsMs has ${waitsMs.length} waits; at most ${most.waits}`] : []),
    ...(wrong.length === 0 && totalMs > most.totalMs
      ? [`callbacks.waitsMs comes to ${totalMs} together; at most ${most.totalMs}, five days`]
      : []),
  ]
}
