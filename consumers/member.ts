// A member of a consumer group: the one class that owns a membership. kafkajs hands over batches; what happens between a
// record and its commit is decided here: hand-off through rebalances, order by key, back-pressure, commits, drain.
//
//   I1  the ledger's low watermark is all that is ever committed
//   I3  one lane per partition number, one key at a time; a lost partition's runs are told to abort
//   I7  stop: take nothing new, finish within the grace period, else abort, commit, leave
//   I8  a lost partition's state is dropped at once, so nothing can be committed for it
import type { Logger } from '../app/context.ts'
import { ErrandError } from '../app/errors.ts'
import type { Assigner, Assignment, Log, LogRecord, Membership, RecordBatch, TopicPartition } from '../kafka/log.ts'
import { backoffMs } from '../process/backoff.ts'
import type { Clock } from '../process/clock.ts'
import { errandAssigner, type UnitOf, unitsOf } from './assigner.ts'
import { commitMetadata } from './commitMetadata.ts'
import { Partition, type PartitionOffset } from './partition.ts'
import { nameOf, type Positions } from './positions.ts'
import { type Lane, Scheduler, type Step } from './scheduler.ts'
import { type StartRule, startOffsets } from './startOffsets.ts'

/** A record as a group handles it. */
export type Message = {
  readonly record: LogRecord
  /** Tries so far, this one included, as this member counts them. */
  readonly attempt: number
  /** When this member first tried it, ms since the epoch. */
  readonly firstTriedMs: number
  /** Aborts when the partition has moved, or when the grace period of a shutdown is over. */
  readonly signal: AbortSignal
}

/** Handles a message. `again` repeats it with its key held; `counted` tells whether that was an attempt. A rejection is a fault: logged, and again. */
export type Handle = (
  message: Message,
) => Promise<
  { readonly kind: 'done' } | { readonly kind: 'again'; readonly afterMs: number; readonly counted: boolean }
>

export type MemberOptions = {
  readonly group: string
  readonly topics: readonly string[]
  readonly unitOf?: UnitOf
  /** Identity of the store that this group writes to, if any. */
  readonly storeIdentity?: string
  readonly start: StartRule
  readonly positions: Positions
  readonly handle: Handle
  /** Records with the same key are handled one at a time and in order. Default: the record key. */
  readonly keyOf?: (record: LogRecord) => string | null
  /** Handlers at once, over all partitions. Default 50. */
  readonly concurrency?: number
  readonly log: Log
  readonly logger: Logger
  readonly clock: Clock
  /** The membership has ended and cannot heal. */
  readonly onFailed: (error: Error) => void
}

/** Commits are this far apart, in milliseconds. */
const commitEveryMs = 250
/** What aborted handlers get to settle before the member leaves without them. */
const abortGraceMs = 2_000

const recordKey = ({ key }: LogRecord): string | null => key?.toString('latin1') ?? null

export class Member {
  readonly #options: MemberOptions
  readonly #logger: Logger
  readonly #scheduler: Scheduler
  readonly #membership: Membership
  readonly #partitions = new Map<string, Partition>()
  readonly #lanes = new Map<string, Lane>()
  #held: { readonly units: readonly string[]; readonly sinceMs: number } = { units: [], sinceMs: 0 }
  #memberId: string | undefined
  #commitTimer: Disposable | undefined
  #committing: Promise<void> = Promise.resolve()
  #state: 'joining' | 'joined' | 'stopping' | 'failed' = 'joining'

