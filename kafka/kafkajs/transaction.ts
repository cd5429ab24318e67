// A transactional producer of kafkajs behind the port (facts D). kafkajs cannot use one again after any error, so neither can we.
import type { Message, Producer, RecordMetadata, Transaction } from 'kafkajs'
import { ErrandError } from '../../app/errors.ts'
import type { Position, TopicPartition, TransactionalWriter } from '../log.ts'
import { closed, FailedAppend, fenced, metadataTooLarge, notAcknowledged, transactionFailed } from '../logErrors.ts'
import { type ClientOptions, nimble, openClient } from './client.ts'
import { type Closable, openPart } from './closable.ts'
import { kafkaType } from './errors.ts'
import { byTopic, toMessage } from './record.ts'
import { asAppendError, type CountPartitions, knownPartitions } from './writer.ts'

type Append = Parameters<TransactionalWriter['commit']>[1][number]

/** Fences older owners of the id and settles what they left open, before it resolves. */
export async function openTransaction(
  options: ClientOptions,
  transactionalId: string,
  count: CountPartitions,
  opened: Set<Closable>,
): Promise<TransactionalWriter> {
  const client = openClient(options, nimble)
  let isUsable = true
  const producer = client.kafka.producer({
    transactionalId,
    idempotent: true,
    maxInFlightRequests: 1,
    transactionTimeout: 15_000, // how long one left open may hold up readers (D5)
    allowAutoTopicCreation: false,
    createPartitioner: () => ownPartition(() => isUsable),
  })
  const known = knownPartitions(count)
  const writer: TransactionalWriter = {
    commit: async (group, appends, positions) => {
      if (!isUsable) throw closed(`this owner of ${transactionalId}`)
      try {
        for (const append of appends) await known(append).catch((error: unknown) => failAt(append, error))
        await commitAll(await producer.transaction(), group, appends, positions)
      } catch (error) {
        isUsable = false
        throw asTransactionError(transactionalId, group, error)
      }
    },
    close: async () => {
      isUsable = false
      opened.delete(writer)
      client.shut()
      await producer.disconnect()
    },
  }
  const open = async (): Promise<void> => {
    await producer.connect()
    await (await producer.transaction()).abort() // the first one initialises: the epoch moves on, older owners are out (D2)
  }
  return openPart(writer, { opened, isOpen: () => isUsable, open })
}

/** One send after the other: several at once would fall under facts A3. */
async function commitAll(
  transaction: Transaction,
  group: string,
  appends: readonly Append[],
  positions: readonly Position[],
): Promise<void> {
  for (const { topic, partition, records } of appends) {
    const to = { topic, partition }
    const messages = records.map((record) => toMessage(record, partition))
    await sendTo(transaction, to, messages).catch((error: unknown) => failAt(to, error))
  }
  if (positions.length > 0) await transaction.sendOffsets({ consumerGroupId: group, topics: byTopic(positions) })
  await transaction.commit()
}

function failAt(to: TopicPartition, error: unknown): never {
  throw fencing.has(kafkaType(error) ?? '') ? error : new FailedAppend(to, asAppendError(to, error))
}

/** Sends to one partition (facts A1); the answer must say so (A2). */
async function sendTo(
  { send }: Pick<Producer, 'send'>,
  { topic, partition }: TopicPartition,
  messages: Message[],
): Promise<void> {
  const answer: RecordMetadata[] = await send({ topic, messages, acks: -1 })
  if (answer.find((entry) => entry.topicName === topic && entry.partition === partition)?.errorCode !== 0)
    throw notAcknowledged({ topic, partition })
}

/** The partition is always named; asked at every attempt, so this is also where the retries of a closed writer end. */
const ownPartition =
  (isUsable: () => boolean) =>
  ({ message }: { message: Message }): number => {
    if (!isUsable()) throw closed('this writer')
    return message.partition!
  }

const fencing = new Set(['INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED'])

function asTransactionError(transactionalId: string, group: string, error: unknown): ErrandError {
  if (error instanceof ErrandError) return error
  const type = kafkaType(error) ?? ''
  if (fencing.has(type)) return fenced(transactionalId, error)
  return type === 'OFFSET_METADATA_TOO_LARGE'
    ? metadataTooLarge(group, error)
    : transactionFailed(transactionalId, error)
}
