// An idempotent producer of kafkajs behind the Writer port: one partition per send (facts A1), the answer checked (A2).
import type { Message, Producer, RecordMetadata } from 'kafkajs'
import { ErrandError } from '../../app/errors.ts'
import type { TopicPartition, Writer } from '../log.ts'
import { appendRefused, closed, notAcknowledged, recordTooLarge, unknownTopic } from '../logErrors.ts'
import { strictWriter } from '../strictWriter.ts'
import { type ClientOptions, openClient, patient } from './client.ts'
import { type Closable, openPart } from './closable.ts'
import { isFinal, kafkaType } from './errors.ts'
import { toMessage } from './record.ts'

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
  const client = openClient(options, patient)
  let isOpen = true
  const producer = client.kafka.producer({
    idempotent: true,
    allowAutoTopicCreation: false,
    createPartitioner: () => ownPartition(() => isOpen),
  })
  const known = knownPartitions(count)
  const writer = strictWriter({
    append: async (to, records) => {
      await known(to)
      if (!isOpen) throw closed('this writer')
      const messages = records.map((record) => toMessage(record, to.partition))
      try {
        return await sendTo(producer, to, messages)
      } catch (error) {
        throw asAppendError(to, error)
      } finally {
        if (!isOpen) await producer.disconnect() // a retry may have connected it again after close()
      }
    },
    close: async () => {
      isOpen = false
      opened.delete(writer)
      client.shut()
      await producer.disconnect()
    },
  })
  return openPart(writer, { opened, isOpen: () => isOpen, open: () => producer.connect() })
}

/** Sends to one partition; the first record's offset, from the one entry of the answer that says so. */
export async function sendTo(
  { send }: Pick<Producer, 'send'>,
  { topic, partition }: TopicPartition,
  messages: Message[],
): Promise<bigint> {
  const answer: RecordMetadata[] = await send({ topic, messages, acks: -1 })
  const mine = answer.find((entry) => entry.topicName === topic && entry.partition === partition)
  if (mine?.errorCode !== 0 || mine.baseOffset === undefined) throw notAcknowledged({ topic, partition })
  return BigInt(mine.baseOffset)
}

/** The partition is always named; asked at every attempt, so this is also where the retries of a closed writer end. */
export const ownPartition =
  (isOpen: () => boolean) =>
  ({ message }: { message: Message }): number => {
    if (!isOpen()) throw closed('this writer')
    return message.partition!
  }

/**
 * Rejects with `unknown-topic` before anything is sent: kafkajs drops records of a partition that is not there in silence
 * (facts A2), and waits for a topic that is not there as for any outage.
 */
export function knownPartitions(count: CountPartitions): (to: TopicPartition) => Promise<void> {
  const counts = new Map<string, number>()
  return async ({ topic, partition }) => {
    if (partition < (counts.get(topic) ?? 0)) return
    counts.set(topic, await count(topic))
    if (partition >= (counts.get(topic) ?? 0)) throw unknownTopic(topic, partition)
  }
}

/** Broker's words that say nothing about the records: a new producer may well succeed, and may repeat what is written. */
const producerState = new Set([
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
  if (isFinal(error) && !producerState.has(type)) return appendRefused(to, error)
  return notAcknowledged(to, error)
}
