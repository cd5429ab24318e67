// Forwards what is due of one partition of a tier, while this process holds it: while one transaction is under way the next
// gathers (group commit). The records leave and the partition's position, with all that is forwarded beyond it, moves in one,
// so that no crash and no move releases a record twice. A transaction that failed may count or not: the partition is taken up
// anew, and what was committed tells (facts D3).
import type { Logger } from '../../app/context.ts'
import { ErrandError } from '../../app/errors.ts'
import type { Position } from '../../kafka/log.ts'
import { FailedAppend } from '../../kafka/logErrors.ts'
import { recordBytes } from '../../kafka/recordBytes.ts'
import { backoffMs } from '../../process/backoff.ts'
import type { Clock } from '../../process/clock.ts'
import { sayableOffsets } from '../commitMetadata.ts'
import type { Partition } from '../partition.ts'
import type { Appends, PartitionWriter } from '../partitionWriter.ts'
import { nameOf } from '../positions.ts'
import type { Cause } from '../verdict.ts'
import type { Troubles } from './destinations.ts'
import type { Move } from './moves.ts'

/** Of one transaction. */
const [maxRecords, maxBytes] = [1_000, 524_288]
/** Of one that has a destination in it which was in trouble: all others wait for it. */
const doubtfulMs = 2_000
/** Whoever was fenced may have lost the partition without knowing it yet: it hears of that within a heartbeat or two. */
const fencedMs = 3_000

/** What is known of a partition's records: it outlives a forwarder. */
export type Experience = {
  /** Where the partition was when this was learned, or later. */
  from: bigint
  /** What the broker refuses for good, and why: these are dead letters. */
  readonly condemned: Map<bigint, Cause>
  /** Records of one transaction at most: fewer while it is sought which of them the broker refuses. */
  atOnce: number
  failures: number
}

export const newExperience = (): Experience => ({ from: 0n, condemned: new Map(), atOnce: maxRecords, failures: 0 })

/** A record that is to leave its partition. Who is due first goes first: what hops has time. */
export type Leaving = Pick<Move, 'to' | 'copy' | 'dueMs'> & { readonly offset: bigint }

type Entry = Leaving & { readonly bytes: number; readonly onEnd: (hasLeft: boolean) => void }

export type ForwarderOptions = {
  readonly partition: Partition
  readonly writer: () => PartitionWriter | undefined
  readonly reload: () => void
  readonly experience: Experience
  readonly troubles: Troubles
  readonly clock: Clock
  readonly logger: Logger
}

export class Forwarder {
  readonly #options: ForwarderOptions
  #waiting: Entry[] = []
  /** What has left, or is leaving: the partition hears of it a little later than the next transaction is made. */
  readonly #left = new Set<bigint>()
  #state: 'idle' | 'busy' | 'failed' = 'idle'

  constructor(options: ForwarderOptions) {
    this.#options = options
    this.#recall(options.partition.position()?.offset ?? 0n)
  }

