// One owner of a transactional id (KIP-98), on kafkajs' connections and metadata, without its `send`: that one goes to one
// partition after the other, and encodes a record in twenty buffers. Here all partitions of a transaction are added at once,
// and each broker is sent what it leads in one request.
//   P1 Each batch carries the number that follows the last acknowledged record of its partition; of several batches for one
//      partition the next is sent when the one before is acknowledged.
//   P2 Nothing that may count is repeated: after any error but the coordinator's "not yet" this owner is of no use, and the
//      next one settles what it left open (facts D2, D3).
import type { Broker, Cluster } from 'kafkajs'
import { backoffMs } from '../../process/backoff.ts'
import type { Clock } from '../../process/clock.ts'
import type { Append, Position, TopicPartition } from '../log.ts'
import { closed, FailedAppend, notAcknowledged } from '../logErrors.ts'
import { cutSilent } from './cluster.ts'
import { isFencing, kafkaType } from './errors.ts'
import { type PartitionBatch, type Produced, sendProduce } from './produce.ts'
import { blameOf, produceRefusal } from './produceRefusal.ts'
import { byTopic } from './record.ts'
import { encodeRecordBatch } from './recordBatch.ts'
import { asAppendError } from './writer.ts'

/** How long a transaction that is left open may hold up readers (facts D5). */
const timeoutMs = 15_000
/** A partition's numbers begin again at 0 after 2^31 − 1. */
const numbers = 2 ** 31
/** What the coordinator says while it still settles the transaction before, or is about to take office: often and briefly (D7). */
const notYet = new Set([
  'CONCURRENT_TRANSACTIONS',
  'GROUP_LOAD_IN_PROGRESS',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR_FOR_GROUP',
])
/** Of these, what says that another one may be it. */
const elsewhere = new Set(['GROUP_COORDINATOR_NOT_AVAILABLE', 'NOT_COORDINATOR_FOR_GROUP'])
const pauses = { baseMs: 5, capMs: 200 }
const patienceMs = 60_000

/** Refusals of a topic that is to be added; those beside it are not attempted. */
const ofTopic = new Set(['TOPIC_AUTHORIZATION_FAILED', 'UNKNOWN_TOPIC_OR_PARTITION', 'OPERATION_NOT_ATTEMPTED'])

export class TransactionalProducer {
  readonly #cluster: Cluster
  readonly #clock: Clock
  readonly #transactionalId: string
  readonly #transactions: Coordinated
  readonly #coordinators = new Map<string, Coordinator>()
  readonly #closing = new AbortController()
  readonly #topics = new Set<string>()
  readonly #next = new Map<string, number>()
  #id = { producerId: '-1', producerEpoch: -1 }

  /** The cluster is its own: it connects and disconnects it. */
  constructor(cluster: Cluster, transactionalId: string, clock: Clock) {
    this.#cluster = cluster
    this.#transactionalId = transactionalId
    this.#transactions = ofTransactions(transactionalId)
    this.#clock = clock
  }

