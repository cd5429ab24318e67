// One idempotent producer (KIP-98), on kafkajs' connections and metadata, without its `send`: that one takes an answer for a
// part of the partitions for all (facts A1), takes its numbers back after an error (A3), and holds a lock per broker (A6).
//   P1 Each batch carries the number that follows the last acknowledged record of its partition. One append per partition is
//      under way at a time: strictWriter.ts sees to it.
//   P2 A batch without an answer, or with one that passes (its leader moves, its replicas lag), is sent again unchanged and
//      under the same number until it ends, so the broker can tell a repetition from a new batch: none is lost or doubled.
//   P3 After a rejection the number of that partition is not known any more: whoever uses this takes another producer (A4).
import type { Cluster } from 'kafkajs'
import type { Logger } from '../../app/context.ts'
import { ErrandError } from '../../app/errors.ts'
import { backoffMs } from '../../process/backoff.ts'
import type { Clock } from '../../process/clock.ts'
import type { NewRecord, TopicPartition } from '../log.ts'
import { closed, notAcknowledged } from '../logErrors.ts'
import { cutSilent } from './cluster.ts'
import { brokenBroker, isFinal, kafkaType } from './errors.ts'
import type { Produced } from './produce.ts'
import { ProduceQueue } from './produceQueue.ts'
import { isNotAppended, produceRefusal } from './produceRefusal.ts'
import { encodeRecordBatch } from './recordBatch.ts'

/** A partition's numbers begin again at 0 after 2^31 − 1. */
const numbers = 2 ** 31
/** Pause between two tries: short at first, for a leader has usually moved already. */
const pauses = { baseMs: 100, capMs: 1_000 }

export type IdempotentProducerOptions = {
  /** Its own; it connects and disconnects it. */
  readonly cluster: Cluster
  /** Ends what the cluster's client still retries. */
  readonly shut: () => void
  /** Rejects with `unknown-topic` where a partition is not there: what waits for its leader would wait for ever. */
  readonly check: (to: TopicPartition) => Promise<unknown>
  readonly clock: Clock
  readonly log: Logger
}

export class IdempotentProducer {
  readonly #cluster: Cluster
  readonly #clock: Clock
  readonly #log: Logger
  readonly #shut: () => void
  readonly #check: (to: TopicPartition) => Promise<unknown>
  readonly #closing = new AbortController()
  readonly #topics = new Set<string>()
  readonly #queues = new Map<string, ProduceQueue>()
  readonly #next = new Map<string, number>()
  #id = { producerId: -1n, producerEpoch: -1 }
  /** Whether the leaders have to be asked for anew. */
  #isStale = true
  #looking: Promise<void> | undefined

  constructor({ cluster, shut, check, clock, log }: IdempotentProducerOptions) {
    this.#cluster = cluster
    this.#shut = shut
    this.#check = check
    this.#clock = clock
    this.#log = log
  }

