// A consumer of kafkajs as a member of a group. It hangs on GROUP_JOIN, the one event that comes with every assignment and
// before its first record (facts B1); records are handed over and never waited for (C1).
import type {
  Batch,
  Cluster,
  Consumer,
  ConsumerCrashEvent,
  ConsumerEndBatchProcessEvent,
  ConsumerGroupJoinEvent,
} from 'kafkajs'
import type { Logger } from '../../app/context.ts'
import { ErrandError } from '../../app/errors.ts'
import { backoffMs } from '../../process/backoff.ts'
import { systemClock } from '../../process/clock.ts'
import type { Membership, MembershipOptions, Position, RecordBatch, TopicPartition } from '../log.ts'
import { closed } from '../logErrors.ts'
import { AbsentTopics } from './absentTopics.ts'
import { type Client, type ClientOptions, openClient, patient } from './client.ts'
import { Committer } from './committer.ts'
import { asAssignment, asTopicPartitions, openConsumer, rebalanceTimeoutMs, run, subscribe } from './consumer.ts'
import { GroupCoordinator, type JoinAnswer } from './coordinator.ts'
import { within } from './deadline.ts'
import { asMembershipError } from './errors.ts'
import { Pulse } from './pulse.ts'
import { toRecord } from './record.ts'

/** How long leaving may take; a cluster that is away is not waited for. */
const leaveMs = 5_000

/** `away`: crashed, kafkajs starts it again; no call of ours may reach kafkajs then. */
type State = 'new' | 'joining' | 'joined' | 'away' | 'ended'

export class KafkaMembership implements Membership {
  readonly #options: MembershipOptions
  readonly #log: Logger
  readonly #client: Client
  readonly #consumer: Consumer
  readonly #committer: Committer
  readonly #first = Promise.withResolvers<void>()
  readonly #onEnd: () => void
  readonly #pulse: Pulse
  #state: State = 'new'
  #answer: JoinAnswer | undefined
  #absent: AbsentTopics | undefined
  /** Crashes since the last assignment. */
  #crashes = 0
  #wasWhole = false
  #owned = new Set<string>()

