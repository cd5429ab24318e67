// An idempotent producer behind the Writer port.
import { ErrandError } from '../../app/errors.ts'
import { systemClock } from '../../process/clock.ts'
import type { TopicPartition, Writer } from '../log.ts'
import { appendRefused, notAcknowledged, recordTooLarge, unknownTopic } from '../logErrors.ts'
import { strictWriter } from '../strictWriter.ts'
import { brief, type ClientOptions, openClient } from './client.ts'
import { type Closable, openPart } from './closable.ts'
import { openCluster } from './cluster.ts'
import { isFinal, kafkaType, reasonOf } from './errors.ts'
import { IdempotentProducer } from './idempotentProducer.ts'

/** A topic's partition count, asked anew at each call; rejects with `unknown-topic`. */
export type CountPartitions = (topic: string) => Promise<number>

/**
 * Connects; waits for a cluster that is away. Rejects with `log-refused` or, once its log is closed, `closed`. It is in
 * `opened` until it is closed.
 */
export async function openWriter(
  options: ClientOptions,
  count: CountPartitions,
  opened: Set<Closable>,
): Promise<Writer> {
  const client = openClient(options, brief) // the producer repeats, and knows what
  const producer = new IdempotentProducer({
    cluster: openCluster(client),
    shut: client.shut,
    check: async ({ topic, partition }) => {
      if (partition >= (await count(topic))) throw unknownTopic(topic, partition) // one made anew may have fewer
    },
    clock: systemClock,
    log: options.log,
  })
  let isOpen = true
  const known = knownPartitions(count)
  const writer = strictWriter({
    append: async (to, records) => {
      await known(to)
      try {
        return await producer.append(to, records)
      } catch (error) {
        throw asAppendError(to, error)
      }
    },
    close: async () => {
      isOpen = false
      opened.delete(writer)
      await producer.close()
    },
  })
  return openPart(writer, { opened, isOpen: () => isOpen, open: () => producer.open() })
}

/**
 * Rejects with `unknown-topic` before anything is sent: without it a topic that is not there would be waited for as any
 * outage is.
 */
export function knownPartitions(count: CountPartitions): (to: TopicPartition) => Promise<void> {
  const counts = new Map<string, number>()
  return async ({ topic, partition }) => {
    if (partition < (counts.get(topic) ?? 0)) return
    counts.set(topic, await count(topic))
    if (partition >= (counts.get(topic) ?? 0)) throw unknownTopic(topic, partition)
  }
}

/** Broker's words that say nothing about the records: a new try may well succeed, and may repeat what is written. */
const ofTheTry = new Set([
  'CORRUPT_MESSAGE',
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'UNKNOWN_PRODUCER_ID',
  'INVALID_PRODUCER_EPOCH',
  'INVALID_PRODUCER_ID_MAPPING',
])
const tooLarge = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE'])

export function asAppendError(to: TopicPartition, error: unknown): ErrandError {
  if (error instanceof ErrandError) return error
  const type = kafkaType(error) ?? ''
  if (tooLarge.has(type)) return recordTooLarge(to, error)
  if (isFinal(error) && !ofTheTry.has(type)) return appendRefused(to, error, reasonOf(error))
  return notAcknowledged(to, error)
}
