// A member of a consumer group: the one class that owns a membership. kafkajs hands over batches; what happens between a
// record and its commit is decided here: hand-off through rebalances, order by key, back-pressure, commits, drain.
//
//   I1  the ledger's low watermark is all that is ever committed, with what is done beyond it
//   I3  one lane per partition number, one key at a time; a lost partition's runs are told to abort
//   I7  stop: take nothing new, finish within the grace period, else abort, commit, leave
//   I8  a lost partition's state is dropped at once, so nothing can be committed for it
import type { Logger } from '../app/context.ts'
import type { RetryPolicy } from '../app/retry.ts'
import type { Journey } from '../kafka/journey.ts'
import type { Assignment, Log, LogRecord, Membership, RecordBatch } from '../kafka/log.ts'
import type { Link } from '../process/chain.ts'
import type { Clock } from '../process/clock.ts'
import type { UnitOf } from './assigner.ts'
import { tellHeld } from './circuit.ts'
import { Committer } from './committer.ts'
import { Holdings } from './holdings.ts'
import type { InHand } from './ledger.ts'
import { type Handle, tries } from './message.ts'
import { type Partition, tellSuspected, tellWaiting, type Window } from './partition.ts'
import { patientMembership } from './patientMembership.ts'
import { nameOf, type Positions } from './positions.ts'
import { type Run, Scheduler } from './scheduler.ts'
import { Share, whyIdle } from './share.ts'
import { loadStarts, type Start, type StartRule } from './startOffsets.ts'
import type { Turn } from './turn.ts'
import { within } from './within.ts'

export type MemberOptions = {
  readonly group: string
  readonly topics: readonly string[]
  readonly unitOf?: UnitOf
  /** Identity of the store that this group writes to, if any. */
  readonly storeIdentity?: string
  readonly start: StartRule
  readonly positions: Positions
  readonly handle: Handle
  readonly retry?: RetryPolicy
  /** Records with the same key are handled one at a time and in order. Default: the record key. */
  readonly keyOf?: (record: LogRecord) => string | null
  /** The way behind a record that is a copy; undefined for one that is none. Default: none is. */
  readonly journeyOf?: (record: LogRecord) => Journey | undefined
  /** Given where a record that keeps killing its process is to be found and given up: the turn of all suspects of the process. */
  readonly suspects?: Turn
  /** Handlers at once, over all partitions. Default 50. */
  readonly concurrency?: number
  /** What is in hand of one partition at most. Default: a partition's. */
  readonly window?: Window
  readonly log: Log
  readonly logger: Logger
  readonly clock: Clock
  /** The membership has ended and cannot heal. */
  readonly onFailed: (error: Error) => void
}

/** What aborted handlers get to settle before the member leaves without them. */
const abortGraceMs = 2_000

const recordKey = ({ key }: LogRecord): string | null => key?.toString('latin1') ?? null

type State = 'joining' | 'joined' | 'stopping' | 'failed'

export class Member {
  readonly #options: MemberOptions
  readonly #logger: Logger
  readonly #scheduler: Scheduler
  readonly #membership: Membership
  readonly #holdings: Holdings
  readonly #share: Share
  readonly #committer: Committer
  readonly #tries: ReturnType<typeof tries>
  #memberId: string | undefined
  #state: State = 'joining'
  #isWhole = true

