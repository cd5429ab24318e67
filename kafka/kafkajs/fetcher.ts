// Fetches of one topic outside any group. Leaders move and connections break: both are gone over again for a while.
import type { Broker, Cluster } from 'kafkajs'
import type { Logger } from '../../app/context.ts'
import { systemClock } from '../../process/clock.ts'
import type { LogRecord, PartitionOffsets } from '../log.ts'
import { offsetOutOfRange, unavailable } from '../logErrors.ts'
import type { Cursor } from '../readPlan.ts'
import { brief, type ClientOptions, openClient } from './client.ts'
import { openCluster } from './cluster.ts'
import { brokenBroker, outOfRange } from './errors.ts'
import { committedMessages, type FetchedPartition } from './fetched.ts'
import { toRecord } from './record.ts'

/** The next records of one partition, and where to go on. */
export type Fetched = { readonly cursor: Cursor; readonly records: readonly LogRecord[]; readonly nextOffset: bigint }

const readCommitted = 1
const [waitMs, partitionBytes, totalBytes] = [250, 1_048_576, 4_194_304]
/** How long the cluster may be away before a read gives up, and the pause between two tries. */
const [awayMs, pauseMs] = [30_000, 200]

export class Fetcher {
  readonly #topic: string
  readonly #offsets: () => Promise<readonly PartitionOffsets[]>
  readonly #cluster: Cluster
  readonly #log: Logger
  readonly #shut: () => void
  #isConnected = false

  /** `offsets` asks for the topic's offsets as they are now. */
  constructor(options: ClientOptions, topic: string, offsets: () => Promise<readonly PartitionOffsets[]>) {
    const client = openClient(options, brief)
    this.#topic = topic
    this.#log = options.log
    this.#offsets = offsets
    this.#cluster = openCluster(client)
    this.#shut = client.shut
  }

  /** What there is at the cursors, within the fetch's limits; empty where nothing came in a while. */
  async fetch(cursors: readonly Cursor[]): Promise<readonly Fetched[]> {
    for (const start = systemClock.now(); ; await systemClock.sleep(pauseMs)) {
      try {
        return await this.#try(cursors)
      } catch (error) {
        await this.#recover(error, cursors)
        if (systemClock.now() - start > awayMs) throw unavailable(error)
      }
    }
  }

  async close(): Promise<void> {
    this.#shut()
    await this.#cluster.disconnect()
  }

  async #try(cursors: readonly Cursor[]): Promise<readonly Fetched[]> {
    if (!this.#isConnected) {
      await this.#cluster.connect()
      await this.#cluster.addMultipleTargetTopics([this.#topic])
      await this.#cluster.refreshMetadata()
      this.#isConnected = true
    }
    const leaders = this.#cluster.findLeaderForPartitions(
      this.#topic,
      cursors.map(({ partition }) => partition),
    )
    const answers = await Promise.all(
      Object.entries(leaders).map(async ([nodeId, partitions]) => {
        const broker = await this.#cluster.findBroker({ nodeId })
        return this.#ask(
          broker,
          cursors.filter(({ partition }) => partitions.includes(partition)),
        )
      }),
    )
    return answers.flat()
  }

  async #ask(broker: Broker, cursors: readonly Cursor[]): Promise<readonly Fetched[]> {
    const partitions = cursors.map(({ partition, next }) => ({
      partition,
      fetchOffset: String(next),
      maxBytes: partitionBytes,
    }))
    const { responses } = await broker.fetch({
      isolationLevel: readCommitted,
      maxWaitTime: waitMs,
      minBytes: 1,
      maxBytes: totalBytes,
      topics: [{ topic: this.#topic, partitions }],
    })
    const answers: readonly FetchedPartition[] = responses.flatMap(
      ({ partitions }: { partitions: FetchedPartition[] }) => partitions,
    )
    const isEmpty = answers.every(({ messages }) => messages.length === 0)
    return cursors.flatMap((cursor) => {
      const answer = answers.find(({ partition }) => partition === cursor.partition)
      if (!answer) return []
      const nextOffset = isEmpty ? BigInt(answer.lastStableOffset) : after(answer)
      const place = { topic: this.#topic, partition: cursor.partition }
      const records = committedMessages(answer, cursor.next).map((message) => toRecord(place, message))
      return nextOffset > cursor.next ? [{ cursor, records, nextOffset }] : []
    })
  }

  /** Makes the next try another one. Throws where there is nothing to try. */
  async #recover(error: unknown, cursors: readonly Cursor[]): Promise<void> {
    this.#log.debug('fetch.failed', { topic: this.#topic, error })
    const broken = brokenBroker(error)
    if (broken) this.#cluster.removeBroker(broken)
    const cursor = cursors.find(({ partition }) => partition === outOfRange(error))
    if (cursor) await this.#goToOldest(cursor)
    this.#isConnected = false
  }

  /** Retention has passed the cursor. */
  async #goToOldest(cursor: Cursor): Promise<void> {
    const { low, high } = (await this.#offsets()).find(({ partition }) => partition === cursor.partition)!
    if (cursor.next > high)
      throw offsetOutOfRange({ topic: this.#topic, partition: cursor.partition }, cursor.next, high)
    if (cursor.next < low) cursor.next = low
  }
}

/**
 * The offset after an answer's last message. A partition without any may have had no room in the answer; where no partition
 * has any, what lay before the stable end was compacted away, and kafkajs hides the empty batches that are left.
 */
const after = ({ messages }: FetchedPartition): bigint => {
  const last = messages.at(-1)
  return last ? BigInt(last.offset) + 1n : 0n
}
