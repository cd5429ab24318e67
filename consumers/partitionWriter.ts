// The transactional writer of one partition (facts D): what is forwarded of the partition leaves with its position, or neither
// does. One transaction after the other, none for longer than a limit. After a failed one it is of no use: whether that one
// counted is told by the position that is read when the partition is taken up anew (D3).
import type { Position, TransactionalWriter } from '../kafka/log.ts'
import { FailedAppend, notAcknowledged, transactionFailed } from '../kafka/logErrors.ts'
import type { Clock } from '../process/clock.ts'

export type Appends = Parameters<TransactionalWriter['commit']>[1]

/** Shorter than the 15 s after which a broker ends a transaction by itself (D5), and with it this writer's ownership. */
const limitMs = 10_000
/** What kafkajs gets to give up in once its client is shut. */
const givingUpMs = 2_000

export type PartitionWriterOptions = {
  readonly group: string
  readonly writer: TransactionalWriter
  /** The position as it was read after the writer was opened. */
  readonly saved: bigint | undefined
  readonly clock: Clock
}

export class PartitionWriter {
  readonly #options: PartitionWriterOptions
  /** The offset that was said last. */
  #said: bigint | undefined
  #last: Promise<unknown> = Promise.resolve()
  #hasFailed = false

  constructor(options: PartitionWriterOptions) {
    this.#options = options
    this.#said = options.saved
  }

  /** Appends, and moves the position. Rejects as a transaction does; also where it took longer than `withinMs`. */
  commit(appends: Appends, position: Position, withinMs = limitMs): Promise<void> {
    return this.#inTurn(() => this.#commit(appends, position, withinMs))
  }

  /** Moves the position alone, where it lies beyond the last that was said: otherwise what was said since it was taken says more. */
  pass(position: Position): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#hasFailed) return
      if (this.#said === undefined || position.offset > this.#said) await this.#commit([], position, limitMs)
    })
  }

  async close(): Promise<void> {
    await this.#options.writer.close()
  }

  #inTurn(next: () => Promise<void>): Promise<void> {
    const turn = this.#last.then(next)
    this.#last = turn.catch(() => undefined)
    return turn
  }

  async #commit(appends: Appends, position: Position, withinMs: number): Promise<void> {
    const { group, writer, clock } = this.#options
    const late = Promise.withResolvers<never>()
    late.promise.catch(() => undefined)
    let isLate = false
    using _limit = clock.after(withinMs, () => {
      isLate = true
      const tooLong = transactionFailed(group, new Error(`it took longer than ${withinMs} ms`))
      clock.after(givingUpMs, () => late.reject(tooLong))
      writer.close().catch(() => undefined) // whose failure is the transaction's
    })
    try {
      await Promise.race([writer.commit(group, appends, [position]), late.promise])
    } catch (error) {
      this.#hasFailed = true
      throw isLate && error instanceof FailedAppend
        ? new FailedAppend(error.to, notAcknowledged(error.to, error), error)
        : error
    }
    this.#said = position.offset
  }
}
