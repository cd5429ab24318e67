// The way to one topic: it places each record in a lane. Keyed records have a lane per partition. Records without an
// ordering key share one lane that enters the next partition with each batch, one whose gate is free if there is one, and
// waits for none that is stuck. Both pass the partition's gate: never are two appends to one partition under way (facts A3).
import type { Logger } from '../app/context.ts'
import { ErrandError } from '../app/errors.ts'
import type { Admin, Log, NewRecord, TopicPartition } from '../kafka/log.ts'
import { partitionFor } from '../kafka/partition.ts'
import { Chain } from '../process/chain.ts'
import { chance } from '../process/chance.ts'
import type { Clock } from '../process/clock.ts'
import { Gate } from './gate.ts'
import { type Enter, Lane } from './lane.ts'
import type { Parcel } from './parcel.ts'
import { noSuchPartition, unreachable } from './sendErrors.ts'
import { Succession } from './succession.ts'

/** Well below Kafka's `max.message.bytes` of 1 MiB, which counts the batch and not the record (facts A11). */
const keyedBatch = { maxBytes: 512 * 1024, maxRecords: 1_000 }
/** Smaller, so that a burst is dealt over the partitions, and so over the members that share them. */
const turnBatch = { ...keyedBatch, maxRecords: 100 }
/** A partition whose leader has not answered for so long is in trouble: a leader that moves takes half a second. */
const stuckAfterMs = 1_000
/** How long a partition count is believed. It only ever grows, so an old one does no harm. */
const countAgeMs = 30_000

/** What a producer needs of the log. */
export type Written = Pick<Log, 'writer'> & { readonly admin: Pick<Admin, 'partitions'> }

export class Route {
  readonly #topic: string
  readonly #kafka: Written
  readonly #clock: Clock
  readonly #succession: Succession
  readonly #gates = new Map<number, Gate>()
  readonly #keyed = new Map<number, Lane>()
  readonly #turn: Lane
  /** Those whose partition cannot be said before the count is known. */
  readonly #lobby = new Chain<Parcel>()
  /** 0 while the topic is not known to exist. */
  #partitions = 0
  #countedAtMs = Number.NEGATIVE_INFINITY
  #isCounting = false
  /** At random, so that many processes with little to send do not all begin with partition 0. */
  #lastInTurn = Math.floor(chance() * 1_000)

  constructor(topic: string, { kafka, clock, log }: { kafka: Written; clock: Clock; log: Logger }) {
    this.#topic = topic
    this.#kafka = kafka
    this.#clock = clock
    this.#succession = new Succession(kafka, log)
    this.#turn = new Lane((depart) => this.#takeTurn(depart), turnBatch)
  }

  /** Sends it on its way. How it ends is told by the parcel. */
  post(parcel: Parcel): void {
    const { placement } = parcel
    const isBeyond = placement.kind === 'partition' && placement.partition >= this.#partitions
    const mustWait = this.#partitions === 0 || isBeyond
    if (mustWait) parcel.waitIn(this.#lobby)
    else this.#place(parcel)
    if (mustWait || this.#clock.now() - this.#countedAtMs >= countAgeMs) void this.#count()
  }

  close(): Promise<void> {
    return this.#succession.close()
  }

  #place(parcel: Parcel): void {
    const lane = this.#laneFor(parcel)
    if (lane) lane.post(parcel)
    else parcel.leave()
  }

  /** The lane, or undefined where the parcel has been refused. */
  #laneFor(parcel: Parcel): Lane | undefined {
    const { placement, record } = parcel
    if (placement.kind === 'turn') return this.#turn
    if (placement.kind === 'key') return this.#lane(partitionFor(record.key!, this.#partitions))
    const { partition } = placement
    if (Number.isInteger(partition) && partition >= 0 && partition < this.#partitions) return this.#lane(partition)
    parcel.refuse(noSuchPartition({ topic: this.#topic, partition }, this.#partitions))
    return undefined
  }

  /** Asks for the partition count, once at a time; who waits for it goes on in the order in which they came. */
  async #count(): Promise<void> {
    if (this.#isCounting) return
    this.#isCounting = true
    this.#countedAtMs = this.#clock.now()
    try {
      this.#partitions = await this.#kafka.admin.partitions(this.#topic)
      for (const parcel of this.#lobby) this.#place(parcel)
    } catch (error) {
      if (isUnknownTopic(error)) this.#partitions = 0
      for (const parcel of this.#lobby) {
        parcel.leave()
        parcel.refuse(unreachable(this.#topic, 'its partitions are not known', error))
      }
    } finally {
      this.#isCounting = false
    }
  }

  #lane(partition: number): Lane {
    const lane = this.#keyed.get(partition) ?? new Lane((depart) => this.#pass(partition, depart), keyedBatch)
    this.#keyed.set(partition, lane)
    return lane
  }

  #gate(partition: number): Gate {
    const gate = this.#gates.get(partition) ?? new Gate()
    this.#gates.set(partition, gate)
    return gate
  }

  #pass(partition: number, depart: Parameters<Enter>[0]): Promise<void> {
    const to = { topic: this.#topic, partition }
    return this.#gate(partition).enter(() => depart({ to, append: (records) => this.#append(to, records) }))
  }

  /** Resolves when the batch has ended, or is stuck: then those behind it go elsewhere while it waits on. */
  async #takeTurn(depart: Parameters<Enter>[0]): Promise<void> {
    const stuck = Promise.withResolvers<void>()
    let patience: Disposable | undefined
    const ended = this.#pass(this.#nextInTurn(), (way) => {
      patience = this.#clock.after(stuckAfterMs, stuck.resolve)
      return depart(way)
    })
    await Promise.race([ended, stuck.promise])
    patience?.[Symbol.dispose]()
  }

  /** Of a topic that is gone any partition will do: the append says so. */
  #nextInTurn(): number {
    const count = Math.max(1, this.#partitions)
    const inTurn = Array.from({ length: count }, (_, index) => (this.#lastInTurn + 1 + index) % count)
    this.#lastInTurn = inTurn.find((partition) => this.#gate(partition).isFree) ?? inTurn[0]!
    return this.#lastInTurn
  }

  async #append(to: TopicPartition, records: readonly NewRecord[]): Promise<bigint> {
    try {
      return await this.#succession.append(to, records)
    } catch (error) {
      if (isUnknownTopic(error)) this.#partitions = 0 // ask before the next one
      throw error
    }
  }
}

const isUnknownTopic = (error: unknown): boolean => error instanceof ErrandError && error.code === 'unknown-topic'