  /** Connects and gets a producer id; waits for a cluster that is away. Rejects with what is final, and when it is closed. */
  async open(): Promise<void> {
    await this.#repeat(async () => {
      await this.#cluster.connect()
      // Any broker will do. kafkajs would find the controller by the metadata of all topics, which it refuses to read where
      // one partition of anybody's has no leader.
      const broker = await (this.#cluster as Initialising).brokerPool.findConnectedBroker()
      const { producerId, producerEpoch } = await broker.initProducerId({ transactionTimeout: 60_000 })
      this.#id = { producerId: BigInt(producerId), producerEpoch }
    })
  }

  /**
   * Resolves with the first record's offset. Rejects with the broker's refusal, but with `not-acknowledged` where a try
   * before, or this one, may have been written; with `unknown-topic`; and, once this is closed, with `closed`, or with
   * `not-acknowledged` where the batch was under way.
   */
  async append(to: TopicPartition, records: readonly NewRecord[]): Promise<bigint> {
    const place = `${to.topic}/${to.partition}`
    const firstSequence = this.#next.get(place) ?? 0
    const batch = encodeRecordBatch(records, { ...this.#id, firstSequence, timestampMs: this.#clock.now() })
    let [wasSent, mayBeWritten] = [false, false]
    try {
      const offset = await this.#repeat(async () => {
        const queue = await this.#queueTo(to)
        wasSent = true
        const produced = await queue.send({ ...to, batch }).catch((error: unknown) => {
          mayBeWritten ||= !isFinal(error) // who is not let in has sent nothing
          throw error
        })
        mayBeWritten ||= !isNotAppended(produced?.errorCode)
        return appendedAt(to, produced)
      }, to)
      this.#next.set(place, (firstSequence + records.length) % numbers)
      return offset
    } catch (error) {
      const isOpen = this.#closing.signal.aborted ? wasSent : mayBeWritten && !(error instanceof ErrandError)
      throw isOpen ? notAcknowledged(to, error) : error
    }
  }

  async close(): Promise<void> {
    this.#closing.abort(closed('this writer'))
    this.#shut()
    await this.#cluster.disconnect()
  }

  /** Until it ends otherwise than by what passes. */
  async #repeat<T>(work: () => Promise<T>, to?: TopicPartition): Promise<T> {
    const { signal } = this.#closing
    for (let attempt = 1; ; attempt++) {
      signal.throwIfAborted()
      try {
        return await work()
      } catch (error) {
        await this.#recover(error, attempt, to)
      }
      await this.#clock.sleep(backoffMs(attempt, pauses), signal)
    }
  }

  /** Makes the next try another one. Throws where there is nothing to try. */
  async #recover(error: unknown, attempt: number, to: TopicPartition | undefined): Promise<void> {
    this.#closing.signal.throwIfAborted()
    if (error instanceof ErrandError || isFinal(error)) throw error
    this.#log.debug('producer.repeats', { ...to, attempt, error })
    this.#isStale = true
    const broken = brokenBroker(error)
    if (broken) this.#cluster.removeBroker(broken)
    cutSilent(this.#cluster, error)
    if (to && kafkaType(error) === 'UNKNOWN_TOPIC_OR_PARTITION')
      await this.#check(to).catch((reason: unknown) => {
        if (reason instanceof ErrandError && reason.code === 'unknown-topic') throw reason
      })
  }

  /** The way to the partition's leader. */
  async #queueTo({ topic, partition }: TopicPartition): Promise<ProduceQueue> {
    if (this.#isStale || !this.#topics.has(topic)) await this.#lookAgain(topic)
    const [nodeId] = Object.keys(this.#cluster.findLeaderForPartitions(topic, [partition]))
    if (nodeId === undefined) throw produceRefusal(unknownPartition)
    const queue = this.#queues.get(nodeId) ?? new ProduceQueue(() => this.#cluster.findBroker({ nodeId }))
    this.#queues.set(nodeId, queue)
    return queue
  }

  /** Asks where the leaders are, once for all who wait. */
  #lookAgain(topic: string): Promise<void> {
    this.#topics.add(topic)
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined
    })
    return this.#looking
  }

  async #look(): Promise<void> {
    this.#isStale = false // whatever fails from here on makes it stale again
    await this.#cluster.connect()
    await this.#cluster.addMultipleTargetTopics([...this.#topics])
    await this.#cluster.refreshMetadata()
  }
}

/** kafkajs' type leaves it out. */
type Initialising = Cluster & {
  readonly brokerPool: {
    findConnectedBroker(): Promise<{
      initProducerId(request: {
        readonly transactionTimeout: number
      }): Promise<{ readonly producerId: string; readonly producerEpoch: number }>
    }>
  }
}

const unknownPartition = 3

function appendedAt(to: TopicPartition, produced: Produced | undefined): bigint {
  if (!produced) throw notAcknowledged(to)
  if (produced.errorCode !== 0) throw produceRefusal(produced.errorCode)
  return produced.baseOffset
}