  /** `onEnd` is called once, when the member has left or failed. */
  constructor(
    options: MembershipOptions,
    client: ClientOptions,
    sessionTimeoutMs: number,
    onEnd: (self: Membership) => void,
  ) {
    this.#options = options
    this.#log = client.log.child({ group: options.group })
    this.#onEnd = () => onEnd(this)
    this.#client = openClient(client, patient)
    this.#committer = new Committer(options.group)
    // A rebalance is silent too, for as long as it may take.
    const silenceMs = 2 * sessionTimeoutMs + rebalanceTimeoutMs
    this.#pulse = new Pulse({ silenceMs, clock: systemClock, onSilence: () => void this.#rejoin() })
    this.#consumer = openConsumer(this.#client, {
      ...{ group: options.group, assigner: options.assigner, sessionTimeoutMs },
      onCluster: (cluster) => this.#watch(cluster),
      mayRestart: () => this.#mayRestart(),
    })
    this.#first.promise.catch(() => undefined) // nobody may be waiting for it
  }

  async start(): Promise<void> {
    if (this.#state !== 'new') throw closed(`this membership of ${this.#options.group}`)
    this.#state = 'joining'
    this.#listen()
    try {
      await this.#consumer.connect()
      await subscribe(this.#consumer, this.#options.topics)
      await Promise.all([this.#run(), this.#first.promise])
    } catch (error) {
      if (this.#hasEnded()) return this.#first.promise // it rejects with the reason
      await this.leave()
      throw error instanceof ErrandError ? error : asMembershipError(this.#options, error as Error)
    }
  }

  pause(partitions: readonly TopicPartition[]): void {
    if (this.#state === 'joined') this.#consumer.pause(asTopicPartitions(partitions))
  }

  resume(partitions: readonly TopicPartition[]): void {
    if (this.#state === 'joined') this.#consumer.resume(asTopicPartitions(partitions))
  }

  seek({ topic, partition }: TopicPartition, offset: bigint): void {
    if (this.#state === 'joined') this.#consumer.seek({ topic, partition, offset: String(offset) })
  }

  reassign(): void {
    if (this.#state === 'joined') this.#committer.coordinator?.rejoin()
  }

  commit(positions: readonly Position[]): Promise<void> {
    return this.#committer.commit(positions)
  }

  async leave(): Promise<void> {
    if (this.#state === 'ended') return
    this.#end()
    const left = [this.#disconnect(), this.#committer.coordinator?.leave(this.#answer?.memberId)]
    await within(Promise.all(left), leaveMs).catch((error: unknown) =>
      this.#log.warn('membership.abandoned', { error }),
    )
  }

  #watch(cluster: Cluster): void {
    this.#committer.coordinator = new GroupCoordinator(cluster, this.#options.group, (answer) => {
      this.#answer = answer
    })
    this.#absent = new AbsentTopics(cluster, { log: this.#log, onChange: () => this.#tellWhole() })
  }

  #tellWhole(): void {
    const isWhole = this.#state === 'joined' && !this.#absent?.size
    if (isWhole === this.#wasWhole) return
    this.#wasWhole = isWhole
    this.#call(() => this.#options.onWhole?.(isWhole))
  }

  #listen(): void {
    const { GROUP_JOIN, HEARTBEAT, REBALANCING, END_BATCH_PROCESS, STOP, CRASH } = this.#consumer.events
    this.#consumer.on(HEARTBEAT, () => this.#pulse.beat())
    this.#consumer.on(GROUP_JOIN, (event) => this.#joined(event))
    this.#consumer.on(REBALANCING, () => this.#call(() => this.#options.onRebalancing()))
    this.#consumer.on(END_BATCH_PROCESS, (event) => this.#passed(event))
    this.#consumer.on(STOP, () => this.#stopped())
    this.#consumer.on(CRASH, (event) => this.#crashed(event))
  }

  #joined({ payload: { memberId, memberAssignment } }: ConsumerGroupJoinEvent): void {
    if (this.#state === 'ended') return void this.#disconnect() // it was joining when it was told to leave
    this.#state = 'joined'
    this.#crashes = 0
    this.#absent?.watch()
    this.#pulse.beat()
    this.#committer.stamp = this.#answer?.memberId === memberId ? this.#answer : undefined
    const assignment = asAssignment(memberAssignment)
    this.#owned = new Set([...assignment].flatMap(([topic, all]) => all.map((partition) => `${topic}/${partition}`)))
    this.#call(() => this.#options.onJoined({ memberId, assignment }))
    this.#tellWhole()
    this.#first.resolve()
  }

  #run(): Promise<void> {
    return run(this.#consumer, (batch) => this.#received(batch))
  }

  /** A member that has not beaten for two sessions and a rebalance is out of its group, and joins again as a new one. */
  async #rejoin(): Promise<void> {
    this.#log.warn('membership.silent', { why: 'no heartbeat for long: it joins again' })
    this.#stopped()
    try {
      await this.#consumer.stop()
      if (!this.#hasEnded()) await this.#run()
    } catch (error) {
      if (!this.#hasEnded()) this.#fail(asMembershipError(this.#options, error as Error))
    }
  }

  #received(batch: Batch): void {
    const { topic, partition, messages } = batch
    const records = messages.map((message) => toRecord({ topic, partition }, message))
    this.#handOver({ topic, partition, records, nextOffset: BigInt(batch.lastOffset()) + 1n })
  }

  /** A batch of control records or of aborted ones only: it reaches no eachBatch, yet the position moves (facts C10). */
  #passed({ payload: { topic, partition, batchSize, lastOffset } }: ConsumerEndBatchProcessEvent): void {
    if (batchSize === 0) this.#handOver({ topic, partition, records: [], nextOffset: BigInt(lastOffset) + 1n })
  }

  #handOver(batch: RecordBatch): void {
    if (this.#owned.has(`${batch.topic}/${batch.partition}`)) this.#call(() => this.#options.onRecords(batch))
  }

  /** Before a crash is told kafkajs has let its group go, and calls would throw. */
  #stopped(): void {
    if (this.#state !== 'joined') return
    this.#state = 'away'
    this.#pulse.rest()
    this.#committer.stamp = undefined
    this.#tellWhole()
  }

  /** The more crashes in a row, the longer the pause before kafkajs starts again. */
  async #mayRestart(): Promise<boolean> {
    await systemClock.sleep(backoffMs(this.#crashes))
    return !this.#hasEnded()
  }

  #crashed({ payload: { error, restart } }: ConsumerCrashEvent): void {
    if (this.#state === 'ended') return
    this.#committer.stamp = undefined
    if (restart) {
      this.#state = 'away'
      this.#crashes += 1
      this.#log[this.#crashes === 1 ? 'warn' : 'debug']('membership.crashed', { error })
    } else this.#fail(asMembershipError(this.#options, error))
  }

  /** A callback that throws is a fault that no retry heals. */
  #call(callback: () => void): void {
    if (this.#state === 'ended') return
    try {
      callback()
    } catch (error) {
      this.#fail(error as Error)
    }
  }

  /** Before the first assignment it is for start() to tell. */
  #fail(error: Error): void {
    const isStarting = this.#state === 'joining'
    this.#first.reject(error)
    this.#end()
    void this.#disconnect()
    if (!isStarting) this.#options.onFailed(error)
  }

  #hasEnded(): boolean {
    return this.#state === 'ended'
  }

  #end(): void {
    this.#state = 'ended'
    this.#committer.stamp = undefined
    this.#owned.clear()
    this.#absent?.end()
    this.#pulse.rest()
    this.#client.shut()
    this.#first.reject(closed(`this membership of ${this.#options.group}`))
    this.#onEnd()
  }

  async #disconnect(): Promise<void> {
    await this.#consumer
      .disconnect()
      .catch((error: unknown) => this.#log.debug('membership.disconnectFailed', { error }))
  }
}
