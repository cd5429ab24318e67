// When a callback is tried again. Pure.
//
// Each wait is spread between its half and its whole. Standard Webhooks asks for "some level of random jitter", so that what
// failed together does not come back together; jitter from nothing up would make the retry after five seconds come at once as
// often as not, and take half of the days that the schedule is there to bridge; jitter beyond the whole would make the
// schedule a promise that no wait keeps.
import { chance } from '../../process/chance.ts'

/** How many attempts there are in a round. */
export const attemptsOf = (waitsMs: readonly number[]): number => waitsMs.length + 1

/** How long to wait after failed attempt number `attempt` of the round (1 is the first); undefined after the last. */
export function waitAfter(waitsMs: readonly number[], attempt: number, random = chance): number | undefined {
  const waitMs = waitsMs[attempt - 1]
  return waitMs === undefined ? undefined : Math.round(waitMs * (0.5 + random() / 2))
}

/** A wait as the receiver has asked for it: `Retry-After` makes it longer, up to an hour, and never shorter. */
export const lengthened = (waitMs: number, retryAfterMs = 0): number =>
  Math.max(waitMs, Math.min(retryAfterMs, maxRetryAfterMs))

const maxRetryAfterMs = 3_600_000
