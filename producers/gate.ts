// One at a time: at most one append is under way per partition, whichever lane it comes from (facts A3).

export class Gate {
  #last: Promise<void> = Promise.resolve()
  #inside = 0

  /** Whether one who enters now need not wait. */
  get isFree(): boolean {
    return this.#inside === 0
  }

  /** Runs `work` after all work that entered before has ended, and ends with it. */
  async enter<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#last
    const { promise, resolve: leave } = Promise.withResolvers<void>()
    this.#last = promise
    this.#inside++
    await before
    try {
      return await work()
    } finally {
      this.#inside--
      leave()
    }
  }
}
