// When a registry is asked again for what it did not give: half a second later, twice as long after each more, 5 s at most.
// Without chance, as one asks for all who wait.
import { backoffMs } from '../../process/backoff.ts'

/** Milliseconds after failure number `failures` (1 is the first). */
export const askAgainAfterMs = (failures: number): number => backoffMs(failures, { baseMs: 500, random: () => 1 })

/** When it is asked again while a question is under way. */
export const never = Number.POSITIVE_INFINITY
