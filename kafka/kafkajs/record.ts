// Records and positions between the port and kafkajs.
import type { KafkaMessage } from 'kafkajs'
import type { Headers, LogRecord, Position, TopicPartition } from '../log.ts'

export const toRecord = (
  { topic, partition }: TopicPartition,
  { offset, timestamp, key, value, headers }: Pick<KafkaMessage, 'offset' | 'timestamp' | 'key' | 'value' | 'headers'>,
): LogRecord => ({
  topic,
  partition,
  offset: BigInt(Number(offset)), // by a number, which is exact up to 2^53: half as long as straight from the text
  timestampMs: Number(timestamp),
  key,
  value,
  headers: headers as unknown as Headers, // headerReading.ts has made it
})

/** Positions as kafkajs takes them. */
export const byTopic = (positions: readonly Position[]) =>
  [...Map.groupBy(positions, ({ topic }) => topic)].map(([topic, all]) => ({
    topic,
    partitions: all.map(({ partition, offset, metadata }) => ({ partition, offset: String(offset), metadata })),
  }))
