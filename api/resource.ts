// The resource: what a client sees of its request (design 5), made from the view of it that the store has, if it has one.
import { createHash } from 'node:crypto'
import { isoTime } from '../process/isoTime.ts'
import type { Delivered, Outcome, RequestView } from '../store/store.ts'

export type RequestStatus = 'queued' | 'running' | Outcome

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
export const statusOf = (view: RequestView | undefined): RequestStatus =>
  view?.answer ? view.answer.outcome : view?.startedAtMs === undefined ? 'queued' : 'running'

/** The resource of a request; without a view it is queued. */
export function resourceOf({ id, type, timeMs }: Identified, view?: RequestView): RequestResource {
  const { asked, answer, progress } = view ?? {}
  const succeeded = answer?.outcome === 'succeeded'
  return {
    id,
    type,
    reference: asked?.reference,
    run: view?.run ?? 1,
    status: statusOf(view),
    createdAt: timeText(asked?.createdAtMs ?? timeMs),
    startedAt: timeText(view?.startedAtMs),
    finishedAt: timeText(answer?.finishedAtMs),
    deadline: timeText(asked?.deadlineMs),
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

/** An entity tag: the view's revision, with the store's identity, for a rebuilt store counts anew. */
export const entityTags = (identity: string): ((view: RequestView | undefined) => string) => {
  const store = createHash('sha256').update(identity).digest('base64url').slice(0, 8)
  return (view) => `"${store}.${view?.revision ?? 0}"`
}

/** RFC 9110 §13.1.2, by weak comparison; several fields come joined by a comma. */
export const matches = (ifNoneMatch: string | undefined, entityTag: string): boolean =>
  ifNoneMatch?.split(',').some((each) => each.trim().replace(/^W\//, '') === entityTag || each.trim() === '*') ?? false

function timeText(timeMs: number): string
function timeText(timeMs: number | undefined): string | undefined
function timeText(timeMs: number | undefined): string | undefined {
  return timeMs === undefined ? undefined : isoTime(timeMs)
}
