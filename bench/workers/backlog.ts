// The records that are read: written straight to their partitions, as Java's default partitioner places their keys, the keys
// in turn.
import { randomBytes } from 'node:crypto'
import type { Headers, Log, NewRecord } from '../../kafka/log.ts'
import { partitionFor } from '../../kafka/partition.ts'

export type BacklogOptions = {
  readonly topic: string
  readonly partitions: number
  readonly keys: number
  /** Default: 200 bytes of text. */
  readonly value?: Buffer
  /** Default: none. */
  readonly headers?: Headers
}

export type Backlog = {
  /** Appends so many records or a few more, in parallel; resolves with their number when all are acknowledged. */
  append(records: number): Promise<number>
} & AsyncDisposable

/** A name for a topic or a group. */
export const fresh = (): string => `bench-${randomBytes(6).toString('hex')}`

const batchRecords = 1_000

/** Creates the topic. */
export async function openBacklog(
  log: Log,
  { topic, partitions, keys, value = Buffer.alloc(200, 'x'), headers = new Map() }: BacklogOptions,
): Promise<Backlog> {
  await log.admin.create([{ name: topic, partitions, replicas: 1, config: {} }])
  const places = Array.from({ length: partitions }, (_, partition) => ({
    partition,
    next: 0,
    records: [] as NewRecord[],
  }))
  for (let key = 0; key < keys; key++) {
    const bytes = Buffer.from(`key-${key}`)
    places[partitionFor(bytes, partitions)]!.records.push({ key: bytes, value, headers })
  }
  const writer = await log.writer()
  const append = async (place: (typeof places)[number], count: number): Promise<void> => {
    for (let left = count; left > 0; left -= batchRecords) {
      const batch = Array.from(
        { length: Math.min(left, batchRecords) },
        () => place.records[place.next++ % place.records.length]!,
      )
      await writer.append({ topic, partition: place.partition }, batch)
    }
  }
  return {
    append: async (records) => {
      const counts = places.map((place) => Math.ceil((records * place.records.length) / keys))
      await Promise.all(places.map((place, index) => append(place, counts[index]!)))
      return counts.reduce((sum, count) => sum + count, 0)
    },
    [Symbol.asyncDispose]: () => writer.close(),
  }
}
