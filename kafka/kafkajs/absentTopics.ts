// Subscribed topics that are gone. One that is deleted makes kafkajs fail with all the others: its picture of the cluster
// cannot be had any more, the consumer crashes, starts again, and crashes (facts C7). Here a topic that is not there is left
// out of the questions until it is; the group shares what is left, and takes it in again when it has come back.
import type { Broker, Cluster } from 'kafkajs'
import type { Logger } from '../../app/context.ts'
import { systemClock } from '../../process/clock.ts'
import { kafkaType } from './errors.ts'

/** How often it is asked whether a topic has come back. */
const askMs = 3_000

/** What kafkajs' types leave out. */
type Inside = Cluster & {
  readonly targetTopics: Set<string>
  readonly brokerPool: { findConnectedBroker(): Promise<Broker> }
  refreshMetadataIfNecessary(): Promise<void>
}

export type AbsentTopicsOptions = {
  readonly log: Logger
  /** One has gone, or has come back. */
  readonly onChange: () => void
}

export class AbsentTopics {
  readonly #cluster: Inside
  readonly #options: AbsentTopicsOptions
  readonly #absent = new Set<string>()
  #state: 'new' | 'watching' | 'ended' = 'new'
  #timer: Disposable | undefined

  constructor(cluster: Cluster, options: AbsentTopicsOptions) {
    this.#options = options
    this.#cluster = cluster as Inside
    for (const name of ['refreshMetadata', 'refreshMetadataIfNecessary'] as const) {
      const ask = this.#cluster[name].bind(cluster)
      this.#cluster[name] = () => this.#withoutAbsent(ask)
    }
  }

  get size(): number {
    return this.#absent.size
  }

  /** From the first assignment on: before it a topic that is not there is the caller's mistake. */
  watch(): void {
    if (this.#state === 'new') this.#state = 'watching'
  }

  end(): void {
    this.#state = 'ended'
    this.#timer?.[Symbol.dispose]()
  }

  async #withoutAbsent(ask: () => Promise<void>): Promise<void> {
    try {
      await ask()
    } catch (error) {
      const isAbsence = kafkaType(error) === 'UNKNOWN_TOPIC_OR_PARTITION'
      if (!isAbsence || this.#state !== 'watching' || !(await this.#leaveOut())) throw error
      await ask()
    }
  }

  /** Leaves out what is not there, and tells whether there was any. */
  async #leaveOut(): Promise<boolean> {
    const asked = [...this.#cluster.targetTopics]
    const there = await Promise.all(asked.map((topic) => this.#isThere(topic)))
    const gone = asked.filter((_, index) => !there[index])
    for (const topic of gone) {
      this.#cluster.targetTopics.delete(topic)
      if (this.#absent.has(topic)) continue
      this.#absent.add(topic)
      this.#options.log.warn('topic.absent', { topic, why })
    }
    this.#options.onChange()
    this.#timer ??= systemClock.after(askMs, () => void this.#look())
    return gone.length > 0
  }

  async #look(): Promise<void> {
    for (const topic of this.#absent) {
      if (!(await this.#isThere(topic).catch(() => false)) || this.#state !== 'watching') continue // the cluster is away, too
      this.#absent.delete(topic)
      this.#cluster.targetTopics.add(topic) // what is not in kafkajs's picture is asked for at the next fetch
      this.#options.log.info('topic.back', { topic })
      this.#options.onChange()
    }
    const isOver = this.#absent.size === 0 || this.#state === 'ended'
    this.#timer = isOver ? undefined : systemClock.after(askMs, () => void this.#look())
  }

  async #isThere(topic: string): Promise<boolean> {
    const broker = await this.#cluster.brokerPool.findConnectedBroker()
    return broker.metadata([topic]).then(
      () => true,
      (error: unknown) => {
        if (kafkaType(error) === 'UNKNOWN_TOPIC_OR_PARTITION') return false
        throw error
      },
    )
  }
}

const why = 'the topic is gone; what is in the others is worked on, and it is waited for'
