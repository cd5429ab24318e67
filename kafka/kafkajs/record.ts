// Records and positions between the port and kafkajs. Header names are anyone's: a plain object already has a `constructor` and a
// `__proto__`, and kafkajs takes these for values that came before (facts A13).
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
  headers: headers ? toHeaders(headers) : none,
})

const none: Headers = new Map()

function toHeaders(headers: object): Headers {
  const names = Object.keys(headers) // own ones, also one that is called __proto__
  if (names.length === 0) return none
  const all = new Map<string, readonly Buffer[]>()
  for (const name of names) {
    const values = [(headers as Readonly<Record<string, unknown>>)[name]].flat().filter((each) => Buffer.isBuffer(each))
    if (values.length > 0) all.set(name, values) // null, which the port does not know, leaves nothing
  }
  return all
}

/** Positions as kafkajs takes them. */
export const byTopic = (positions: readonly Position[]) =>
  [...Map.groupBy(positions, ({ topic }) => topic)].map(([topic, all]) => ({
    topic,
    partitions: all.map(({ partition, offset, metadata }) => ({ partition, offset: String(offset), metadata })),
  }))
