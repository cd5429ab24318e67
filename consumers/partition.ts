// What a member holds of one assigned partition, from assignment to loss: ledger, window, abort signal.
import type { LogRecord, Position, TopicPartition } from '../kafka/log.ts'
import { recordBytes } from '../kafka/recordBytes.ts'
import type { Link } from '../process/chain.ts'
import { type Beyond, commitMetadata, nothingBeyond } from './commitMetadata.ts'
import { type InHand, Ledger } from './ledger.ts'
import type { Lane } from './scheduler.ts'

export type PartitionOffset = TopicPartition & { readonly offset: bigint }

/** The window of I3: beyond any of them the partition takes nothing more, until all are half empty. */
const maxRecords = 1_000
const maxBytes = 4 * 1_048_576
/** Of the room that a commit has for what is done beyond it: the rest is for what is in hand when it stops. */
const maxFill = 0.75

export class Partition implements TopicPartition {
  readonly topic: string
  readonly partition: number
  readonly lane: Lane
  readonly #saysBeyond: boolean
  readonly #controller = new AbortController()
  #ledger: Ledger | undefined
  #bytes = 0
  #full = false
  #saved: Position | undefined

  constructor({ topic, partition }: TopicPartition, lane: Lane, saysBeyond: boolean) {
    this.#saysBeyond = saysBeyond
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

  /** The position is known: records are taken from here, without those that are done beyond it. */
  begin(offset: bigint, beyond?: Beyond): void {
    this.#ledger = new Ledger(offset, beyond)
  }

  /** Takes a record in hand; undefined for one that is not wanted: taken or done before, or fetched before the position was loaded. */
  take(record: LogRecord, key: string | null): Link<InHand> | undefined {
    const inHand = this.#ledger?.take(record.offset, key)
    if (!inHand) return undefined
    inHand.item.record = record
    this.#bytes += recordBytes(record)
    return inHand
  }

  skipTo(offset: bigint): void {
    this.#ledger?.skipTo(offset)
  }

  /**
   * Whether the window has just become full: of what is in hand, or, `waiting`, of what is done beyond a record that is not.
   */
  fill(): 'in hand' | { readonly waiting: InHand } | undefined {
    if (this.#full || !this.#ledger) return undefined
    const isFull = this.#ledger.size >= maxRecords || this.#bytes >= maxBytes
    const lowest = isFull || this.#beyondFill() < maxFill ? undefined : this.#ledger.lowest
    this.#full = isFull || lowest !== undefined
    return lowest ? { waiting: lowest } : isFull ? 'in hand' : undefined
  }

  done(record: LogRecord, inHand: Link<InHand>): void {
    this.#ledger?.done(inHand)
    this.#bytes -= recordBytes(record)
  }

  /** It has failed, and will be tried again. */
  failed(inHand: Link<InHand>, nowMs: number): void {
    this.#ledger?.failed(inHand, nowMs)
  }

  /** True when the window has just become half empty again. */
  drained(): boolean {
    if (!this.#full || !this.#ledger || this.#ledger.size > maxRecords / 2 || this.#bytes > maxBytes / 2) return false
    if (this.#beyondFill() > maxFill / 2) return false
    this.#full = false
    return true
  }

  /** What is in hand, the lowest first. */
  get inHand(): Iterable<InHand> {
    return this.#ledger?.inHand ?? []
  }

  /** The offset safe to commit (I1). */
  position(): PartitionOffset | undefined {
    return this.#ledger && { topic: this.topic, partition: this.partition, offset: this.#ledger.position() }
  }

  /** What a commit would say, if that has changed since it was last said. */
  unsaved(): Position | undefined {
    const { topic, partition } = this
    if (!this.#ledger) return undefined
    const offset = this.#ledger.position()
    const metadata = commitMetadata(offset, this.#saysBeyond ? this.#ledger.beyond() : nothingBeyond)
    const isSaved = this.#saved?.offset === offset && this.#saved.metadata === metadata
    return isSaved ? undefined : { topic, partition, offset, metadata }
  }

  saved(position: Position): void {
    this.#saved = position
  }

  #beyondFill(): number {
    return this.#saysBeyond ? (this.#ledger?.fill() ?? 0) : 0
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
