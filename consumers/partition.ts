// What a member holds of one assigned partition, from assignment to loss: ledger, window, abort signal.
import type { Logger } from '../app/context.ts'
import type { Journey } from '../kafka/journey.ts'
import type { LogRecord, Position, TopicPartition } from '../kafka/log.ts'
import { recordBytes } from '../kafka/recordBytes.ts'
import type { Link } from '../process/chain.ts'
import { type Beyond, commitMetadata, nothingBeyond } from './commitMetadata.ts'
import { type Custody, isKiller, isSuspicious, newCustody, takenOver } from './custody.ts'
import { type InHand, Ledger } from './ledger.ts'
import type { Lane } from './scheduler.ts'

export type PartitionOffset = TopicPartition & { readonly offset: bigint }

/**
 * More is taken when this share of the window is left: half, so that a fetch brings much at once. What waits to be tried again
 * keeps all that lies behind it in hand; the other keys must not run dry until that is over.
 */
const [refill, refillWhileRetried] = [0.5, 0.9]
/** The window of I3: beyond any of them the partition takes nothing more, until there is room in all. */
export type Window = { readonly records: number; readonly bytes: number }

const usualWindow: Window = { records: 1_000, bytes: 4 * 1_048_576 }
/** Of the room that a commit has for what is done beyond it: the rest is for what is in hand when it stops. */
const maxFill = 0.75
/** Of records that run one at a time more need not be in hand; nor are more than a window's under suspicion. */
const maxSuspects = 50

export function tellWaiting(
  logger: Logger,
  { topic, partition }: TopicPartition,
  { offset, key, attempts }: InHand,
): void {
  logger.warn('partition.waits', {
    ...{ topic, partition, offset: String(offset), key: key && Buffer.from(key, 'latin1').toString(), attempts },
    why: 'so much is done beyond this record that a commit has no room to say more: nothing is taken until it is done',
  })
}

export function tellSuspected(logger: Logger, { topic, partition }: TopicPartition): void {
  logger.warn('partition.suspected', {
    ...{ topic, partition },
    why: 'whoever held it has ended without letting go, again and again, and moved nothing on: its records run one at a time until it is known which of them ends its process',
  })
}

export type PartitionOptions = {
  readonly lane: Lane
  /** Whether a commit says what is done beyond its offset. */
  readonly saysBeyond: boolean
  /** Default: 1,000 records, 4 MiB. */
  readonly window?: Window | undefined
  /** The process that holds it, where its records may be suspected of killing it (custody.ts). */
  readonly process?: number
}

export class Partition implements TopicPartition {
  readonly topic: string
  readonly partition: number
  readonly lane: Lane
  readonly #saysBeyond: boolean
  readonly #window: Window
  readonly #process: number | undefined
  readonly #controller = new AbortController()
  /** Aborts when the partition is lost or the member stops without waiting. */
  readonly signal: AbortSignal = this.#controller.signal
  #ledger: Ledger | undefined
  #bytes = 0
  #full = false
  /** How many are in hand that have failed. */
  #retried = 0
  #saved: Position | undefined
  #custody: Custody = newCustody
  #begunAt = 0n
  /** Below it lies what may have been in flight when the holder before ended. */
  #suspectTo = 0n

  constructor(
    { topic, partition }: TopicPartition,
    { lane, saysBeyond, window = usualWindow, process }: PartitionOptions,
  ) {
    this.#saysBeyond = saysBeyond
    this.#window = window
    this.#process = process
    this.topic = topic
    this.partition = partition
    this.lane = lane
  }

  /** Where to seek; undefined until the position is loaded. */
  get next(): bigint | undefined {
    return this.#ledger?.next
  }

  get full(): boolean {
    return this.#full
  }

