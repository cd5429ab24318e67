// The registry as the records of a process need it. While it does not answer, those whose schema nobody knows yet wait: that is
// told once, and once when they go on; `/readyz` shows it meanwhile; and however many wait, it is asked ever more seldom.
import type { Logger } from '../../app/context.ts'
import { ErrandError } from '../../app/errors.ts'
import type { Clock } from '../../process/clock.ts'
import { askAgainAfterMs, never } from './askingAgain.ts'
import type { Registry } from './registry.ts'

export type WatchedRegistry = Registry & {
  /** Whether records wait for it. */
  readonly isAway: boolean
}

/** Whoever waits asks about every second, or has a question under way, for five at most: after so long nobody waits any more. */
const forgottenMs = 15_000

/** `nextMs` is when it is asked again, and never while it is: one asks for all. */
type Outage = {
  readonly sinceMs: number
  readonly error: ErrandError
  failures: number
  wantedMs: number
  nextMs: number
}

/** Only lookups of schemas are watched: all else is asked at a start, and ends it. */
export function watchedRegistry(
  registry: Registry,
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
): WatchedRegistry {
  let outage: Outage | undefined
  const current = (): Outage | undefined => (outage && clock.now() - outage.wantedMs < forgottenMs ? outage : undefined)
  const failed = (error: ErrandError): void => {
    const wantedMs = clock.now()
    if (!outage)
      log.warn('registry.awaited', { error, why: 'records wait for it; it is asked again every few seconds' })
    const { sinceMs, failures: before, nextMs: due } = outage ?? { sinceMs: wantedMs, failures: 0, nextMs: never }
    const failures = due === never ? before + 1 : before // those that were asked at once, when nobody knew, are one
    const nextMs = wantedMs + askAgainAfterMs(failures)
    outage = { sinceMs, error, failures, wantedMs, nextMs }
  }
  const answered = (): void => {
    if (outage) log.info('registry.answered', { awayMs: clock.now() - outage.sinceMs })
    outage = undefined
  }
  return {
    ...registry,
    get isAway() {
      return current() !== undefined
    },
    schema: async (id) => {
      outage = current()
      if (outage) {
        outage.wantedMs = clock.now()
        if (outage.wantedMs < outage.nextMs) throw outage.error
        outage.nextMs = never
      }
      try {
        const schema = await registry.schema(id)
        answered()
        return schema
      } catch (error) {
        if (error instanceof ErrandError && error.retriable) failed(error)
        else answered()
        throw error
      }
    },
  }
}