  /** Fences older owners of the id and settles what they left open. */
  async open(): Promise<void> {
    await this.#cluster.connect()
    const transactionalId = this.#transactionalId
    this.#id = await this.#ask(this.#transactions, (coordinator) =>
      coordinator.initProducerId({ transactionalId, transactionTimeout: timeoutMs }),
    )
  }

  /** Rejects with a `FailedAppend` where one is refused, else with what kafkajs says. */
  async commit(group: string, appends: readonly Append[], positions: readonly Position[]): Promise<void> {
    if (appends.length + positions.length === 0) return
    try {
      const ours = { transactionalId: this.#transactionalId, ...this.#id }
      await this.#add(appends, ours)
      for (const round of roundsOf(appends)) await this.#send(round)
      if (positions.length > 0) {
        await this.#ask(this.#transactions, (coordinator) => coordinator.addOffsetsToTxn({ ...ours, groupId: group }))
        const owned = { ...ours, groupId: group, topics: byTopic(positions) }
        await this.#ask(ofGroup(group), (coordinator) => coordinator.txnOffsetCommit(owned))
      }
      await this.#ask(this.#transactions, (coordinator) => coordinator.endTxn({ ...ours, transactionResult: true }))
    } catch (error) {
      cutSilent(this.#cluster, error)
      throw error
    }
  }

  async close(): Promise<void> {
    this.#closing.abort(closed(`this owner of ${this.#transactionalId}`))
    await this.#cluster.disconnect()
  }

  /** All at once; where a topic is refused, one after the other: kafkajs does not tell which it is. */
  async #add(appends: readonly Append[], ours: Owner): Promise<void> {
    const add = (some: readonly Append[]): Promise<unknown> =>
      this.#ask(this.#transactions, (coordinator) =>
        coordinator.addPartitionsToTxn({ ...ours, topics: partitionsOf(some) }),
      )
    if (appends.length === 0) return
    try {
      await add(appends)
    } catch (error) {
      if (!ofTopic.has(kafkaType(error) ?? '')) throw error
      for (const own of Map.groupBy(appends, ({ topic }) => topic).values())
        await add(own).catch((reason: unknown) => {
          throw ofTopic.has(kafkaType(reason) ?? '') ? failedAppend(own, reason) : reason
        })
      throw error
    }
  }

  /** Appends of different partitions, all at once. */
  async #send(appends: readonly Append[]): Promise<void> {
    await this.#know(appends)
    const timestampMs = this.#clock.now()
    const byLeader = Map.groupBy(appends, (append) => this.#leaderOf(append))
    await Promise.all(
      [...byLeader].map(async ([nodeId, own]) => {
        const batches = own.map((append) => this.#batchOf(append, timestampMs))
        const produced = await this.#produce(nodeId, batches).catch((error: unknown) => {
          throw failedAppend(own, error)
        })
        for (const to of own) {
          const answer = produced.find((each) => each.topic === to.topic && each.partition === to.partition)
          if (answer?.errorCode === 0) continue
          const refusal = answer ? produceRefusal(answer.errorCode) : notAcknowledged(to)
          throw isFencing(refusal) ? refusal : failedAppend([to], refusal)
        }
      }),
    )
  }

  async #produce(nodeId: string, batches: readonly PartitionBatch[]): Promise<readonly Produced[]> {
    return sendProduce(await this.#cluster.findBroker({ nodeId }), batches, this.#transactionalId)
  }

  #batchOf({ topic, partition, records }: Append, timestampMs: number): PartitionBatch {
    const place = `${topic}/${partition}`
    const firstSequence = this.#next.get(place) ?? 0
    this.#next.set(place, (firstSequence + records.length) % numbers)
    const { producerId, producerEpoch } = this.#id
    const stamp = { producerId: BigInt(producerId), producerEpoch, firstSequence, timestampMs, isTransactional: true }
    return { topic, partition, batch: encodeRecordBatch(records, stamp) }
  }

  #leaderOf(to: TopicPartition): string {
    const [nodeId] = Object.keys(this.#cluster.findLeaderForPartitions(to.topic, [to.partition]))
    if (nodeId === undefined) throw failedAppend([to], produceRefusal(unknownPartition))
    return nodeId
  }

  /** Asks for the leaders of topics that are new here; those that have moved refuse, and the next owner asks anew. */
  async #know(appends: readonly Append[]): Promise<void> {
    const before = this.#topics.size
    for (const { topic } of appends) this.#topics.add(topic)
    if (this.#topics.size === before) return
    await this.#cluster.addMultipleTargetTopics([...this.#topics])
    await this.#cluster.refreshMetadata()
  }

  /** Asks a coordinator until it is ready; one that is not the coordinator any more, or has no connection, is looked for anew. */
  async #ask<T>(of: Coordinated, request: (coordinator: Coordinator) => Promise<T>): Promise<T> {
    const [name, endMs] = [`${of.coordinatorType}/${of.groupId}`, this.#clock.now() + patienceMs]
    for (let attempt = 1; ; attempt += 1) {
      this.#closing.signal.throwIfAborted()
      try {
        const known = this.#coordinators.get(name)
        const coordinator = known?.isConnected()
          ? known
          : await (this.#cluster as unknown as Finding).findGroupCoordinator(of)
        this.#coordinators.set(name, coordinator)
        return await request(coordinator)
      } catch (error) {
        const type = kafkaType(error) ?? ''
        if (!notYet.has(type) || this.#clock.now() > endMs) throw error
        if (elsewhere.has(type)) this.#coordinators.delete(name)
      }
      await this.#clock.sleep(backoffMs(attempt, pauses), this.#closing.signal)
    }
  }
}

const unknownPartition = 3

/** What speaks neither of the records nor of their place passes, as far as they are concerned: another time they may be taken. */
export function failedAppend(all: readonly TopicPartition[], error: unknown): FailedAppend {
  const [to] = all as readonly [TopicPartition]
  const blame = blameOf(error)
  const cause = blame === 'neither' ? notAcknowledged(to, error) : asAppendError(to, error)
  return new FailedAppend(to, cause, { all, isOfPlace: blame === 'place' })
}

/** Whom a coordinator is asked for, as kafkajs calls it; the kinds are those of Kafka's protocol. */
type Coordinated = { readonly groupId: string; readonly coordinatorType: number }
const ofGroup = (groupId: string): Coordinated => ({ groupId, coordinatorType: 0 })
const ofTransactions = (transactionalId: string): Coordinated => ({ groupId: transactionalId, coordinatorType: 1 })

/** The first append of every partition, then the second, and so on. */
function roundsOf(appends: readonly Append[]): readonly (readonly Append[])[] {
  const rounds: Append[][] = []
  const before = new Map<string, number>()
  for (const append of appends) {
    const place = `${append.topic}/${append.partition}`
    const round = before.get(place) ?? 0
    before.set(place, round + 1)
    const own = rounds[round] ?? []
    rounds[round] = own
    own.push(append)
  }
  return rounds
}

const partitionsOf = (appends: readonly TopicPartition[]) =>
  [...Map.groupBy(appends, ({ topic }) => topic)].map(([topic, all]) => ({
    topic,
    partitions: [...new Set(all.map(({ partition }) => partition))],
  }))

/** What kafkajs' types leave out. */
type Owner = { readonly transactionalId: string; readonly producerId: string; readonly producerEpoch: number }
type Coordinator = Broker & {
  initProducerId(request: {
    readonly transactionalId: string
    readonly transactionTimeout: number
  }): Promise<Omit<Owner, 'transactionalId'>>
  addPartitionsToTxn(request: Owner & { readonly topics: ReturnType<typeof partitionsOf> }): Promise<unknown>
  addOffsetsToTxn(request: Owner & { readonly groupId: string }): Promise<unknown>
  txnOffsetCommit(
    request: Owner & { readonly groupId: string; readonly topics: ReturnType<typeof byTopic> },
  ): Promise<unknown>
  endTxn(request: Owner & { readonly transactionResult: boolean }): Promise<unknown>
}
type Finding = { findGroupCoordinator(asked: Coordinated): Promise<Coordinator> }
