// The requests' views: each change opens its run and then merges its part by one guarded update, so that any order and
// any repetition of changes ends at the same row, and the revision grows exactly when the view changes.
import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import type { Clock } from '../../process/clock.ts'
import type { Answer, Asked, Change, Delivered, Outcome, Progress, RequestView } from '../store.ts'

export type Views = {
  /** Merges the changes, within the caller's transaction. Returns the ids whose view is another now. */
  apply(changes: readonly Change[]): ReadonlySet<string>
  read(id: string): RequestView | undefined
  /** 0 where there is no view. */
  revision(id: string): number
  /** Forgets up to `limit` of the views made before; returns their ids. */
  purge(beforeMs: number, limit: number): readonly string[]
}

// A row's parts are all of one run: a greater one clears them, and those of a lesser one never get in.
const openRun = `
  INSERT INTO requests (id, run, created_at_ms) VALUES (:id, :run, :nowMs)
  ON CONFLICT (id) DO UPDATE SET revision = revision + 1, run = excluded.run,
    started_at_ms = NULL, attempt = 0,
    progress_attempt = NULL, progress_sequence = NULL, progress = NULL,
    delivered_attempt = NULL, delivered_rank = NULL, delivered_at_ms = NULL, delivered = NULL,
    answer_partition = NULL, answer_offset = NULL, finished_at_ms = NULL, outcome = NULL, answer = NULL
  WHERE excluded.run > run`

// Only asked is the same in every run.
const mergeAsked = `
  UPDATE requests SET revision = revision + 1, asked = :asked, created_at_ms = :createdAtMs
  WHERE id = :id AND asked IS NULL`

const mergeStarted = `
  UPDATE requests SET revision = revision + 1,
    started_at_ms = min(ifnull(started_at_ms, :startedAtMs), :startedAtMs), attempt = max(attempt, :attempt)
  WHERE id = :id AND run = :run
    AND (started_at_ms IS NULL OR :startedAtMs < started_at_ms OR :attempt > attempt)`

// The text itself is the last tie-breaker: a run that two workers do may tell two things under one number.
const mergeProgress = `
  UPDATE requests SET revision = revision + 1,
    progress_attempt = :attempt, progress_sequence = :sequence, progress = :progress
  WHERE id = :id AND run = :run
    AND (progress IS NULL OR (:attempt, :sequence, :progress) > (progress_attempt, progress_sequence, progress))`

const mergeAnswer = `
  UPDATE requests SET revision = revision + 1,
    answer_partition = :partition, answer_offset = :offset, finished_at_ms = :finishedAtMs, outcome = :outcome, answer = :json
  WHERE id = :id AND run = :run
    AND (answer IS NULL OR (:offset, :partition) < (answer_offset, answer_partition))`

const mergeDelivered = `
  UPDATE requests SET revision = revision + 1,
    delivered_attempt = :attempt, delivered_rank = :rank, delivered_at_ms = :atMs, delivered = :delivered
  WHERE id = :id AND run = :run
    AND (delivered IS NULL
      OR (:rank = 3, :attempt, :rank, :atMs, :delivered)
        > (delivered_rank = 3, delivered_attempt, delivered_rank, delivered_at_ms, delivered))`

const readView = `
  SELECT id, run, revision, asked, started_at_ms AS startedAtMs, attempt, progress, delivered, outcome, answer,
    finished_at_ms AS finishedAtMs, answer_partition AS answerPartition, CAST(answer_offset AS TEXT) AS answerOffset
  FROM requests WHERE id = ?`

const purgeViews = `
  DELETE FROM requests WHERE id IN (SELECT id FROM requests WHERE created_at_ms < ? ORDER BY created_at_ms LIMIT ?)
  RETURNING id`

type ViewRow = {
  readonly id: string
  readonly run: number
  readonly revision: number
  readonly asked: string | null
  readonly startedAtMs: number | null
  readonly attempt: number
  readonly progress: string | null
  readonly delivered: string | null
} & (
  | { readonly answer: null }
  | {
      readonly answer: string
      readonly outcome: Outcome
      readonly finishedAtMs: number
      readonly answerPartition: number
      readonly answerOffset: string
    }
)