  constructor(options: MemberOptions) {
    const { group, topics, log, logger, clock, concurrency = 50, onFailed } = options
    this.#options = options
    this.#logger = logger.child({ group })
    this.#scheduler = new Scheduler({ concurrency, clock })
    this.#membership = log.membership({
      group,
      topics,
      assigner: this.#assigner(),
      onJoined: (joined) => this.#onJoined(joined),
      onRebalancing: () => void this.#commit(),
      onRecords: (batch) => this.#onRecords(batch),
      onFailed: (error) => {
        this.#state = 'failed'
        onFailed(error)
      },
    })
  }

  /** Joins the group. Resolves after the first assignment. */
  async start(): Promise<void> {
    await this.#membership.start()
    this.#commitLater()
  }

  /** For probes: whether it takes part in its group. */
  get state(): 'joining' | 'joined' | 'stopping' | 'failed' {
    return this.#state
  }

  /** The next offset to commit of every partition in hand. */
  positions(): readonly PartitionOffset[] {
    return [...this.#partitions.values()].flatMap((partition) => partition.position() ?? [])
  }

  /**
   * Drains and leaves (I7). `graceMs` is what handlers get before their signal aborts; what is not done then is handled
   * elsewhere. Rejects if what was done could not be committed: it will be done again.
   */
  async stop(graceMs: number): Promise<void> {
    const { clock } = this.#options
    this.#state = 'stopping'
    this.#scheduler.stop()
    this.#membership.pause([...this.#partitions.values()])
    const idle = this.#scheduler.idle()
    await within(idle, graceMs, clock)
    for (const partition of this.#partitions.values()) partition.abort('shutting down')
    await within(idle, abortGraceMs, clock)
    this.#commitTimer?.[Symbol.dispose]()
    await this.#committing
    const failure = await this.#save().catch((error: unknown) => error)
    await this.#options.positions.release([...this.#partitions.values()])
    await this.#membership.leave()
    if (failure) throw failure
  }

  #assigner(): Assigner {
    const { unitOf = 'number', storeIdentity } = this.#options
    const store = storeIdentity === undefined ? {} : { store: storeIdentity }
    return errandAssigner({
      unitOf,
      log: this.#logger,
      claims: () => ({ held: this.#held.units, sinceMs: this.#held.sinceMs, ...store }),
    })
  }

  #onJoined({ memberId, assignment }: { readonly memberId: string; readonly assignment: Assignment }): void {
    const { unitOf = 'number', clock } = this.#options
    const mine = new Map(
      [...assignment].flatMap(([topic, partitions]) =>
        partitions.map((partition) => [nameOf({ topic, partition }), { topic, partition }] as const),
      ),
    )
    // Another memberId: we were evicted in between, so somebody else may have held what looks kept (facts B5).
    const evicted = this.#memberId !== undefined && this.#memberId !== memberId
    this.#drop([...this.#partitions].filter(([name]) => evicted || !mine.has(name)).map(([, partition]) => partition))
    this.#memberId = memberId
    this.#held = { units: unitsOf(unitOf, assignment), sinceMs: clock.now() }
    const kept = [...this.#partitions.values()]
    for (const partition of kept) this.#keep(partition)
    const fresh = [...mine].flatMap(([name, at]) => (this.#partitions.has(name) ? [] : [this.#add(name, at)]))
    this.#membership.pause(fresh)
    if (this.#state === 'joining') this.#state = 'joined'
    this.#logger.info('group.joined', { member: memberId, kept: kept.length, fresh: fresh.length, evicted })
    if (mine.size === 0)
      this.#logger.warn('group.idle', {
        why: 'no partition was left for this member: more members than partitions, or it writes to another store',
      })
    if (fresh.length > 0) void this.#load(fresh)
  }

  /** A kept partition goes on where it was: the client would refetch from the committed offset (facts B4). */
  #keep(partition: Partition): void {
    if (partition.next === undefined) return
    this.#membership.seek(partition, partition.next)
    if (!partition.full && this.#state !== 'stopping') this.#membership.resume([partition])
  }

  #add(name: string, { topic, partition }: TopicPartition): Partition {
    const unit = this.#options.unitOf === 'topic-partition' ? name : String(partition)
    const lane = this.#lanes.get(unit) ?? this.#scheduler.lane()
    this.#lanes.set(unit, lane)
    const added = new Partition({ topic, partition }, lane)
    this.#partitions.set(name, added)
    return added
  }

  #drop(lost: readonly Partition[]): void {
    for (const partition of lost) {
      this.#partitions.delete(nameOf(partition))
      partition.drop()
      for (const [unit, lane] of this.#lanes) if (lane === partition.lane) this.#lanes.delete(unit)
    }
    if (lost.length > 0)
      this.#options.positions
        .release(lost)
        .catch((error: unknown) => this.#logger.warn('positions.notReleased', { error }))
  }

  /** Fresh partitions stay paused until their positions are known and sought. Tries until it succeeds or they are lost. */
  async #load(fresh: readonly Partition[]): Promise<void> {
    const { log, positions, start, clock } = this.#options
    for (let attempt = 1; ; attempt += 1) {
      const wanted = fresh.filter((partition) => this.#partitions.get(nameOf(partition)) === partition)
      if (wanted.length === 0 || this.#state === 'stopping') return
      try {
        const offsets = await startOffsets({
          admin: log.admin,
          saved: await positions.load(wanted),
          start,
          partitions: wanted,
          logger: this.#logger,
        })
        this.#begin(wanted, offsets)
        return
      } catch (error) {
        this.#logger.warn('positions.notLoaded', { error, attempt })
        await clock.sleep(backoffMs(attempt))
      }
    }
  }

  #begin(partitions: readonly Partition[], offsets: ReadonlyMap<string, bigint>): void {
    for (const partition of partitions) {
      const offset = offsets.get(nameOf(partition))
      if (offset === undefined || this.#partitions.get(nameOf(partition)) !== partition) continue
      partition.begin(offset)
      this.#membership.seek(partition, offset)
      if (this.#state !== 'stopping') this.#membership.resume([partition])
    }
  }

  #onRecords({ topic, partition: number, records, nextOffset }: RecordBatch): void {
    const { keyOf = recordKey } = this.#options
    const partition = this.#partitions.get(nameOf({ topic, partition: number }))
    if (!partition || this.#state === 'stopping') return
    for (const record of records)
      if (partition.take(record)) partition.lane.add(keyOf(record), this.#task(partition, record))
    partition.skipTo(nextOffset)
    if (partition.fill()) this.#membership.pause([partition])
  }

  #task(partition: Partition, record: LogRecord): () => Promise<Step> {
    const { handle, clock } = this.#options
    let attempt = 1
    let firstTriedMs: number | undefined
    return async () => {
      firstTriedMs ??= clock.now()
      try {
        const step = await handle({ record, attempt, firstTriedMs, signal: partition.signal })
        if (step.kind === 'done') this.#finish(partition, record)
        else if (step.counted) attempt += 1
        return step
      } catch (error) {
        if (!partition.signal.aborted)
          this.#logger.error('record.notHandled', {
            error,
            topic: record.topic,
            partition: record.partition,
            offset: String(record.offset),
            attempt,
          })
        return { kind: 'again', afterMs: backoffMs(attempt + 3) }
      }
    }
  }

  #finish(partition: Partition, record: LogRecord): void {
    partition.done(record)
    if (partition.drained() && this.#state === 'joined' && this.#partitions.get(nameOf(partition)) === partition)
      this.#membership.resume([partition])
  }

  #commitLater(): void {
    this.#commitTimer = this.#options.clock.after(commitEveryMs, () => {
      void this.#commit().then(() => {
        if (this.#state === 'joined') this.#commitLater()
      })
    })
  }

  /** One commit at a time; a failed one is made up for by the next, which says the same or more. */
  #commit(): Promise<void> {
    this.#committing = this.#committing
      .then(() => this.#save())
      .catch((error: unknown) => {
        const expected = error instanceof ErrandError && error.retriable
        this.#logger[expected ? 'debug' : 'warn']('commit.failed', { error })
      })
    return this.#committing
  }

  async #save(): Promise<void> {
    const moved = [...this.#partitions.values()].flatMap((partition) => {
      const position = partition.unsaved()
      return position ? [{ partition, position: { ...position, metadata: commitMetadata } }] : []
    })
    if (moved.length === 0) return
    await this.#options.positions.save(
      moved.map(({ position }) => position),
      (positions) => this.#membership.commit(positions),
    )
    for (const { partition, position } of moved) partition.saved(position.offset)
  }
}

const within = async (promise: Promise<void>, limitMs: number, clock: Clock): Promise<void> => {
  const done = new AbortController()
  await Promise.race([promise, clock.sleep(limitMs, done.signal).catch(() => undefined)])
  done.abort()
}
