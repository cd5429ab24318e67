// What the handles of one in-memory cluster share: topics, groups, owners of transactional ids, and who waits for appends.
import { ErrandError } from '../../app/errors.ts'
import type { Clock } from '../../process/clock.ts'
import type { Append, NewRecord, TopicPartition, TopicSpec } from '../log.ts'
import { notAcknowledged, recordTooLarge, unknownTopic } from '../logErrors.ts'
import { type GroupClient, MemoryGroup } from './group.ts'
import { MemoryTopic } from './topic.ts'

/** `refused`: nothing is written; `unanswered`: all is written. Both reject with `not-acknowledged`. */
export type AppendFault = (to: TopicPartition, records: readonly NewRecord[]) => 'refused' | 'unanswered' | undefined

export class MemoryBroker {
  readonly #clock: Clock
  readonly #topics = new Map<string, MemoryTopic>()
  readonly #groups = new Map<string, MemoryGroup>()
  readonly #owners = new Map<string, number>()
  readonly #watchers = new Set<() => void>()
  #fault: AppendFault = () => undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Throws `unknown-topic`. */
  topic(name: string): MemoryTopic {
    const topic = this.#topics.get(name)
    if (!topic) throw unknownTopic(name)
    return topic
  }

  find(name: string): MemoryTopic | undefined {
    return this.#topics.get(name)
  }

  topicNames(): readonly string[] {
    return [...this.#topics.keys()]
  }

  /** A topic that exists stays as it is. */
  create(spec: TopicSpec): void {
    if (!this.#topics.has(spec.name)) this.#topics.set(spec.name, new MemoryTopic(spec))
  }

  group(id: string): MemoryGroup {
    const group = this.#groups.get(id) ?? new MemoryGroup(id, (topic) => this.topic(topic).spec.partitions)
    this.#groups.set(id, group)
    return group
  }

  /** Throws `unknown-topic`, `record-too-large`, or what the fault says. */
  append(to: TopicPartition, records: readonly NewRecord[]): bigint {
    const partition = this.check(to, records)
    const fault = this.#fault(to, records)
    if (fault === 'refused') throw notAcknowledged(to)
    const offset = partition.append(records, this.#clock.now())
    this.announce()
    if (fault === 'unanswered') throw notAcknowledged(to)
    return offset
  }

  /** The partition, if it exists and takes these records. */
  check(to: TopicPartition, records: readonly NewRecord[]): ReturnType<MemoryTopic['partition']> {
    const topic = this.topic(to.topic)
    const partition = topic.partition(to.partition)
    if (!topic.fits(records)) throw recordTooLarge(to)
    return partition
  }

  /** All appends, each ended by a marker, or none. */
  appendAll(appends: readonly Append[]): void {
    const partitions = appends.map((append) => this.check(append, append.records))
    for (const [index, { records }] of appends.entries()) partitions[index]?.append(records, this.#clock.now())
    for (const partition of new Set(partitions)) partition.mark()
    this.announce()
  }

  /** The number of a new owner of a transactional id: it fences those before. */
  own(transactionalId: string): number {
    const owner = (this.#owners.get(transactionalId) ?? 0) + 1
    this.#owners.set(transactionalId, owner)
    return owner
  }

  isOwner(transactionalId: string, owner: number): boolean {
    return this.#owners.get(transactionalId) === owner
  }

  /** Calls `listener` after each append until the function that it gives is called. */
  watch(listener: () => void): () => void {
    this.#watchers.add(listener)
    return () => void this.#watchers.delete(listener)
  }

  announce(): void {
    for (const listener of [...this.#watchers]) listener()
  }

  faultOf(to: TopicPartition, records: readonly NewRecord[]): ReturnType<AppendFault> {
    return this.#fault(to, records)
  }

  fail(fault: AppendFault): void {
    this.#fault = fault
  }

  /** Ends a member's session. Throws `unknown-member`. */
  expire(memberId: string): GroupClient {
    for (const group of this.#groups.values()) {
      const client = group.remove(memberId)
      if (client) return client
    }
    throw new ErrandError('unknown-member', `no group has a member ${memberId}`)
  }
}