export function viewsIn(database: DatabaseSync, clock: Clock): Views {
  const merge = merging(database, clock)
  const read = database.prepare(readView)
  const revision = database.prepare('SELECT revision FROM requests WHERE id = ?')
  const purge = database.prepare(purgeViews)
  return {
    apply: (changes) => new Set(changes.flatMap((change) => (merge(change) ? [change.id] : []))),
    read: (id) => {
      const row = read.get(id) as ViewRow | undefined
      return row && viewOf(row)
    },
    revision: (id) => Number(revision.get(id)?.revision ?? 0),
    purge: (beforeMs, limit) => purge.all(beforeMs, limit).map(({ id }) => String(id)),
  }
}

/** Merges one change; tells whether the view is another now. */
function merging(database: DatabaseSync, clock: Clock): (change: Change) => boolean {
  const prepare = (sql: string): ((values: object) => boolean) => {
    const statement = database.prepare(sql)
    return (values) => Number(statement.run(values as Record<string, SQLInputValue>).changes) > 0
  }
  const open = prepare(openRun)
  const ask = prepare(mergeAsked)
  const start = prepare(mergeStarted)
  const progress = prepare(mergeProgress)
  const answer = prepare(mergeAnswer)
  const deliver = prepare(mergeDelivered)

  const mergePart = (change: Change): boolean => {
    const { id, run } = change
    switch (change.kind) {
      case 'asked':
        return ask(askedValues(id, change.asked))
      case 'started':
        return start(change)
      case 'progressed':
        return progress({ id, run, ...progressValues(change.progress) })
      case 'answered': {
        const isAsked = ask(askedValues(id, change.asked))
        return answer({ id, run, ...change.answer }) || isAsked
      }
      case 'delivered':
        return deliver({ id, run, ...deliveredValues(change.delivered) })
      default:
        return change satisfies never
    }
  }
  return (change) => {
    const isOpened = open({ id: change.id, run: change.run, nowMs: clock.now() })
    return mergePart(change) || isOpened
  }
}

/** Of two records of one delivery attempt, the one that says more; 3 is final, whatever is tried after it. The numbers are in every row: they stay as they are (I10). */
const deliveryRank = { delivering: 0, blocked: 1, disabled: 1, failed: 2, delivered: 3 } as const satisfies Record<
  Delivered['status'],
  number
>

// Property names in one order, so that equal parts are equal texts.
const text =
  <Part>(...names: (keyof Part & string)[]) =>
  (part: Part): string =>
    JSON.stringify(part, names)

const askedText = text<Asked>('type', 'client', 'createdAtMs', 'reference', 'callbackUrl', 'deadlineMs', 'runAtMs')
const progressText = text<Progress>('attempt', 'sequence', 'fraction', 'message')
const deliveredText = text<Delivered>('status', 'attempt', 'atMs', 'statusCode', 'nextAttemptAtMs', 'reason')

const askedValues = (id: string, asked: Asked) => ({ id, createdAtMs: asked.createdAtMs, asked: askedText(asked) })
const progressValues = (progress: Progress) => ({ ...progress, progress: progressText(progress) })
const deliveredValues = (delivered: Delivered) => ({
  ...delivered,
  rank: deliveryRank[delivered.status],
  delivered: deliveredText(delivered),
})

function viewOf(row: ViewRow): RequestView {
  const { id, run, revision, attempt, asked, startedAtMs, progress, delivered } = row
  return {
    id,
    run,
    attempt,
    revision,
    ...(asked !== null && { asked: JSON.parse(asked) as Asked }),
    ...(startedAtMs !== null && { startedAtMs }),
    ...(progress !== null && { progress: JSON.parse(progress) as Progress }),
    ...(row.answer !== null && { answer: answerOf(row) }),
    ...(delivered !== null && { delivered: JSON.parse(delivered) as Delivered }),
  }
}

const answerOf = (row: ViewRow & { answer: string }): Answer => ({
  outcome: row.outcome,
  finishedAtMs: row.finishedAtMs,
  partition: row.answerPartition,
  offset: BigInt(row.answerOffset),
  json: row.answer,
})
