// The store's port: the status view of requests, the callback claims, and the clients. The log is the source of truth of
// views and claims, which can be rebuilt from it; of clients the store is. Two adapters, one contract suite.
//
// A request's view is four parts, each with its own order, so that merging is commutative and idempotent: changes may come
// in any order and any number of times, from topics that have no mutual order, and every reader ends at the same view.
//   asked      the same whoever tells it, in every run
//   started    by (run, least startedAtMs); progress by (run, attempt, sequence), the greatest wins
//   answered   by run, the greatest wins, then by offset in `results`, the lowest wins: the verdict rule
//   delivered  by run; what is delivered stays so; then by attempt, the greatest wins, then by status (delivering, blocked or
//              disabled, failed), then by time: after a crash an attempt may be made again under its number
// Where two workers have told two things under one number, one of them wins, whichever came first.
// The view's run is the greatest of any part; parts of an earlier run are not shown.

import type { ClientEntry } from '../process/clientEntry.ts'

/** How a run ended. */
export type Outcome = 'succeeded' | 'failed' | 'cancelled' | 'expired'

/** What every sealed record of a request repeats, so that any of them can be the first to arrive. */
export type Asked = {
  readonly type: string
  readonly client: string
  readonly createdAtMs: number
  readonly reference?: string
  readonly callbackUrl?: string
  readonly deadlineMs?: number
  /** Not to be run before. */
  readonly runAtMs?: number
}

export type Progress = {
  readonly attempt: number
  readonly sequence: number
  /** From 0 to 1. */
  readonly fraction?: number
  readonly message?: string
}

export type Answer = {
  readonly outcome: Outcome
  readonly finishedAtMs: number
  /** Where in `results` it lies. */
  readonly partition: number
  readonly offset: bigint
  /** JSON text of the result or, for any other outcome, of the error {code, message, details?}. */
  readonly json: string
}

export type Delivered = {
  /** `blocked`: we do not call there. `disabled`: the client has been revoked. */
  readonly status: 'delivering' | 'delivered' | 'failed' | 'blocked' | 'disabled'
  readonly attempt: number
  readonly atMs: number
  readonly statusCode?: number
  readonly nextAttemptAtMs?: number
  readonly reason?: string
}

export type Change = { readonly id: string; readonly run: number } & (
  | { readonly kind: 'asked'; readonly asked: Asked }
  | { readonly kind: 'started'; readonly startedAtMs: number; readonly attempt: number }
  | { readonly kind: 'progressed'; readonly progress: Progress }
  | { readonly kind: 'answered'; readonly asked: Asked; readonly answer: Answer }
  | { readonly kind: 'delivered'; readonly delivered: Delivered }
)

/** A request as far as the log has been read. Without `startedAtMs` it is queued, with it running, with `answer` finished. */
export type RequestView = {
  readonly id: string
  readonly run: number
  /** Absent while only progress or deliveries have been read. */
  readonly asked?: Asked
  readonly startedAtMs?: number
  /** The highest attempt that has started; 0 before the first. */
  readonly attempt: number
  readonly progress?: Progress
  readonly answer?: Answer
  readonly delivered?: Delivered
  /** Grows with every change of this view: an ETag. */
  readonly revision: number
}

/** How far a topic-partition has been projected. */
export type StorePosition = {
  readonly topic: string
  readonly partition: number
  /** The next offset to read. Never moves back. */
  readonly offset: bigint
  /** Everything written to the partition before this time has been projected (ms since the epoch). */
  readonly passedMs: number
}

/** The right to call back for (id, run), and what will be sent, byte for byte, on every attempt (I5). */
export type Claim = {
  readonly id: string
  readonly run: number
  /** Where in `results` the claiming record lies. */
  readonly partition: number
  readonly offset: bigint
  readonly url: string
  readonly body: Buffer
  readonly claimedAtMs: number
}

/** Every client there has ever been, in the order of their names, and how often they have changed: 0 = there is none. */
export type ClientRegister = { readonly revision: number; readonly entries: readonly ClientEntry[] }

export type Store = {
  /** Made with the store: tells two stores apart in one consumer group. */
  readonly identity: string

  /** Applies changes and positions in one transaction. */
  project(changes: readonly Change[], positions: readonly StorePosition[]): Promise<void>
  request(id: string): Promise<RequestView | undefined>
  /**
   * Resolves when the view of `id` has another revision than `revision` (0 = there was none), also when another process
   * wrote it, with the view; resolves with the latest view, changed or not, when the signal aborts or the store is closed.
   */
  changed(id: string, revision: number, signal: AbortSignal): Promise<RequestView | undefined>
  /** Positions of these topics, in no order. */
  positions(topics: readonly string[]): Promise<readonly StorePosition[]>
  /**
   * Forgets views of requests made before, and claims taken before (a request may be old when its callback begins, and
   * keeps its claim for as long as any other). A view not yet asked is as old as the store's knowledge of it. Returns how
   * many views went.
   */
  purge(beforeMs: number): Promise<number>

  /** Inserts the claim if (id, run) has none, and returns the claim that stands: compare partition and offset with your own. */
  claim(claim: Claim): Promise<Claim>
  claimOf(id: string, run: number): Promise<Claim | undefined>
  /** Every record of this `results` partition below the offset has been claimed where it had to be. Never moves back. */
  saveClaimedThrough(
    positions: readonly { readonly topic: string; readonly partition: number; readonly offset: bigint }[],
  ): Promise<void>
  claimedThrough(topic: string): Promise<ReadonlyMap<number, bigint>>

  clients(): Promise<ClientRegister>
  /** The register's revision alone: cheap enough to ask for twice a second. */
  clientsRevision(): Promise<number>
  /**
   * Inserts or replaces one client if the register still has the revision, and tells whether. When it resolves the change
   * survives a crash of the machine: nothing else could restore it.
   */
  saveClient(entry: ClientEntry, revision: number): Promise<boolean>

  close(): Promise<void>
}
