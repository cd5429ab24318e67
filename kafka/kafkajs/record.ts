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
  timestampMs: moment(Number(timestamp)),
  key,
  value,
  headers: headers as unknown as Headers, // recordReading.ts has made it
})

/** Brokers take any 64 bits for a time, a Date does not (ECMA-262, 21.4.1.1): what is none counts as 1970. */
const moment = (timeMs: number): number => (Math.abs(timeMs) <= 8_640_000_000_000_000 ? timeMs : 0)

/** Positions as kafkajs takes them. */
export const byTopic = (positions: readonly Position[]) =>
  [...Map.groupBy(positions, ({ topic }) => topic)].map(([topic, all]) => ({
    topic,
    partitions: all.map(({ partition, offset, metadata }) => ({ partition, offset: String(offset), metadata })),
  }))
