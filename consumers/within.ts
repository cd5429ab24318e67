// Waiting that has a limit.
import type { Clock } from '../process/clock.ts'

/** Resolves when `promise` has, or after `limitMs`. */
export const within = async (promise: Promise<void>, limitMs: number, clock: Clock): Promise<void> => {
  const done = new AbortController()
  await Promise.race([promise, clock.sleep(limitMs, done.signal).catch(() => undefined)])
  done.abort()
}
