// Records and positions between the port and kafkajs. Header names are anyone's: a plain object already has a `constructor` and a
// `__proto__`, and kafkajs takes these for values that came before (facts A13).
import type { KafkaMessage, Message } from 'kafkajs'
import type { Headers, LogRecord, NewRecord, Position, TopicPartition } from '../log.ts'

export const toMessage = ({ key, value, headers }: NewRecord, partition: number): Message => ({
  partition,
  key,
  value,
  // fromEntries defines own properties, also one named __proto__
  headers: Object.fromEntries([...headers].map(([name, values]) => [name, [...values]])),
})

export const toRecord = (
  { topic, partition }: TopicPartition,
  { offset, timestamp, key, value, headers }: Pick<KafkaMessage, 'offset' | 'timestamp' | 'key' | 'value' | 'headers'>,
): LogRecord => ({
  topic,
  partition,
  offset: BigInt(offset),
  timestampMs: Number(timestamp),
  key,
  value,
  headers: toHeaders(headers ?? {}),
})

const toHeaders = (headers: object): Headers =>
  new Map(
    Object.entries(headers)
      .map(([name, value]) => [name, [value].flat().filter((each) => Buffer.isBuffer(each))] as const)
      .filter(([, values]) => values.length > 0), // null, which the port does not know
  )

/** Positions as kafkajs takes them. */
export const byTopic = (positions: readonly Position[]) =>
  [...Map.groupBy(positions, ({ topic }) => topic)].map(([topic, all]) => ({
    topic,
    partitions: all.map(({ partition, offset, metadata }) => ({ partition, offset: String(offset), metadata })),
  }))
