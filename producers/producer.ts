// The producer: every record that Errand writes outside a transaction goes through it. One append per partition under way
// (lane.ts, gate.ts), the writer replaced after any rejection (succession.ts), a bounded queue, and deadlines of its own: the
// writer below waits for a broker as long as it takes. I2 and I7 rest on it: what it acknowledges is in the log, what it
// accepted `flush` waits for.
import type { Logger } from '../app/context.ts'
import type { NewRecord } from '../kafka/log.ts'
import { closed } from '../kafka/logErrors.ts'
import { Chain } from '../process/chain.ts'
import { type Clock, systemClock } from '../process/clock.ts'
import { Deadlines } from './deadlines.ts'
import { Parcel, type Place, type Placement } from './parcel.ts'
import { Route, type Written } from './route.ts'
import { notSent, producerFull, recordBeyondQueue } from './sendErrors.ts'

export type ProducerOptions = {
  readonly kafka: Written
  readonly log: Logger
  readonly clock?: Clock
  /** Bytes of all records that are accepted and have not ended. Default 64 MiB. */
  readonly maxQueuedBytes?: number
}

export type SendOptions = {
  /** When the sender waits no longer, ms since the epoch. Default: it waits as long as it takes. */
  readonly deadlineMs?: number
  /** An abort is a deadline that has come. */
  readonly signal?: AbortSignal
}

export class Producer {
  readonly #options: Required<ProducerOptions>
  readonly #routes = new Map<string, Route>()
  readonly #deadlines: Deadlines
  readonly #accepted = new Chain<Parcel>()
  #queuedBytes = 0
  #closing: Promise<void> | undefined

  constructor({ clock = systemClock, maxQueuedBytes = 64 * 1024 * 1024, ...options }: ProducerOptions) {
    this.#options = { ...options, clock, maxQueuedBytes }
    this.#deadlines = new Deadlines(clock)
  }

  /**
   * Sends one record and resolves, when the broker has acknowledged it on all in-sync replicas, with where it lies. Records
   * for one partition are written in the order of these calls. Rejects with an ErrandError:
   *   not-sent          surely not written: still waiting at the deadline, or Kafka out of reach; retriable
   *   outcome-unknown   perhaps written: handed over, and not acknowledged by the deadline or at all; retriable
   *   producer-full     at once, when `maxQueuedBytes` would be exceeded; retriable
   *   record-too-large, unknown-topic, no-such-partition, closed    not written, and no use to repeat
   */
  send(topic: string, record: NewRecord, placement: Placement, options: SendOptions = {}): Promise<Place> {
    try {
      const parcel = this.#accept(topic, record, placement, options)
      return options.signal ? untilAborted(parcel, options.signal) : parcel.answer
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** Resolves when everything accepted before this call has ended, also what its senders no longer wait for. */
  async flush(): Promise<void> {
    await Promise.all([...this.#accepted].map((parcel) => parcel.ended()))
  }

  /**
   * Refuses new records, flushes and closes the writers. Again: waits for the same. When the signal aborts it waits no
   * longer: senders get `not-sent` or `outcome-unknown`, and a writer with appends under way stays open until they end.
   */
  close(signal?: AbortSignal): Promise<void> {
    this.#closing ??= this.flush().then(async () => {
      await Promise.all([...this.#routes.values()].map((route) => route.close()))
    })
    const giveUp = (): void => {
      for (const parcel of this.#accepted) parcel.giveUp('the producer was closed', signal?.reason)
    }
    if (signal?.aborted) giveUp()
    else signal?.addEventListener('abort', giveUp, { once: true })
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #accept(topic: string, record: NewRecord, placement: Placement, options: SendOptions): Parcel {
    if (placement.kind === 'key' && !record.key) throw new TypeError('a record placed by its key needs one')
    const { deadlineMs } = options
    // It ends after it has been posted, so what ends with it is there.
    const parcel = new Parcel(topic, record, placement, (ended) => {
      this.#queuedBytes -= ended.bytes
      this.#accepted.remove(accepted)
      inTime?.()
    })
    this.#admit(parcel, options)
    const accepted = this.#accepted.add(parcel)
    const inTime = deadlineMs === undefined ? undefined : this.#deadlines.add(parcel, deadlineMs)
    this.#route(topic).post(parcel)
    return parcel
  }

  #admit(parcel: Parcel, { deadlineMs, signal }: SendOptions): void {
    const { topic, bytes } = parcel
    const { clock, maxQueuedBytes } = this.#options
    if (this.#closing !== undefined) throw closed('this producer')
    if (signal?.aborted) throw notSent(topic, 'it was aborted before', signal.reason)
    if (deadlineMs !== undefined && deadlineMs <= clock.now()) throw notSent(topic, 'its deadline had passed before')
    if (bytes > maxQueuedBytes) throw recordBeyondQueue(bytes, maxQueuedBytes)
    if (this.#queuedBytes + bytes > maxQueuedBytes) throw producerFull(maxQueuedBytes)
    this.#queuedBytes += bytes
  }

  #route(topic: string): Route {
    const route = this.#routes.get(topic) ?? new Route(topic, this.#options)
    this.#routes.set(topic, route)
    return route
  }
}

/** An abort is told to the sender. The lane goes on: what was handed over keeps its place until its append ends. */
async function untilAborted(parcel: Parcel, signal: AbortSignal): Promise<Place> {
  const onAbort = (): void => parcel.abandon('it was aborted', signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await parcel.answer
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
