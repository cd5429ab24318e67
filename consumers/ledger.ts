// The offset ledger of one partition: which offsets are in hand, which is the next to take, the one that is safe to commit (it
// is not done, and every lower one is: I1), and what is done beyond it. Pure.
import type { Journey } from '../kafka/journey.ts'
import type { LogRecord } from '../kafka/log.ts'
import { Chain, type Link } from '../process/chain.ts'
import { type Beyond, fillOf, nothingBeyond, type OffsetRange, type Retried } from './commitMetadata.ts'

/** A record in hand. */
export type InHand = {
  readonly offset: bigint
  readonly key: string | null
  /** Those that have failed, of this owner and of those before it. */
  attempts: number
  firstFailedAtMs: number
  /** What it takes of its partition's window, which says so. */
  bytes: number
  /** Of a copy: what it carries of the way before it. */
  journey: Journey | undefined
  /** For reports: the record, since when an attempt runs, and when the next is due. */
  record: LogRecord | undefined
  runningSinceMs: number | undefined
  nextTryAtMs: number | undefined
}

type Tried = Pick<InHand, 'attempts' | 'firstFailedAtMs'>

const untried: Tried = { attempts: 0, firstFailedAtMs: 0 }

export class Ledger {
  /** In ascending order: offsets are only ever taken upwards. */
  readonly #open = new Chain<InHand>()
  /** Done by an owner before this one, beyond `#next`, the first of them last. */
  readonly #doneBefore: OffsetRange[]
  readonly #retriedBefore: Map<bigint, Tried>
  #next: bigint
  /** The highest that is done, by this owner or those before it. */
  #highest: bigint

  /** From the offset that was committed, with what its metadata said. */
  constructor(start: bigint, { done, retried }: Beyond = nothingBeyond) {
    this.#next = start
    this.#doneBefore = done.toReversed()
    this.#highest = (done.at(-1)?.to ?? 0n) - 1n
    this.#retriedBefore = new Map(retried.map(({ offset, ...rest }) => [offset, rest]))
  }

  /** The next offset to take: where to seek after a rebalance. */
  get next(): bigint {
    return this.#next
  }

  /** How many offsets are in hand. */
  get size(): number {
    return this.#open.size
  }

  /** Takes an offset in hand; undefined where it was taken before, as after a refetch, or is done. */
  take(offset: bigint, key: string | null): Link<InHand> | undefined {
    if (offset < this.#next) return undefined
    if (this.#doneBefore.length > 0 && this.#wasDone(offset)) return undefined
    this.#next = offset + 1n
    const { attempts, firstFailedAtMs } = this.#before(offset)
    return this.#open.add({
      offset,
      key,
      attempts,
      firstFailedAtMs,
      bytes: 0,
      journey: undefined,
      record: undefined,
      runningSinceMs: undefined,
      nextTryAtMs: undefined,
    })
  }

  #wasDone(offset: bigint): boolean {
    this.skipTo(offset)
    const first = this.#doneBefore.at(-1)
    const isDone = first !== undefined && first.from <= offset
    this.skipTo(offset + 1n)
    return isDone
  }

  /** What an owner before has tried of it. */
  #before(offset: bigint): Tried {
    const tried = this.#retriedBefore.size > 0 ? this.#retriedBefore.get(offset) : undefined
    if (tried) this.#retriedBefore.delete(offset)
    return tried ?? untried
  }

  /** Nothing below `offset` will come any more: offsets may have holes (compaction, transaction markers). */
  skipTo(offset: bigint): void {
    if (offset <= this.#next) return
    this.#next = offset
    while ((this.#doneBefore.at(-1)?.to ?? offset + 1n) <= offset) this.#doneBefore.pop()
  }

  done(inHand: Link<InHand>): void {
    if (inHand.item.offset > this.#highest) this.#highest = inHand.item.offset
    this.#open.remove(inHand)
  }

  /** An attempt has failed, and there will be another. */
  failed({ item }: Link<InHand>, nowMs: number): void {
    if (item.attempts === 0) item.firstFailedAtMs = nowMs
    item.attempts++
  }

  /** The low watermark: the lowest offset in hand, else the next to take. */
  position(): bigint {
    return this.lowest?.offset ?? this.#next
  }

  /** What is known beyond the position. */
  beyond(): Beyond {
    return { done: this.#done(this.#open, this.position(), this.#next), retried: this.#retried() }
  }

  /**
   * The position and what is done beyond it, as they are once these are done too. It goes through what is in hand below the
   * highest that is done, and no further.
   */
  after(done: ReadonlySet<bigint>): { readonly offset: bigint; readonly beyond: Beyond } {
    const highest = [...done].reduce((one, other) => (one > other ? one : other), this.#highest)
    const open: InHand[] = []
    for (const inHand of this.#open) {
      if (inHand.offset > highest && open.length > 0) break
      if (!done.has(inHand.offset)) open.push(inHand)
    }
    const offset = open[0]?.offset ?? this.#next
    const end = highest < this.#next ? highest + 1n : this.#next
    return { offset, beyond: { done: this.#done(open, offset, end), retried: [] } }
  }

  /**
   * The share of a commit's room that it takes to say what is done beyond the position: beyond 1 some is left out. None while
   * what an owner before has done comes again: reading on is what makes it less.
   */
  fill(): number {
    return this.#doneBefore.length > 0 ? 0 : fillOf(this.position(), this.#next, () => this.beyond().done)
  }

  /** Looks through all in hand: for what happens seldom. */
  holds(offset: bigint): boolean {
    return [...this.#open].some((inHand) => inHand.offset === offset)
  }

  /** What keeps the position from moving on: the lowest in hand. */
  get lowest(): InHand | undefined {
    return this.#open.first
  }

  /** What is in hand, the lowest first. Nothing may be taken while it is gone through. */
  get inHand(): Iterable<InHand> {
    return this.#open
  }

  /** From `position` up to `end`, and what was done before. */
  #done(open: Iterable<InHand>, position: bigint, end: bigint): readonly OffsetRange[] {
    const done: OffsetRange[] = []
    let from = position
    for (const { offset } of open) {
      if (offset > from) done.push({ from, to: offset })
      from = offset + 1n
    }
    const ahead = this.#doneBefore.toReversed()
    if (ahead[0] && ahead[0].from <= this.#next) return [...done, { from, to: ahead[0].to }, ...ahead.slice(1)]
    return [...done, ...(end > from ? [{ from, to: end }] : []), ...ahead]
  }

  #retried(): Beyond['retried'] {
    const inHand: Retried[] = []
    for (const { offset, attempts, firstFailedAtMs } of this.#open)
      if (attempts > 0) inHand.push({ offset, attempts, firstFailedAtMs })
    const ahead = [...this.#retriedBefore].filter(([offset]) => offset >= this.#next)
    return [...inHand, ...ahead.map(([offset, rest]) => ({ offset, ...rest }))]
  }
}
