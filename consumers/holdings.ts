// The partitions that a member holds, and the lanes that they share: one lane per unit, so that source and retry of one
// number are ordered together by key (I3).
import type { TopicPartition } from '../kafka/log.ts'
import { type UnitOf, unitName } from './assigner.ts'
import { Partition, type Window } from './partition.ts'
import { nameOf } from './positions.ts'
import type { Lane } from './scheduler.ts'

export type HoldingsOptions = {
  readonly unitOf: UnitOf
  readonly newLane: () => Lane
  /** Whether a commit says what is done beyond its offset. */
  readonly saysBeyond: boolean
  readonly window?: Window | undefined
  /** The process, where records may be suspected of killing it. */
  readonly process?: number
}

export class Holdings {
  readonly #unitOf: UnitOf
  readonly #newLane: () => Lane
  readonly #saysBeyond: boolean
  readonly #window: Window | undefined
  readonly #process: number | undefined
  readonly #partitions = new Map<string, Partition>()
  readonly #lanes = new Map<string, Lane>()

  constructor({ unitOf, newLane, saysBeyond, window, process }: HoldingsOptions) {
    this.#window = window
    this.#process = process
    this.#saysBeyond = saysBeyond
    this.#unitOf = unitOf
    this.#newLane = newLane
  }

  all(): readonly Partition[] {
    return [...this.#partitions.values()]
  }

  at(topicPartition: TopicPartition): Partition | undefined {
    return this.#partitions.get(nameOf(topicPartition))
  }

  /** Whether this very partition is held: one that was lost and has come back is another. */
  holds(partition: Partition): boolean {
    return this.at(partition) === partition
  }

  /** Adds those that are not held yet, and returns them. */
  add(assigned: readonly TopicPartition[]): readonly Partition[] {
    return assigned.flatMap((at) => {
      const name = nameOf(at)
      if (this.#partitions.has(name)) return []
      const unit = unitName(this.#unitOf, at.topic, at.partition)
      const lane = this.#lanes.get(unit) ?? this.#newLane()
      this.#lanes.set(unit, lane)
      const partition = new Partition(at, {
        ...{ lane, saysBeyond: this.#saysBeyond, window: this.#window },
        ...(this.#process !== undefined && { process: this.#process }),
      })
      this.#partitions.set(name, partition)
      return [partition]
    })
  }

  /**
   * Drops what is not `kept` (I8), tells its runs to abort, and returns it: with all that shares a lane, as a source does whose
   * retry topic was deleted. What is still ours of that is added anew.
   */
  keepOnly(kept: readonly TopicPartition[]): readonly Partition[] {
    const names = new Set(kept.map(nameOf))
    const lanes = new Set(this.all().flatMap((each) => (names.has(nameOf(each)) ? [] : [each.lane])))
    const lost = this.all().filter(({ lane }) => lanes.has(lane))
    for (const partition of lost) {
      this.#partitions.delete(nameOf(partition))
      partition.drop()
    }
    for (const [unit, lane] of this.#lanes) if (lanes.has(lane)) this.#lanes.delete(unit)
    return lost
  }
}
