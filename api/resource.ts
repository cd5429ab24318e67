// The resource: what a client sees of its request (design 5), made from the view of it that the store has, if it has one.
import { createHash } from 'node:crypto'
import { isoTime } from '../process/isoTime.ts'
import type { Delivered, Outcome, RequestView } from '../store/store.ts'

export type RequestStatus = 'scheduled' | 'queued' | 'running' | Outcome

/** As JSON: what is undefined is not written. */
export type RequestResource = {
  readonly id: string
  readonly type: string
  readonly reference: string | undefined
  readonly run: number
  readonly status: RequestStatus
  readonly createdAt: string
  readonly startedAt: string | undefined
  readonly finishedAt: string | undefined
  readonly deadline: string | undefined
  readonly runAt: string | undefined
  readonly attempt: number
  readonly progress: { readonly fraction: number | undefined; readonly message: string | undefined } | undefined
  /** Of a request that has succeeded. */
  readonly result: unknown
  /** Of a request that has ended otherwise: {code, message, details?}. */
  readonly error: unknown
  readonly callback: CallbackResource | undefined
  readonly links: { readonly self: string; readonly result: string }
}

/** A state of its own, so that a callback that cannot be delivered never hides a finished request. */
export type CallbackResource = {
  readonly url: string
  readonly status: 'pending' | Delivered['status']
  readonly attempts: number
  readonly lastStatusCode: number | undefined
  readonly nextAttemptAt: string | undefined
  readonly reason: string | undefined
}

/** What an id alone says, before any instance has read the request from its topic (I9). */
export type Identified = { readonly id: string; readonly type: string; readonly timeMs: number }

export const pathOf = (id: string): string => `/v1/requests/${id}`

/** Finished requests never become unfinished again but by a new run. */
export function statusOf(view: RequestView | undefined, nowMs: number): RequestStatus {
  if (view?.answer) return view.answer.outcome
  if (view?.startedAtMs !== undefined) return 'running'
  return scheduledForMs(view, nowMs) > 0 ? 'scheduled' : 'queued'
}

/** How long it is until it is due; 0 where it is, or was not asked to wait. */
export const scheduledForMs = (view: RequestView | undefined, nowMs: number): number =>
  view?.startedAtMs === undefined && !view?.answer ? Math.max(0, (view?.asked?.runAtMs ?? nowMs) - nowMs) : 0

/** The resource of a request; without a view it is queued. */
export function resourceOf(
  { id, type, timeMs }: Identified,
  view: RequestView | undefined,
  nowMs: number,
): RequestResource {
  const { asked, answer, progress } = view ?? {}
  const succeeded = answer?.outcome === 'succeeded'
  return {
    id,
    type,
    reference: asked?.reference,
    run: view?.run ?? 1,
    status: statusOf(view, nowMs),
    createdAt: timeText(asked?.createdAtMs ?? timeMs),
    startedAt: timeText(view?.startedAtMs),
    finishedAt: timeText(answer?.finishedAtMs),
    deadline: timeText(asked?.deadlineMs),
    runAt: timeText(asked?.runAtMs),
    attempt: view?.attempt ?? 0,
    progress: answer ? undefined : progress && { fraction: progress.fraction, message: progress.message },
    result: answer && succeeded ? JSON.parse(answer.json) : undefined,
    error: answer && !succeeded ? JSON.parse(answer.json) : undefined,
    callback: asked?.callbackUrl === undefined ? undefined : callbackOf(asked.callbackUrl, view?.delivered),
    links: { self: pathOf(id), result: `${pathOf(id)}/result` },
  }
}

const callbackOf = (url: string, delivered: Delivered | undefined): CallbackResource => ({
  url,
  status: delivered?.status ?? 'pending',
  attempts: delivered?.attempt ?? 0,
  lastStatusCode: delivered?.statusCode,
  nextAttemptAt: timeText(delivered?.nextAttemptAtMs),
  reason: delivered?.reason,
})

export type EntityTagOf = (view: RequestView | undefined, nowMs: number) => string

/**
 * An entity tag: the view's revision, with the store's identity, for a rebuilt store counts anew. That a request has become
 * due changes its resource, and not its view.
 */
export const entityTags = (identity: string): EntityTagOf => {
  const store = createHash('sha256').update(identity).digest('base64url').slice(0, 8)
  return (view, nowMs) => `"${store}.${view?.revision ?? 0}${scheduledForMs(view, nowMs) > 0 ? '.scheduled' : ''}"`
}

/** RFC 9110 §13.1.2, by weak comparison; several fields come joined by a comma. */
export const matches = (ifNoneMatch: string | undefined, entityTag: string): boolean =>
  ifNoneMatch?.split(',').some((each) => each.trim().replace(/^W\//, '') === entityTag || each.trim() === '*') ?? false

function timeText(timeMs: number): string
function timeText(timeMs: number | undefined): string | undefined
function timeText(timeMs: number | undefined): string | undefined {
  return timeMs === undefined ? undefined : isoTime(timeMs)
}
