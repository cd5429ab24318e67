// The way to one broker: batches of different partitions that wait at the same time leave in one request (group commit), and
// each is told its own end. Nothing here repeats: that is up to whoever waits.
import type { Broker } from 'kafkajs'
import { type PartitionBatch, type Produced, sendProduce } from './produce.ts'

type Waiting = {
  readonly batch: PartitionBatch
  readonly resolve: (produced: Produced | undefined) => void
  readonly reject: (error: unknown) => void
}

/** A request that has no answer after this holds up nobody else: a partition whose replicas are slow is not that of all. */
const lateMs = 100
/** Requests under way to one broker, late ones included, as Java's `max.in.flight.requests.per.connection`. */
const maxInFlight = 5
/** Bytes of one request at most; a larger batch goes alone. */
const maxRequestBytes = 4 * 1024 * 1024

export class ProduceQueue {
  readonly #broker: () => Promise<Broker>
  #waiting: Waiting[] = []
  #inFlight = 0
  /** Those among them that are not late. */
  #prompt = 0
  #isScheduled = false

  /** `broker` connects where there is no connection. */
  constructor(broker: () => Promise<Broker>) {
    this.#broker = broker
  }

  /** The broker's answer for this partition, undefined where it has none for it; rejects where no answer came at all. */
  send(batch: PartitionBatch): Promise<Produced | undefined> {
    const { promise, resolve, reject } = Promise.withResolvers<Produced | undefined>()
    this.#waiting.push({ batch, resolve, reject })
    this.#schedule()
    return promise
  }

  /** When all that is under way now has gone as far as it can, so that lanes which an answer has set free leave together again. */
  #schedule(): void {
    if (this.#isScheduled || this.#prompt > 0 || this.#inFlight >= maxInFlight || this.#waiting.length === 0) return
    this.#isScheduled = true
    process.nextTick(() => {
      this.#isScheduled = false
      void this.#request(this.#take())
    })
  }

  #take(): readonly Waiting[] {
    let bytes = 0
    const end = this.#waiting.findIndex(({ batch }, index) => {
      bytes += batch.batch.length
      return index > 0 && bytes > maxRequestBytes
    })
    const taken = end < 0 ? this.#waiting : this.#waiting.slice(0, end)
    this.#waiting = end < 0 ? [] : this.#waiting.slice(end)
    return taken
  }

  async #request(waiting: readonly Waiting[]): Promise<void> {
    this.#inFlight++
    this.#prompt++
    let isPrompt = true
    const noLongerWaitedFor = (): void => {
      if (isPrompt) this.#prompt--
      isPrompt = false
      this.#schedule()
    }
    const late = setTimeout(noLongerWaitedFor, lateMs)
    try {
      const produced = await sendProduce(
        await this.#broker(),
        waiting.map(({ batch }) => batch),
      )
      for (const { batch, resolve } of waiting)
        resolve(produced.find(({ topic, partition }) => partition === batch.partition && topic === batch.topic))
    } catch (error) {
      for (const { reject } of waiting) reject(error)
    } finally {
      clearTimeout(late)
      this.#inFlight--
      noLongerWaitedFor()
    }
  }
}