  constructor(options: MemberOptions) {
    const { group, topics, log, logger, clock, concurrency = 50, unitOf = 'number', positions, onFailed } = options
    this.#options = options
    this.#logger = logger.child({ group })
    this.#scheduler = new Scheduler({ concurrency, clock, onHeld: tellHeld(this.#logger) })
    this.#tries = tries({ ...options, logger: this.#logger, onDone: (at, inHand) => this.#finish(at, inHand) })
    this.#holdings = new Holdings({
      unitOf,
      newLane: () => this.#scheduler.lane(),
      saysBeyond: positions.readsBeyond,
      window: options.window,
      ...(options.suspects && { process: options.suspects.process }),
    })
    this.#share = new Share({
      ...{ unitOf, storeIdentity: options.storeIdentity, clock, logger: this.#logger },
      partitions: () => this.#holdings.all(),
      reassign: () => this.#membership.reassign(),
    })
    this.#membership = patientMembership({
      ...{ log, logger: this.#logger, clock, group, topics },
      assigner: this.#share.assigner,
      onJoined: (joined) => this.#onJoined(joined),
      onRebalancing: () => void this.#committer.release(),
      onRecords: (batch) => this.#onRecords(batch),
      onWhole: (isWhole) => {
        this.#isWhole = isWhole
      },
      onFailed: (error) => {
        this.#state = 'failed'
        this.#share.end()
        onFailed(error)
      },
    })
    const commit: Membership['commit'] = (committed) => this.#membership.commit(committed)
    this.#committer = new Committer({ holdings: this.#holdings, positions, commit, clock, logger: this.#logger })
  }

  /** Joins the group. Resolves after the first assignment, or where it has to wait for the members of another client. */
  async start(): Promise<void> {
    await this.#membership.start()
    this.#committer.start()
  }

  /** For probes: whether it takes part in its group; `joining` also where it has lost its place, or a topic, and waits for it. */
  get state(): State {
    return this.#state === 'joined' && !this.#isWhole ? 'joining' : this.#state
  }

  /** What it holds. */
  get partitions(): readonly Partition[] {
    return this.#holdings.all()
  }

  /** How it works: for reports, and for an operator's controls. */
  get scheduler(): Scheduler {
    return this.#scheduler
  }

  /**
   * Drains and leaves (I7). `graceMs` is what handlers get before their signal aborts; what is not done then is handled
   * elsewhere. Rejects if what was done could not be committed: it will be done again.
   */
  async stop(graceMs: number): Promise<void> {
    const { clock } = this.#options
    this.#state = 'stopping'
    this.#share.end()
    this.#scheduler.stop()
    this.#membership.pause(this.#holdings.all())
    const idle = this.#scheduler.idle()
    await within(idle, graceMs, clock)
    for (const partition of this.#holdings.all()) partition.abort('shutting down')
    await within(idle, abortGraceMs, clock)
    try {
      await this.#committer.end()
    } finally {
      this.#release(this.#holdings.all())
      await this.#membership.leave()
    }
  }

  /** Takes a partition up anew from what is saved of it, if it is still held: what was in hand of it is read again. */
  reload(partition: Partition): void {
    if (this.#state === 'stopping' || !this.#holdings.holds(partition)) return
    const lost = this.#holdings.keepOnly(this.#holdings.all().filter((each) => each !== partition)) // and who shares its lane
    this.#release(lost)
    this.#membership.pause(lost)
    void this.#load(this.#holdings.add(lost))
  }

  #onJoined({ memberId, assignment }: { readonly memberId: string; readonly assignment: Assignment }): void {
    const mine = [...assignment].flatMap(([topic, partitions]) => partitions.map((partition) => ({ topic, partition })))
    // Another memberId: we were evicted in between, so somebody else may have held what looks kept (facts B5).
    const evicted = this.#memberId !== undefined && this.#memberId !== memberId
    this.#release(this.#holdings.keepOnly(evicted ? [] : mine))
    this.#memberId = memberId
    this.#share.joined(assignment)
    const kept = this.#holdings.all()
    for (const partition of kept) {
      partition.release(false)
      this.#goOn(partition)
    }
    const fresh = this.#holdings.add(mine)
    this.#membership.pause(fresh)
    if (this.#state === 'joining') this.#state = 'joined'
    this.#logger.info('group.joined', { member: memberId, kept: kept.length, fresh: fresh.length, evicted })
    if (mine.length === 0) this.#logger.warn('group.idle', { why: whyIdle })
    if (fresh.length > 0) void this.#load(fresh)
  }

  /** Reads a partition from where it is: after a rebalance the client would refetch from the committed offset (facts B4). */
  #goOn(partition: Partition): void {
    if (partition.next === undefined) return
    this.#membership.seek(partition, partition.next)
    if (!partition.full && this.#state !== 'stopping') this.#membership.resume([partition])
  }

  #release(lost: readonly Partition[]): void {
    const { positions } = this.#options
    if (lost.length === 0) return
    positions.release(lost).catch((error: unknown) => this.#logger.warn('positions.notReleased', { error }))
  }

  /** Fresh partitions stay paused until their positions are known and sought. Tries until it succeeds or they are lost. */
  async #load(fresh: readonly Partition[]): Promise<void> {
    const { log, positions, start, clock } = this.#options
    if (positions.loadsEach && fresh.length > 1)
      return void (await Promise.all(fresh.map((each) => this.#load([each]))))
    const wanted = (): readonly Partition[] =>
      this.#state === 'stopping' ? [] : fresh.filter((partition) => this.#holdings.holds(partition))
    const starts = await loadStarts({ positions, admin: log.admin, start, clock, logger: this.#logger, wanted })
    await this.#begin(wanted(), starts)
  }

  /** Says that they are held before a record of theirs can end this process: else nobody would count that end (custody.ts). */
  async #begin(partitions: readonly Partition[], starts: ReadonlyMap<string, Start>): Promise<void> {
    for (const partition of partitions) {
      const start = starts.get(nameOf(partition))
      if (!start || !this.#holdings.holds(partition)) continue
      partition.begin(start.offset, start.beyond, start.logEnd)
      if (partition.suspects !== undefined) tellSuspected(this.#logger, partition)
    }
    if (this.#options.suspects) await this.#committer.now()
    for (const partition of partitions) if (this.#holdings.holds(partition)) this.#goOn(partition)
  }

  #onRecords({ topic, partition: number, records, nextOffset }: RecordBatch): void {
    const { keyOf = recordKey, journeyOf } = this.#options
    const partition = this.#holdings.at({ topic, partition: number })
    if (!partition || this.#state === 'stopping') return
    for (const record of records) {
      const key = keyOf(record)
      const inHand = partition.take(record, key, journeyOf?.(record))
      if (inHand) partition.lane.add(key, this.#task(partition, record, inHand))
    }
    partition.skipTo(nextOffset)
    const filled = partition.fill()
    if (!filled) return
    this.#membership.pause([partition])
    if (filled !== 'in hand') tellWaiting(this.#logger, partition, filled.waiting)
  }

  #task(partition: Partition, record: LogRecord, inHand: Link<InHand>): Run {
    const { suspects } = this.#options
    const run = this.#tries(partition, record, inHand)
    if (!suspects) return run
    const tell = (): Promise<void> => this.#committer.now()
    return (onEnd) => suspects.run(partition, record.offset, { tell, run }, onEnd)
  }

  #finish(partition: Partition, inHand: Link<InHand>): void {
    partition.done(inHand)
    if (partition.drained() && this.#state === 'joined' && this.#holdings.holds(partition))
      this.#membership.resume([partition])
  }
}
