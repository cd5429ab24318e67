// Many records in flight, in order. A rejected record is sent again, and none overtakes an earlier one of its key: after a
// rejection nothing leaves until all that is in flight has ended, then what was rejected goes first, in its order. (The lane
// has refused what waited behind it, see L2 in lane.ts.) What is held is bounded, in records and in bytes.
import { setImmediate } from 'node:timers'
import { ErrandError } from '../app/errors.ts'
import type { NewRecord } from '../kafka/log.ts'
import { backoffMs } from '../process/backoff.ts'
import type { Clock } from '../process/clock.ts'
import type { Producer } from './producer.ts'

/** A record by its number, which is its place in the order. */
export type Numbered = { readonly number: number; readonly record: NewRecord }

export type ConvoyOptions = {
  readonly producer: Pick<Producer, 'send'>
  readonly topic: string
  readonly clock: Clock
  readonly onAcknowledged: () => void
  /** A record that is no use to send again. The others go on. */
  readonly onRefused: (number: number, error: ErrandError) => void
}

type Item = Numbered & { readonly bytes: number; readonly deadlineMs: number }

const maxRecords = 5_000
const maxBytes = 16 * 1024 * 1024
/** How long a record is sent again before it is time to tell somebody: longer than a broker needs to come back (facts A10). */
const patienceMs = 60_000

export class Convoy {
  readonly #options: ConvoyOptions
  /** In order, but for those put back since the convoy was halted. */
  readonly #waiting: Item[] = []
  #inFlight = 0
  #heldBytes = 0
  #isHalted = false
  #isDeparting = false
  #rounds = 0
  #failure: unknown
  #change = Promise.withResolvers<void>()

  constructor(options: ConvoyOptions) {
    this.#options = options
  }

  /** Takes the record, and resolves when there is room for the next. Rejects where the convoy has failed. */
  async send({ number, record }: Numbered): Promise<void> {
    const bytes = (record.key?.length ?? 0) + (record.value?.length ?? 0)
    this.#heldBytes += bytes
    this.#waiting.push({ number, record, bytes, deadlineMs: this.#options.clock.now() + patienceMs })
    this.#depart()
    await this.#until(() => this.#waiting.length + this.#inFlight < maxRecords && this.#heldBytes < maxBytes)
  }

  /** Resolves when all have ended. Rejects where one was not acknowledged within a minute, or none can be. */
  arrived(): Promise<void> {
    return this.#until(() => this.#waiting.length + this.#inFlight === 0)
  }

  async #until(isSo: () => boolean): Promise<void> {
    while (this.#failure === undefined && !isSo()) await this.#change.promise
    if (this.#failure !== undefined) throw this.#failure
  }

  /** In a turn of the event loop of its own: every rejection before it has been heard of, and none comes in between. */
  #depart(): void {
    if (this.#isDeparting) return
    this.#isDeparting = true
    setImmediate(() => {
      this.#isDeparting = false
      if (!this.#isHalted) for (const item of this.#waiting.splice(0)) this.#launch(item)
    })
  }

  #launch(item: Item): void {
    const { producer, topic } = this.#options
    this.#inFlight++
    producer
      .send(topic, item.record, { kind: 'key' }, { deadlineMs: item.deadlineMs })
      .then(
        () => {
          this.#rounds = 0
          this.#end(item, this.#options.onAcknowledged)
        },
        (error: unknown) => this.#reject(item, error),
      )
      .catch((error: unknown) => this.#fail(error)) // a callback of the caller's that throws
      .finally(() => {
        this.#inFlight--
        if (this.#inFlight === 0 && this.#isHalted && this.#failure === undefined) void this.#goOn()
        this.#changed()
      })
  }

  #reject(item: Item, error: unknown): void {
    const isOurs = error instanceof ErrandError
    if (isOurs && error.code === 'record-too-large') {
      this.#end(item, () => this.#options.onRefused(item.number, error))
    } else if (isOurs && error.retriable && this.#options.clock.now() < item.deadlineMs) {
      this.#isHalted = true
      this.#waiting.push(item)
    } else this.#fail(error)
  }

  #end({ bytes }: Item, tell: () => void): void {
    this.#heldBytes -= bytes
    tell()
  }

  #fail(error: unknown): void {
    this.#failure ??= error
    this.#isHalted = true
  }

  /** Goes on after a pause, with what was rejected at its place in the order again. */
  async #goOn(): Promise<void> {
    await this.#options.clock.sleep(backoffMs(++this.#rounds))
    this.#waiting.sort((one, other) => one.number - other.number)
    this.#isHalted = false
    this.#depart()
  }

  #changed(): void {
    this.#change.resolve()
    this.#change = Promise.withResolvers<void>()
  }
}
