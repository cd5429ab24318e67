// A topic in memory: per partition the records with their offsets, which may have gaps as a broker's have.

import type { LogRecord, NewRecord, PartitionOffsets, TopicSpec } from '../log.ts'
import { refused, unknownTopic } from '../logErrors.ts'

export class MemoryTopic {
  readonly #spec: TopicSpec
  readonly #partitions: MemoryPartition[] = []

  constructor(spec: TopicSpec) {
    this.#spec = spec
    this.grow(spec.partitions)
  }

  get spec(): TopicSpec {
    return { ...this.#spec, partitions: this.#partitions.length }
  }

  /** Of a batch; the default is Kafka's. */
  get maxBytes(): number {
    return Number(this.#spec.config['max.message.bytes'] ?? 1_048_588)
  }

  /** Throws where there are more than `partitions` already. */
  grow(partitions: number): void {
    if (partitions < this.#partitions.length)
      throw refused(`${this.#spec.name} has ${this.#partitions.length} partitions`)
    while (this.#partitions.length < partitions)
      this.#partitions.push(new MemoryPartition(this.#spec.name, this.#partitions.length))
  }

  /** Throws `unknown-topic`. */
  partition(number: number): MemoryPartition {
    const partition = this.#partitions[number]
    if (!partition) throw unknownTopic(this.#spec.name, number)
    return partition
  }

  offsets(): readonly PartitionOffsets[] {
    return this.#partitions.map(({ low, high }, partition) => ({ partition, low, high }))
  }

  offsetsAt(timeMs: number): ReadonlyMap<number, bigint> {
    return new Map(this.#partitions.map((each, partition) => [partition, each.offsetAt(timeMs)]))
  }

  /** Whether all of these are one batch. */
  fits(records: readonly NewRecord[]): boolean {
    return records.reduce((sum, record) => sum + sizeBytes(record), 0) <= this.maxBytes
  }
}

export class MemoryPartition {
  readonly #topic: string
  readonly #partition: number
  readonly #records: LogRecord[] = []
  #low = 0n
  #high = 0n

  constructor(topic: string, partition: number) {
    this.#topic = topic
    this.#partition = partition
  }

  /** The first offset that is not deleted. */
  get low(): bigint {
    return this.#low
  }

  /** The next offset to be written. */
  get high(): bigint {
    return this.#high
  }

  /** Appends copies, as a broker would, and gives the first one's offset. */
  append(records: readonly NewRecord[], timestampMs: number): bigint {
    const first = this.#high
    for (const record of records)
      this.#records.push({
        topic: this.#topic,
        partition: this.#partition,
        offset: this.#high++,
        timestampMs,
        ...copy(record),
      })
    return first
  }

  /** A transaction's end marker: it takes an offset and is never read. */
  mark(): void {
    this.#high++
  }

  /** Throws where it is beyond the end. */
  deleteBefore(offset: bigint): void {
    if (offset > this.#high) throw refused(`${this.#topic}/${this.#partition} ends at ${this.#high}, before ${offset}`)
    if (offset <= this.#low) return
    this.#records.splice(0, this.#indexOf(offset))
    this.#low = offset
  }

  /** Of the first record of that time or later, or the end. */
  offsetAt(timeMs: number): bigint {
    return this.#records.find(({ timestampMs }) => timestampMs >= timeMs)?.offset ?? this.#high
  }

  /** At most `limit` records from `from` on, and the offset to read next. */
  read(from: bigint, limit: number): { readonly records: readonly LogRecord[]; readonly nextOffset: bigint } {
    const start = this.#indexOf(from)
    const records = this.#records.slice(start, start + limit)
    const last = start + limit < this.#records.length ? records.at(-1) : undefined
    return { records, nextOffset: last ? last.offset + 1n : this.#high }
  }

  /** Index of the first record at or after an offset. */
  #indexOf(offset: bigint): number {
    let [low, high] = [0, this.#records.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#records[middle]!.offset < offset) low = middle + 1
      else high = middle
    }
    return low
  }
}

const copyOf = (bytes: Buffer | null): Buffer | null => bytes && Buffer.from(bytes)

const copy = ({ key, value, headers }: NewRecord): NewRecord => ({
  key: copyOf(key),
  value: copyOf(value),
  headers: new Map([...headers].map(([name, values]) => [name, values.map((bytes) => Buffer.from(bytes))])),
})

const sizeBytes = ({ key, value, headers }: NewRecord): number =>
  [...headers].reduce(
    (sum, [name, values]) => values.reduce((all, bytes) => all + name.length + bytes.length, sum),
    (key?.length ?? 0) + (value?.length ?? 0),
  )
