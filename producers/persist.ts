// Sending that does not give up: results, dead letters and progress go out at least once (I1), so a send that may work later
// is repeated until it does.
import type { Logger } from '../app/context.ts'
import { ErrandError } from '../app/errors.ts'
import type { NewRecord } from '../kafka/log.ts'
import { backoffMs } from '../process/backoff.ts'
import type { Clock } from '../process/clock.ts'
import type { Place, Placement } from './parcel.ts'
import type { Producer } from './producer.ts'

/**
 * Sends until the broker has acknowledged it; the record may then lie in the log more than once. Rejects with what is no use
 * to repeat, and, when the signal aborts, with its reason: then the record may or may not be written.
 */
export async function persist(
  producer: Pick<Producer, 'send'>,
  topic: string,
  record: NewRecord,
  placement: Placement,
  { clock, signal, log }: { readonly clock: Clock; readonly signal: AbortSignal; readonly log: Logger },
): Promise<Place> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await producer.send(topic, record, placement, { signal })
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof ErrandError && error.retriable)) throw error
      log.warn('send.failed', { topic, attempt, error })
    }
    await clock.sleep(backoffMs(attempt), signal)
  }
}
