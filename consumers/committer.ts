// Commits what a member has done: every quarter of a second, at a rebalance, and last at the drain. Only low watermarks of
// partitions held now are ever said, with what is done beyond them (I1, I8), one commit at a time.
import type { Logger } from '../app/context.ts'
import { ErrandError } from '../app/errors.ts'
import type { Membership, Position } from '../kafka/log.ts'
import type { Clock } from '../process/clock.ts'
import type { Holdings } from './holdings.ts'
import type { Positions } from './positions.ts'

const everyMs = 250

export type CommitterOptions = {
  readonly holdings: Holdings
  readonly positions: Positions
  readonly commit: Membership['commit']
  readonly clock: Clock
  readonly logger: Logger
}

export class Committer {
  readonly #options: CommitterOptions
  #timer: Disposable | undefined
  #last: Promise<void> = Promise.resolve()
  #ended = false
  /** The broker takes less metadata than it does by default: only offsets are said. */
  #bare = false
  /** What the commits since the last good one failed with: an outage is told once. */
  #failing: string | undefined

  constructor(options: CommitterOptions) {
    this.#options = options
  }

  /** Commits from now on, again and again. */
  start(): void {
    this.#timer = this.#options.clock.after(everyMs, () => {
      void this.now().then(() => {
        if (!this.#ended) this.start()
      })
    })
  }

  /** The last commit before partitions may move: what is taken over from it was let go in order, until it is held anew (custody.ts). */
  release(): Promise<void> {
    const { holdings } = this.#options
    for (const partition of holdings.all()) partition.release(true)
    return this.now()
  }

  /** Commits once. A failed commit is made up for by the next, which says the same or more. */
  now(): Promise<void> {
    this.#last = this.#last
      .then(() => this.#save())
      .then(
        () => {
          this.#failing = undefined
        },
        (error: unknown) => this.#tell(error),
      )
    return this.#last
  }

  #tell(error: unknown): void {
    const { code, retriable } = error instanceof ErrandError ? error : { code: 'unknown', retriable: false }
    this.#options.logger[retriable || code === this.#failing ? 'debug' : 'warn']('commit.failed', { error })
    this.#failing = code
  }

  /** The last commit. Rejects where it fails: what it would have said is done, and will be done again. */
  async end(): Promise<void> {
    this.#ended = true
    this.#timer?.[Symbol.dispose]()
    await this.#last
    for (const partition of this.#options.holdings.all()) partition.release(true)
    await this.#save()
  }

  async #save(): Promise<void> {
    const { holdings, positions } = this.#options
    const moved = holdings.all().flatMap((partition) => {
      const position = partition.unsaved()
      return position ? [{ partition, position }] : []
    })
    if (moved.length === 0) return
    // Saving may take its time, and the commit is stamped with the generation of the end of it: what was lost meanwhile is
    // left out, for the broker would take it (facts B6).
    const stillHeld = () => moved.flatMap(({ partition, position }) => (holdings.holds(partition) ? [position] : []))
    await positions.save(
      moved.map(({ position }) => position),
      () => this.#commit(stillHeld()),
    )
    for (const { partition, position } of moved) partition.saved(position)
  }

  async #commit(positions: readonly Position[]): Promise<void> {
    const { commit, logger } = this.#options
    try {
      await commit(this.#bare ? positions.map(bare) : positions)
    } catch (error) {
      if (this.#bare || !(error instanceof ErrandError && error.code === 'metadata-too-large')) throw error
      this.#bare = true
      logger.warn('commit.bare', {
        why: 'the brokers take less than 4,096 bytes of metadata with a commit: what is done beyond a position is done again after a crash; set offset.metadata.max.bytes to 4096',
      })
      await commit(positions.map(bare))
    }
  }
}

const bare = (position: Position): Position => ({ ...position, metadata: '' })
