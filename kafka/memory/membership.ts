// A member of a group in memory. Records come in turns of the event loop, never within a call of the member's own.
import { setImmediate } from 'node:timers'
import { setImmediate as turn } from 'node:timers/promises'
import type { Assignment, Membership, MembershipOptions, Position, RecordBatch, TopicPartition } from '../log.ts'
import { closed, commitRefused } from '../logErrors.ts'
import type { MemoryBroker } from './broker.ts'
import type { GroupClient, MemoryGroup, Stamp } from './group.ts'
import type { Line } from './line.ts'

/** As many records as one batch holds at most. */
const batchRecords = 500
/** A commit waits for the one before it; more than that no rebalance waits for. */
const commitRounds = 4

/** `fetching` gets records; in `rebalancing` it gets none but may still commit. */
type State = 'new' | 'joining' | 'fetching' | 'rebalancing' | 'ended'
type Cursor = TopicPartition & { next: bigint }

const keyOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`

export class MemoryMembership implements Membership, GroupClient {
  readonly clientId: string
  readonly #broker: MemoryBroker
  readonly #group: MemoryGroup
  readonly #options: MembershipOptions
  readonly #line: Line
  readonly #cursors = new Map<string, Cursor>()
  /** Kept through rebalances, also for partitions lost and regained (facts C4). */
  readonly #paused = new Set<string>()
  readonly #first = Promise.withResolvers<void>()
  readonly #gone = Promise.withResolvers<void>()
  /** Not answered yet. */
  readonly #commits = new Set<Promise<void>>()
  #state: State = 'new'
  #stamp: Stamp | undefined
  #waking = false
  #unwatch: () => void = () => undefined

  constructor(
    broker: MemoryBroker,
    options: MembershipOptions,
    { clientId, line }: { readonly clientId: string; readonly line: Line },
  ) {
    this.clientId = clientId
    this.#broker = broker
    this.#group = broker.group(options.group)
    this.#options = options
    this.#line = line
  }

  get topics(): readonly string[] {
    return this.#options.topics
  }

  get assigner(): MembershipOptions['assigner'] {
    return this.#options.assigner
  }

  async start(): Promise<void> {
    if (this.#state !== 'new') throw closed(`this membership of ${this.#group.id}`)
    for (const topic of this.topics) this.#broker.topic(topic) // throws for an unknown one
    this.rejoin() // throws for another assigner
    this.#unwatch = this.#broker.watch(() => this.#wake())
    await this.#first.promise
  }

  /** Enters under a new id, at first or after an eviction. */
  rejoin(): void {
    if (this.#state === 'ended') return
    this.#stamp = { memberId: this.#group.join(this), generation: 0 }
    this.#state = 'joining'
  }

  /** The session has expired: frozen, it hears nothing until it rejoins. */
  freeze(): void {
    if (this.#state !== 'ended') this.#state = 'joining'
  }

  /** It rejoins when the commits are answered that it makes as it hears of this: a broker waits for it as long. */
  async rebalancing(): Promise<void> {
    if (this.#state === 'fetching') {
      this.#state = 'rebalancing'
      this.#call(() => this.#options.onRebalancing())
    }
    await turn()
    for (let rounds = 0; rounds < commitRounds && this.#commits.size > 0; rounds += 1) {
      await Promise.race([Promise.allSettled(this.#commits), this.#gone.promise])
      await turn()
    }
  }

  joined({ memberId, generation, assignment }: Stamp & { readonly assignment: Assignment }): void {
    this.#stamp = { memberId, generation }
    this.#state = 'fetching'
    this.#cursors.clear()
    for (const [topic, partitions] of assignment)
      for (const partition of partitions)
        this.#cursors.set(keyOf({ topic, partition }), { topic, partition, next: this.#begin(topic, partition) })
    this.#call(() => this.#options.onJoined({ memberId, assignment }))
    this.#first.resolve()
    this.#wake()
  }

  pause(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#paused.add(keyOf(partition))
  }

  resume(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#paused.delete(keyOf(partition))
    this.#wake()
  }

  seek(to: TopicPartition, offset: bigint): void {
    const cursor = this.#cursors.get(keyOf(to))
    if (cursor) cursor.next = offset
    this.#wake()
  }

  reassign(): void {
    if (this.#stamp && this.#state === 'fetching') this.#group.reassign(this.#stamp.memberId)
  }

  async commit(positions: readonly Position[]): Promise<void> {
    const stamp = this.#stamp
    if (!stamp) throw commitRefused(this.#group.id, 'this member is not in it')
    const commit = this.#send(stamp, positions).finally(() => this.#commits.delete(commit))
    this.#commits.add(commit)
    await commit
  }

  async #send(stamp: Stamp, positions: readonly Position[]): Promise<void> {
    await this.#line.arrive() // what counts at the broker is the group as it is then
    this.#group.commit(stamp, positions)
    await this.#line.answer()
  }

  /** Its process was killed: it hears of nothing any more, not even of its own end. */
  die(): void {
    this.#end()
  }

  async leave(): Promise<void> {
    this.#end()
    await turn()
  }

  /** Where nothing is committed, or what is not there, the client begins at the oldest record (facts B11). */
  #begin(topic: string, partition: number): bigint {
    const { low, high } = this.#broker.topic(topic).partition(partition)
    const offset = this.#group.committed(topic, partition)?.offset ?? low
    return offset > high || offset < low ? low : offset
  }

  #wake(): void {
    if (this.#waking || this.#state !== 'fetching') return
    this.#waking = true
    setImmediate(() => {
      this.#waking = false
      if (this.#state === 'fetching') this.#deliver(this.#fetch())
    })
  }

  #fetch(): readonly RecordBatch[] {
    return [...this.#cursors.values()].flatMap((cursor) => {
      const { topic, partition, next } = cursor
      const log = this.#broker.topic(topic).partition(partition)
      if (this.#paused.has(keyOf(cursor)) || next >= log.high) return []
      const batch = { topic, partition, ...log.read(next, batchRecords) }
      cursor.next = batch.nextOffset
      return [batch]
    })
  }

  /** A fetch is handed over whole, also where the first batch pauses or seeks the others (facts C2). */
  #deliver(batches: readonly RecordBatch[]): void {
    for (const batch of batches) if (this.#state === 'fetching') this.#call(() => this.#options.onRecords(batch))
    if (batches.length > 0) this.#wake()
  }

  /** A callback that throws is a fault that no retry heals: the membership ends. */
  #call(callback: () => void): void {
    try {
      callback()
    } catch (error) {
      this.#end()
      this.#options.onFailed(error as Error)
    }
  }

  #end(): void {
    if (this.#state === 'ended') return
    this.#state = 'ended'
    this.#gone.resolve()
    this.#unwatch()
    this.#first.reject(closed(`this membership of ${this.#group.id}`))
    this.#first.promise.catch(() => undefined) // nobody may be waiting for it
    if (this.#stamp) this.#group.remove(this.#stamp.memberId)
    this.#stamp = undefined
  }
}
