// A record on its way through the producer. It waits in one queue after the other until it is handed over to a writer, and
// ends once: acknowledged or refused.
import type { ErrandError } from '../app/errors.ts'
import type { NewRecord, TopicPartition } from '../kafka/log.ts'
import { recordBytes } from '../kafka/recordBytes.ts'
import { notSent, outcomeUnknown } from './sendErrors.ts'

/**
 * Where a record goes. `key`: by its key, as Java's default partitioner (murmur2). `turn`: it has no ordering key, so the
 * partitions take turns. `partition`: there.
 */
export type Placement =
  | { readonly kind: 'key' }
  | { readonly kind: 'turn' }
  | { readonly kind: 'partition'; readonly partition: number }

/** Where an acknowledged record lies. */
export type Place = TopicPartition & { readonly offset: bigint }

export class Parcel {
  readonly topic: string
  readonly record: NewRecord
  readonly placement: Placement
  readonly bytes: number
  /** How it ended, whether or not its sender still waits. */
  readonly ended: Promise<Place>
  readonly acknowledge: (place: Place) => void
  readonly refuse: (error: unknown) => void
  /** It must not share a batch: one that it was in was too large. */
  alone = false
  #queue: Set<Parcel> | undefined

  constructor(topic: string, record: NewRecord, placement: Placement) {
    const { promise, resolve, reject } = Promise.withResolvers<Place>()
    this.topic = topic
    this.record = record
    this.placement = placement
    this.bytes = recordBytes(record)
    this.ended = promise
    this.acknowledge = resolve
    this.refuse = reject
  }

  /** Waits at the end of this queue, and nowhere else. */
  waitIn(queue: Set<Parcel>): void {
    this.#queue?.delete(this)
    this.#queue = queue.add(this)
  }

  /** Takes it out of where it waits. False where it waits no more: it has been handed over, or has ended. */
  leave(): boolean {
    const waited = this.#queue?.delete(this) ?? false
    this.#queue = undefined
    return waited
  }

  /** Its sender waits no longer, and is told this. What still waited ends with it; the rest ends with its append. */
  abandon(why: string, cause?: unknown): ErrandError {
    if (!this.leave()) return outcomeUnknown(this.topic, why, cause)
    const error = notSent(this.topic, why, cause)
    this.refuse(error)
    return error
  }
}
