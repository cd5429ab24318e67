// Puts a message off: a copy of it waits in the tiers of delay, holding nothing, and comes back on the group's own retry topic,
// at its partition number. The message itself is done when the broker has the copy (I1).
import type { Logger } from '../app/context.ts'
import type { Catalogue, Group } from '../kafka/catalogue.ts'
import { copyHeaders, type Journey, newJourney } from '../kafka/journey.ts'
import { tierFor } from '../kafka/tiers.ts'
import type { Clock } from '../process/clock.ts'
import { isoTime } from '../process/isoTime.ts'
import { persist } from '../producers/persist.ts'
import type { Producer } from '../producers/producer.ts'
import type { Message } from './message.ts'

export type PutOff = {
  /** When it comes back, ms since the epoch. */
  readonly dueMs: number
  /** Whether this was an attempt, which has failed. */
  readonly counted: boolean
}

/** Resolves when the broker has the copy. Rejects as `persist` does. */
export type Postpone = (message: Message, putOff: PutOff) => Promise<void>

export type PostponingOptions = {
  readonly catalogue: Pick<Catalogue, 'delay'>
  readonly producer: Producer
  readonly clock: Clock
  readonly logger: Logger
}

/** For a group that has a retry topic. */
export function postponing(
  { catalogue, producer, clock, logger }: PostponingOptions,
  { id, failures }: Group,
): Postpone {
  if (!failures) throw new TypeError(`group ${id} has no retry topic`)
  return async (message, putOff) => {
    const { record, signal } = message
    const { key, value, partition } = record
    const nowMs = clock.now()
    const waiting = { dueMs: putOff.dueMs, to: { topic: failures.retry, partition } }
    const headers = copyHeaders(record, journeyAfter(message, putOff.counted, nowMs), waiting)
    const tier = catalogue.delay(tierFor(putOff.dueMs - nowMs))
    await persist(
      producer,
      tier,
      { key, value, headers },
      { kind: 'partition', partition: 0 },
      { clock, signal, log: logger },
    )
    logger.debug('record.postponed', {
      ...{ topic: record.topic, partition, offset: String(record.offset) },
      due: isoTime(putOff.dueMs),
      attempt: message.attempt,
      counted: putOff.counted,
    })
  }
}

/** A message's way when this try of it has ended: an attempt that failed, or, not `counted`, no attempt. */
export function journeyAfter(message: Message, counted: boolean, nowMs: number): Journey {
  const { record, attempt, firstFailedAtMs = counted ? nowMs : undefined, journey = newJourney(record) } = message
  return {
    ...journey,
    attempts: counted ? attempt : attempt - 1,
    ...(firstFailedAtMs === undefined ? {} : { firstFailedAtMs }),
  }
}
