// A message: a record as a group handles it, and its tries, one after the other until it is done.
import type { Logger } from '../app/context.ts'
import { defaultRetry, longestInPlaceMs, type RetryPolicy } from '../app/retry.ts'
import type { Journey } from '../kafka/journey.ts'
import type { LogRecord } from '../kafka/log.ts'
import { backoffMs } from '../process/backoff.ts'
import type { Link } from '../process/chain.ts'
import type { Clock } from '../process/clock.ts'
import type { Finding } from './circuit.ts'
import type { InHand } from './ledger.ts'
import type { Partition } from './partition.ts'
import type { Run } from './scheduler.ts'
import { waitMs } from './verdict.ts'

/** A record as a group handles it. */
export type Message = {
  readonly record: LogRecord
  /** Tries of this round so far, this one included, also those of copies and of owners before whose count was committed. */
  readonly attempt: number
  /** When the first of them failed, ms since the epoch. */
  readonly firstFailedAtMs?: number
  /** Where the record is a copy, from the group's retry topic: its way before. */
  readonly journey?: Journey
  /** Aborts when the partition has moved, or when the grace period of a shutdown is over. */
  readonly signal: AbortSignal
  /** It ran alone when its process ended, more than once: it is given up without being run. */
  readonly killedItsProcess?: boolean
}

/**
 * Handles a message. `again` repeats it with its key held; `counted` tells whether that was an attempt; `found` is for the
 * group's circuit. A rejection is a fault: logged, and again.
 */
export type Handle = (message: Message) => Promise<TryEnd>

export type TryEnd = (
  | { readonly kind: 'done' }
  | { readonly kind: 'again'; readonly afterMs: number; readonly counted: boolean }
) & { readonly found?: Finding | undefined }

/** What is known of a message's tries when the next begins. */
export function triedSoFar({
  attempts,
  firstFailedAtMs: failedAtMs,
  journey,
}: Pick<InHand, 'attempts' | 'firstFailedAtMs' | 'journey'>): Pick<Message, 'attempt' | 'firstFailedAtMs' | 'journey'> {
  const firstFailedAtMs = journey?.firstFailedAtMs ?? (attempts > 0 ? failedAtMs : undefined)
  return {
    attempt: (journey?.attempts ?? 0) + attempts + 1,
    ...(firstFailedAtMs === undefined ? {} : { firstFailedAtMs }),
    ...(journey && { journey }),
  }
}

export type TriesOptions = {
  readonly handle: Handle
  /** How long a message waits that has failed with the owner before. */
  readonly retry?: RetryPolicy
  readonly logger: Logger
  readonly clock: Clock
  readonly onDone: (partition: Partition, inHand: Link<InHand>) => void
}

/** Makes what the scheduler runs for a record, a try each time, until it is done. That never rejects. */
export function tries({ handle, retry = defaultRetry, logger, clock, onDone }: TriesOptions) {
  return (partition: Partition, record: LogRecord, inHand: Link<InHand>): Run => {
    const tried = inHand.item
    let faults = 0
    let mustWait = tried.attempts > 0
    return async (onEnd) => {
      if (mustWait) {
        mustWait = false // it failed with the owner before: a move must not make its next attempt earlier
        const afterMs = Math.min(waitMs(triedSoFar(tried).attempt - 1, retry), longestInPlaceMs)
        tried.nextTryAtMs = clock.now() + afterMs
        return onEnd({ kind: 'again', afterMs })
      }
      tried.runningSinceMs = clock.now()
      const { signal } = partition
      let step: TryEnd
      try {
        const killedItsProcess = partition.isKiller(record.offset)
        step = await handle({ record, ...triedSoFar(tried), signal, killedItsProcess })
      } catch (error) {
        faults += 1
        const { topic, offset } = record
        const place = { topic, partition: record.partition, offset: String(offset) }
        if (!signal.aborted) logger.error('record.notHandled', { error, ...place, faults })
        step = { kind: 'again', afterMs: backoffMs(faults + 3), counted: false }
      }
      tried.runningSinceMs = undefined
      if (step.kind === 'done') onDone(partition, inHand)
      else {
        tried.nextTryAtMs = clock.now() + step.afterMs
        if (step.counted) partition.failed(inHand, clock.now())
      }
      onEnd(step)
    }
  }
}
