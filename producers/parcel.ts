// A record on its way through the producer. It waits in one queue after the other until it is handed over to a writer, and
// ends once: acknowledged or refused.
import type { NewRecord, TopicPartition } from '../kafka/log.ts'
import { recordBytes } from '../kafka/recordBytes.ts'
import type { Chain, Link } from '../process/chain.ts'
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
  /** What its sender is told; a sender that waits no longer is told so before the record ends. */
  readonly answer: Promise<Place>
  /** It must not share a batch: one that it was in was too large. */
  alone = false
  readonly #tell: PromiseWithResolvers<Place>
  readonly #onEnded: (parcel: Parcel) => void
  #place: Link<Parcel> | undefined
  #ending: PromiseWithResolvers<void> | undefined
  #hasEnded = false

  constructor(topic: string, record: NewRecord, placement: Placement, onEnded: (parcel: Parcel) => void) {
    this.topic = topic
    this.record = record
    this.placement = placement
    this.bytes = recordBytes(record)
    this.#tell = Promise.withResolvers()
    this.answer = this.#tell.promise
    this.#onEnded = onEnded
  }

  /** Resolves when it has ended, whether or not its sender still waits. */
  ended(): Promise<void> {
    this.#ending ??= Promise.withResolvers()
    if (this.#hasEnded) this.#ending.resolve()
    return this.#ending.promise
  }

  acknowledge(place: Place): void {
    this.#tell.resolve(place)
    this.#end()
  }

  refuse(error: unknown): void {
    this.#tell.reject(error)
    this.#end()
  }

  /** Waits at the end of this queue, and nowhere else. */
  waitIn(queue: Chain<Parcel>): void {
    this.leave()
    this.#place = queue.add(this)
  }

  /** Takes it out of where it waits. False where it waits no more: it has been handed over, or has ended. */
  leave(): boolean {
    return this.#place?.chain?.remove(this.#place) ?? false
  }

  /** Its sender waits no longer, and is told this. What still waited ends with it; the rest ends with its append. */
  abandon(why: string, cause?: unknown): void {
    if (this.leave()) this.refuse(notSent(this.topic, why, cause))
    else this.#tell.reject(outcomeUnknown(this.topic, why, cause))
  }

  /** As `abandon`, and nobody waits for its append either. */
  giveUp(why: string, cause?: unknown): void {
    this.abandon(why, cause)
    this.#end()
  }

  #end(): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#ending?.resolve()
    this.#onEnded(this)
  }
}
