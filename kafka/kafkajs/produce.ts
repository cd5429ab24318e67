// The Produce request, version 7 (the newest before the flexible ones; brokers from 2.1 to 4.x speak it), as kafkajs'
// connections take requests. kafkajs' own stops at the first partition that the answer refuses; here each has its own end.
import type { Broker } from 'kafkajs'
import type { TopicPartition } from '../log.ts'

/** A record batch for one partition; a request holds at most one for each. */
export type PartitionBatch = TopicPartition & { readonly batch: Buffer }

/** What the broker says of one partition; `errorCode` 0 = appended, its first record at `baseOffset`. */
export type Produced = TopicPartition & { readonly errorCode: number; readonly baseOffset: bigint }

/** What kafkajs gives its callers to know and what its types leave out. */
type Connected = Broker & {
  readonly connectionPool: {
    send(exchange: { readonly request: object; readonly response: object }): Promise<readonly Produced[]>
  }
}

const produce = { apiKey: 0, apiVersion: 7, apiName: 'Produce' }
/** How long the broker waits for the replicas: it answers before kafkajs' request timeout of 10 s gives it up. */
const ackTimeoutMs = 8_000

/** Sends with acks=all. Rejects where no answer came: the batches may be appended. A partition that is not answered is left out. */
export async function sendProduce(
  broker: Broker,
  batches: readonly PartitionBatch[],
  transactionalId?: string,
): Promise<readonly Produced[]> {
  const body = encodeProduce(batches, transactionalId)
  const request = { ...produce, expectResponse: () => true, encode: async () => ({ buf: body, buffer: body }) }
  const response = {
    decode: async (payload: Buffer) => decodeProduce(payload),
    parse: async ({ produced }: ReturnType<typeof decodeProduce>) => produced,
  }
  try {
    return await (broker as Connected).connectionPool.send({ request, response })
  } catch (error) {
    if ((error as Error).name === 'KafkaJSConnectionClosedError') await broker.disconnect() // as kafkajs does for its own
    throw error
  }
}

/** | transactional id or null | acks: all | timeout | topics [ name | partitions [ number | batch ] ] | */
export function encodeProduce(batches: readonly PartitionBatch[], transactionalId?: string): Buffer {
  const topics = [...Map.groupBy(batches, ({ topic }) => topic)]
  const id = Buffer.from(transactionalId ?? '')
  const head = Buffer.alloc(12 + id.length)
  head.writeInt16BE(transactionalId === undefined ? -1 : id.length, 0)
  id.copy(head, 2)
  head.writeInt16BE(-1, 2 + id.length)
  head.writeInt32BE(ackTimeoutMs, 4 + id.length)
  head.writeInt32BE(topics.length, 8 + id.length)
  const parts: Buffer[] = [head]
  for (const [topic, all] of topics) {
    const name = Buffer.from(topic)
    const topicHead = Buffer.alloc(2 + name.length + 4)
    topicHead.writeInt16BE(name.length, 0)
    name.copy(topicHead, 2)
    topicHead.writeInt32BE(all.length, 2 + name.length)
    parts.push(topicHead)
    for (const { partition, batch } of all) {
      const partitionHead = Buffer.alloc(8)
      partitionHead.writeInt32BE(partition, 0)
      partitionHead.writeInt32BE(batch.length, 4)
      parts.push(partitionHead, batch)
    }
  }
  return Buffer.concat(parts)
}

/** topics [ name | partitions [ number | error | base offset | append time | start offset ] ] | throttle time */
export function decodeProduce(payload: Buffer): {
  readonly produced: readonly Produced[]
  readonly clientSideThrottleTime: number
} {
  const produced: Produced[] = []
  let at = 4
  for (let topics = payload.readInt32BE(0); topics > 0; topics--) {
    const nameEnd = at + 2 + payload.readInt16BE(at)
    const topic = payload.toString('utf8', at + 2, nameEnd)
    at = nameEnd + 4
    for (let partitions = payload.readInt32BE(nameEnd); partitions > 0; partitions--) {
      produced.push({
        topic,
        partition: payload.readInt32BE(at),
        errorCode: payload.readInt16BE(at + 4),
        baseOffset: payload.readBigInt64BE(at + 6),
      })
      at += 30
    }
  }
  return { produced, clientSideThrottleTime: payload.readInt32BE(at) }
}
