// What a member holds of one assigned partition, from assignment to loss: ledger, window, abort signal.
import type { LogRecord, TopicPartition } from '../kafka/log.ts'
import { recordBytes } from '../kafka/recordBytes.ts'
import { Ledger } from './ledger.ts'
import type { Lane } from './scheduler.ts'

export type PartitionOffset = TopicPartition & { readonly offset: bigint }

/** The window of I3: beyond either the partition takes nothing more, until it is half empty. */
const maxRecords = 1_000
const maxBytes = 4 * 1_048_576

export class Partition implements TopicPartition {
  readonly topic: string
  readonly partition: number
  readonly lane: Lane
  readonly #controller = new AbortController()
  #ledger: Ledger | undefined
  #bytes = 0
  #full = false
  #savedOffset: bigint | undefined

  constructor({ topic, partition }: TopicPartition, lane: Lane) {
    this.topic = topic
    this.partition = partition
    this.lane = lane
  }

  /** Aborts when the partition is lost or the member stops without waiting. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Where to seek; undefined until the position is loaded. */
  get next(): bigint | undefined {
    return this.#ledger?.next
  }

  get full(): boolean {
    return this.#full
  }

  /** The position is known: records are taken from here. */
  begin(offset: bigint): void {
    this.#ledger = new Ledger(offset)
  }

  /** Takes a record in hand; false for one that is not wanted: taken before, or fetched before the position was loaded. */
  take(record: LogRecord): boolean {
    if (!this.#ledger?.take(record.offset)) return false
    this.#bytes += recordBytes(record)
    return true
  }

  skipTo(offset: bigint): void {
    this.#ledger?.skipTo(offset)
  }

  /** True when the window has just become full. */
  fill(): boolean {
    if (this.#full || !this.#ledger || (this.#ledger.size < maxRecords && this.#bytes < maxBytes)) return false
    this.#full = true
    return true
  }

  done(record: LogRecord): void {
    this.#ledger?.done(record.offset)
    this.#bytes -= recordBytes(record)
  }

  /** True when the window has just become half empty again. */
  drained(): boolean {
    if (!this.#full || !this.#ledger || this.#ledger.size > maxRecords / 2 || this.#bytes > maxBytes / 2) return false
    this.#full = false
    return true
  }

  /** The offset safe to commit (I1). */
  position(): PartitionOffset | undefined {
    return this.#ledger && { topic: this.topic, partition: this.partition, offset: this.#ledger.position() }
  }

  /** The position, if it has moved since it was last saved. */
  unsaved(): PartitionOffset | undefined {
    const position = this.position()
    return position && position.offset !== this.#savedOffset ? position : undefined
  }

  saved(offset: bigint): void {
    this.#savedOffset = offset
  }

  abort(why: string): void {
    this.#controller.abort(new Error(why))
  }

  /** The partition is not ours any more (I8). */
  drop(): void {
    this.lane.drop()
    this.abort('the partition has moved')
  }
}
