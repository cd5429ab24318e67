// The offset ledger of one partition: which offsets are in hand, which is the next to take, and the one that is safe to
// commit: it and every lower offset are done (I1). Pure.

export class Ledger {
  /** In hand, in ascending order: offsets are only ever taken upwards. */
  readonly #open = new Set<bigint>()
  #next: bigint

  constructor(start: bigint) {
    this.#next = start
  }

  /** The next offset to take: where to seek after a rebalance. */
  get next(): bigint {
    return this.#next
  }

  /** How many offsets are in hand. */
  get size(): number {
    return this.#open.size
  }

  /** Takes an offset in hand; false where it was taken before, as after a refetch. */
  take(offset: bigint): boolean {
    if (offset < this.#next) return false
    this.#open.add(offset)
    this.#next = offset + 1n
    return true
  }

  /** Nothing below `offset` will come any more: offsets may have holes (compaction, transaction markers). */
  skipTo(offset: bigint): void {
    if (offset > this.#next) this.#next = offset
  }

  done(offset: bigint): void {
    this.#open.delete(offset)
  }

  /** The low watermark: the lowest offset in hand, else the next to take. */
  position(): bigint {
    const [lowest] = this.#open
    return lowest ?? this.#next
  }
}
