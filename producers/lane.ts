// A lane: records leave in the order in which they came, by group commit without a timer. A batch leaves at the end of the
// event loop's turn; what gathers while it is under way leaves together, at the end of the turn in which that has ended, so
// that all that the turn brings goes along. A lane knows nothing of Kafka: where a batch goes, and when it may, is said by
// whoever lets it enter.
//   L1 One batch at a time is under way.
//   L2 A record never overtakes an earlier one of its key. Where one ended so that its sender may send it again, those of its
//      key that wait behind it are refused as `not-sent`, so that the senders can keep their order.
//   L3 A batch that is refused for its size is sent again record by record, so only the record at fault is refused (facts A11).
import { ErrandError } from '../app/errors.ts'
import type { NewRecord, TopicPartition } from '../kafka/log.ts'
import { Chain } from '../process/chain.ts'
import { endOfTurn } from '../process/endOfTurn.ts'
import type { Parcel } from './parcel.ts'

/** Where one batch goes. `append` resolves with the first record's offset. */
export type Way = {
  readonly to: TopicPartition
  readonly append: (records: readonly NewRecord[]) => Promise<bigint>
}

/** Calls `depart` once, as soon as a batch may leave, and resolves when it has ended. Never rejects on its own account. */
export type Enter = (depart: (way: Way) => Promise<void>) => Promise<void>

/** Bytes and records of one batch at most; a larger record goes alone. */
export type BatchLimits = { readonly maxBytes: number; readonly maxRecords: number }

export class Lane {
  readonly #enter: Enter
  readonly #limits: BatchLimits
  readonly #waiting = new Chain<Parcel>()
  #isRunning = false

  constructor(enter: Enter, limits: BatchLimits) {
    this.#enter = enter
    this.#limits = limits
  }

  post(parcel: Parcel): void {
    parcel.waitIn(this.#waiting)
    if (!this.#isRunning) void this.#run()
  }

  async #run(): Promise<void> {
    this.#isRunning = true
    do {
      await endOfTurn()
      await this.#enter((way) => this.#depart(way, this.#take()))
    } while (this.#waiting.size > 0)
    this.#isRunning = false
  }

  /** The next batch. Empty where all have been withdrawn. */
  #take(): readonly Parcel[] {
    const { maxBytes, maxRecords } = this.#limits
    const batch: Parcel[] = []
    let bytes = 0
    for (const parcel of this.#waiting) {
      const fits = batch.length < maxRecords && bytes + parcel.bytes <= maxBytes && !parcel.alone && !batch[0]?.alone
      if (batch.length > 0 && !fits) break
      parcel.leave()
      batch.push(parcel)
      bytes += parcel.bytes
    }
    return batch
  }

  async #depart({ to, append }: Way, batch: readonly Parcel[]): Promise<void> {
    if (batch.length === 0) return
    try {
      const first = await append(batch.map(({ record }) => record))
      for (const [index, parcel] of batch.entries()) parcel.acknowledge({ ...to, offset: first + BigInt(index) })
    } catch (error) {
      if (batch.length > 1 && error instanceof ErrandError && error.code === 'record-too-large') this.#split(batch)
      else this.#refuse(batch, error)
    }
  }

  /** L3: back to the front of the queue, each to go alone. Nothing of a batch refused for its size was written. */
  #split(batch: readonly Parcel[]): void {
    for (const parcel of batch) parcel.alone = true
    for (const parcel of [...batch, ...this.#waiting]) parcel.waitIn(this.#waiting)
  }

  #refuse(batch: readonly Parcel[], error: unknown): void {
    for (const parcel of batch) parcel.refuse(error)
    if (!(error instanceof ErrandError && error.retriable)) return
    const keys = new Set(batch.map(keyText))
    for (const parcel of this.#waiting)
      if (parcel.record.key && keys.has(keyText(parcel)))
        parcel.abandon('an earlier record of its key was not acknowledged', error) // L2
  }
}

const keyText = ({ record }: Parcel): string | undefined => record.key?.toString('latin1')