  /** What lies before the position is gone; where that itself lies before what it was, this is another topic of the name. */
  #recall(from: bigint): void {
    const { experience } = this.#options
    for (const offset of experience.condemned.keys())
      if (offset < from || from < experience.from) experience.condemned.delete(offset)
    experience.from = from
  }

  /** Resolves when it has left, or `false` where it has not, as far as is known. */
  forward(leaving: Leaving): Promise<boolean> {
    if (this.#state === 'failed') return Promise.resolve(false)
    return new Promise((onEnd) => {
      this.#waiting.push({ ...leaving, bytes: recordBytes(leaving.copy), onEnd })
      if (this.#state === 'idle') void this.#run()
    })
  }

  async #run(): Promise<void> {
    this.#state = 'busy'
    await Promise.resolve() // what has come in the same turn leaves together
    for (let batch = this.#gather(); batch.length > 0; batch = this.#gather()) {
      try {
        await this.#commit(batch)
      } catch (error) {
        return this.#fail(batch, error)
      }
      this.#succeeded(batch)
    }
    this.#state = 'idle'
  }

  /** What goes next. A record whose leaving could not be said waits until the position has moved. */
  #gather(): readonly Entry[] {
    const { partition, experience } = this.#options
    const end = (partition.position()?.offset ?? 0n) + sayableOffsets
    const [batch, rest]: [Entry[], Entry[]] = [[], []]
    let bytes = 0
    for (const entry of this.#waiting.sort((one, other) => one.dueMs - other.dueMs)) {
      const fits = batch.length < experience.atOnce && (batch.length === 0 || bytes + entry.bytes <= maxBytes)
      if (fits && entry.offset < end) {
        batch.push(entry)
        bytes += entry.bytes
      } else rest.push(entry)
    }
    this.#waiting = rest
    return batch
  }

  async #commit(batch: readonly Entry[]): Promise<void> {
    const { partition, writer, experience, troubles } = this.#options
    const position = this.#positionAfter(batch)
    const by = writer()
    if (!position || !by) throw new ErrandError('closed', `${nameOf(partition)} is not held`)
    const isDoubtful = batch.some(({ to }) => troubles.has(to))
    await by.commit(byDestination(batch), position, ...(isDoubtful ? [doubtfulMs] : []))
    experience.from = position.offset
  }

  #positionAfter(batch: readonly Entry[]): Position | undefined {
    const { partition } = this.#options
    const { offset: from = 0n } = partition.position() ?? {}
    for (const offset of this.#left) if (offset < from) this.#left.delete(offset)
    for (const { offset } of batch) this.#left.add(offset)
    return partition.positionAfter(this.#left)
  }

  #succeeded(batch: readonly Entry[]): void {
    const { experience, troubles } = this.#options
    experience.failures = 0
    experience.atOnce = Math.min(maxRecords, experience.atOnce + Math.ceil(experience.atOnce / 8))
    for (const { offset, to, onEnd } of batch) {
      experience.condemned.delete(offset)
      troubles.took(to)
      onEnd(true)
    }
  }

  async #fail(batch: readonly Entry[], error: unknown): Promise<void> {
    const { partition, reload, experience, clock, logger } = this.#options
    this.#state = 'failed'
    for (const { onEnd } of [...batch, ...this.#waiting.splice(0)]) onEnd(false)
    if (partition.signal.aborted) return
    experience.failures += 1
    const { topic, partition: number } = partition
    logger.warn('delay.notForwarded', { topic, partition: number, records: batch.length, error })
    if (error instanceof FailedAppend) this.#learn(batch, error)
    else this.#suspect(batch)
    const isFenced = error instanceof ErrandError && error.code === 'fenced'
    await clock.sleep(isFenced ? fencedMs : backoffMs(experience.failures))
    reload()
  }

  /** Which of the records it was that failed, or which destination. */
  #learn(batch: readonly Entry[], { all, isOfPlace, retriable, code, message }: FailedAppend): void {
    const { experience, troubles } = this.#options
    const places = new Set(all.map(nameOf))
    const sent = batch.filter(({ to }) => places.has(nameOf(to)))
    const isFinal = !retriable && code !== 'closed'
    const known = sent.filter(({ offset }) => experience.condemned.has(offset))
    // Not even a dead letter of it is taken: it is tried again, for as long as somebody takes to find out why.
    if (!isFinal || known.length > 0) for (const to of all) troubles.failed(to)
    else if (sent.length === 1 || isOfPlace)
      for (const { offset } of sent) experience.condemned.set(offset, { code, message })
    else experience.atOnce = Math.ceil(sent.length / 2)
  }

  /** Nobody tells what a destination in trouble did with what it was sent before the limit was over: it is let be again. */
  #suspect(batch: readonly Entry[]): void {
    const { troubles } = this.#options
    const places = new Map(batch.map(({ to }) => [nameOf(to), to]))
    for (const to of places.values()) if (troubles.has(to)) troubles.failed(to)
  }
}

function byDestination(batch: readonly Entry[]): Appends {
  const appends = Map.groupBy(batch, ({ to }) => nameOf(to))
  return [...appends.values()].map((entries) => ({ ...entries[0]!.to, records: entries.map(({ copy }) => copy) }))
}