  /** The position is known: records are taken from here, without those that are done beyond it. */
  begin(offset: bigint, beyond?: Beyond, logEnd?: bigint): void {
    this.#ledger = new Ledger(offset, beyond)
    if (this.#process === undefined) return
    const custody = takenOver(beyond?.custody ?? newCustody, this.#process)
    // Where no record is left none has ended anybody.
    this.#custody = logEnd !== undefined && offset >= logEnd ? { ...custody, unclean: 0 } : custody
    this.#begunAt = offset
    const windowEnd = (beyond?.done.at(-1)?.to ?? offset) + BigInt(this.#window.records)
    this.#suspectTo = logEnd !== undefined && logEnd < windowEnd ? logEnd : windowEnd
  }

  /** Takes a record in hand; undefined for one that is not wanted: taken or done before, or fetched before the position was loaded. */
  take(record: LogRecord, key: string | null, journey?: Journey): Link<InHand> | undefined {
    const inHand = this.#ledger?.take(record.offset, key)
    if (!inHand) return undefined
    inHand.item.record = record
    inHand.item.journey = journey
    inHand.item.bytes = recordBytes(record)
    this.#bytes += inHand.item.bytes
    if (inHand.item.attempts > 0) this.#retried += 1
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
    const isFull = this.#ledger.size >= this.#maxRecords() || this.#bytes >= this.#window.bytes
    const lowest = isFull || this.#beyondFill() < maxFill ? undefined : this.#ledger.lowest
    this.#full = isFull || lowest !== undefined
    return lowest ? { waiting: lowest } : isFull ? 'in hand' : undefined
  }

  done(inHand: Link<InHand>): void {
    this.#ledger?.done(inHand)
    this.#bytes -= inHand.item.bytes
    if (inHand.item.attempts > 0) this.#retried -= 1
  }

  /** It has failed, and will be tried again. */
  failed(inHand: Link<InHand>, nowMs: number): void {
    if (inHand.item.attempts === 0) this.#retried += 1
    this.#ledger?.failed(inHand, nowMs)
  }

  /** True when there has just come to be room for more again. */
  drained(): boolean {
    if (!this.#full || !this.#ledger) return false
    const share = this.#retried > 0 ? refillWhileRetried : refill
    if (this.#ledger.size > this.#maxRecords() * share || this.#bytes > this.#window.bytes * share) return false
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

  /** What a commit would say if these were done too. Undefined until the position is loaded. */
  positionAfter(done: ReadonlySet<bigint>): Position | undefined {
    const { topic, partition } = this
    const after = this.#ledger?.after(done)
    return after && { topic, partition, offset: after.offset, metadata: commitMetadata(after.offset, after.beyond) }
  }

  /** What a commit would say, if that has changed since it was last said. */
  unsaved(): Position | undefined {
    const { topic, partition } = this
    if (!this.#ledger) return undefined
    const offset = this.#ledger.position()
    const beyond = this.#saysBeyond ? this.#ledger.beyond() : nothingBeyond
    const metadata = commitMetadata(offset, { ...beyond, custody: this.#custodyAt(offset) })
    const isSaved = this.#saved?.offset === offset && this.#saved.metadata === metadata
    return isSaved ? undefined : { topic, partition, offset, metadata }
  }

  saved(position: Position): void {
    this.#saved = position
  }

  /** How many wait for their turn, or undefined where nothing is suspected. */
  get suspects(): number | undefined {
    return this.#ledger && this.#suspectsAt(this.#ledger.position()) ? this.#ledger.size : undefined
  }

  /** Takes a suspect for the one that runs alone; not while another is known to have been alone when its process ended. */
  single(offset: bigint): boolean {
    const { alone } = this.#custody
    const isNamed = alone?.offset === offset
    if (alone && !isNamed && this.#ledger?.holds(alone.offset)) return false
    this.#custody = { ...this.#custody, alone: { offset, ends: isNamed ? alone.ends : 0, runs: true } }
    return true
  }

  /** Whether it is to be given up without being run. */
  isKiller(offset: bigint): boolean {
    return isKiller(this.#custody, offset)
  }

  /** The suspect has been run, and the process is still there. What was alone at an end before stays named until it is done. */
  ran(isDone: boolean): void {
    const { alone, ...custody } = this.#custody
    this.#custody = alone && alone.ends > 0 && !isDone ? { ...custody, alone: { ...alone, runs: false } } : custody
  }

  /** Whoever takes over from what is said next does so in order; `false` takes that back. */
  release(released: boolean): void {
    if (this.#process !== undefined) this.#custody = { ...this.#custody, released }
  }

  /** The position has moved: what ended the holders before did not end this one. While there are suspects that is not known. */
  #custodyAt(position: bigint): Custody {
    const { alone, ...custody } = this.#custody
    if (position > this.#begunAt && !this.#suspectsAt(position)) this.#custody = { ...custody, unclean: 0 }
    else if (alone && alone.offset < position) this.#custody = custody
    return this.#custody
  }

  #suspectsAt(position: bigint): boolean {
    return isSuspicious(this.#custody) && position < this.#suspectTo
  }

  #maxRecords(): number {
    return this.suspects === undefined ? this.#window.records : maxSuspects
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
