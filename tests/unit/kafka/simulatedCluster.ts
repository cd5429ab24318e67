// One broker that keeps KIP-98's rules about producer numbers, behind the part of kafkajs' cluster that a producer uses. It
// misbehaves as it is told: requests or answers get lost, partitions are refused.
import type { PartitionBatch, Produced } from '../../../kafka/kafkajs/produce.ts'

export type Fault =
  | 'none'
  | 'answer lost'
  | 'never arrived'
  | 'not leader'
  | 'timed out'
  | 'not enough replicas'
  | 'left out of the metadata'
  | 'too large'
  | 'server error'
  | 'unknown topic'

type Place = Pick<PartitionBatch, 'topic' | 'partition'>
type Partition = { next: number; last: { first: number; offset: number } | undefined }

export function simulatedCluster({
  partitions,
  meets,
}: {
  readonly partitions: number
  /** What each batch of each request meets. */
  readonly meets: (place: Place) => Fault
}) {
  const logs = Array.from({ length: partitions }, (): Partition => ({ next: 0, last: undefined }))
  const requests: Place[][] = []
  let hasMetadata = true

  /** Appends, or knows the batch again by its number; what is out of order is refused. */
  const append = ({ partition }: Place, batch: Buffer): { errorCode: number; baseOffset: bigint } => {
    const [first, count, log] = [batch.readInt32BE(53), batch.readInt32BE(57), logs[partition]!]
    if (log.last?.first === first) return { errorCode: 0, baseOffset: BigInt(log.last.offset) }
    if (first !== log.next) return { errorCode: 45, baseOffset: -1n }
    log.last = { first, offset: log.next }
    log.next += count
    return { errorCode: 0, baseOffset: BigInt(first) }
  }

  const refused: Partial<Record<Fault, number>> = {
    'not leader': 6,
    'not enough replicas': 19,
    'too large': 10,
    'server error': -1,
    'unknown topic': 3,
  }

  const answer = (place: Place, batch: Buffer, fault: Fault): Produced => {
    const errorCode = refused[fault]
    if (errorCode !== undefined) return { ...place, errorCode, baseOffset: -1n }
    const appended = append(place, batch)
    return fault === 'timed out' ? { ...place, errorCode: 7, baseOffset: -1n } : { ...place, ...appended }
  }

  const send = async ({
    request,
  }: {
    request: { encode(): Promise<{ buffer: Buffer }> }
  }): Promise<readonly Produced[]> => {
    const batches = readProduce((await request.encode()).buffer)
    requests.push(batches.map(({ topic, partition }) => ({ topic, partition })))
    await new Promise((resolve) => setImmediate(resolve))
    const faults = batches.map((place) => meets(place))
    if (faults.includes('left out of the metadata')) hasMetadata = false
    if (faults.includes('never arrived')) throw lost()
    const produced = batches.map(({ batch, ...place }, index) => answer(place, batch, faults[index]!))
    if (faults.includes('answer lost')) throw lost()
    return produced
  }

  const broker = {
    connectionPool: { send },
    disconnect: async () => undefined,
    initProducerId: async () => ({ producerId: '1000', producerEpoch: 0 }),
  }
  const cluster = {
    connect: async () => undefined,
    disconnect: async () => undefined,
    removeBroker: () => undefined,
    refreshMetadataIfNecessary: async () => {
      throw Object.assign(new Error('of all topics one has no leader'), {
        type: 'LEADER_NOT_AVAILABLE',
        retriable: true,
      })
    },
    addMultipleTargetTopics: async () => undefined,
    refreshMetadata: async () => {
      hasMetadata = true
    },
    brokerPool: { findConnectedBroker: async () => broker, brokers: {} },
    findBroker: async () => broker,
    findLeaderForPartitions: (_topic: string, wanted: number[]) => (hasMetadata ? { 1: wanted } : {}),
  }
  return { cluster, requests, lies: (partition: number) => logs[partition]!.next }
}

const lost = (): Error =>
  Object.assign(new Error('Closed connection'), { name: 'KafkaJSConnectionClosedError', host: 'localhost', port: 9092 })

export function readProduce(body: Buffer): PartitionBatch[] {
  const batches: PartitionBatch[] = []
  const id = Math.max(0, body.readInt16BE(0)) // that of a transaction, or none
  let at = 12 + id
  for (let topics = body.readInt32BE(8 + id); topics > 0; topics--) {
    const nameEnd = at + 2 + body.readInt16BE(at)
    const topic = body.toString('utf8', at + 2, nameEnd)
    at = nameEnd + 4
    for (let left = body.readInt32BE(nameEnd); left > 0; left--) {
      const end = at + 8 + body.readInt32BE(at + 4)
      batches.push({ topic, partition: body.readInt32BE(at), batch: body.subarray(at + 8, end) })
      at = end
    }
  }
  return batches
}
