// Requests over HTTP: submit one (I2), look at it (I9), fetch its result. Nothing is queued unless every check has passed.
import type { Express, RequestHandler, Response } from 'express'
import { endOfTurn } from '../process/endOfTurn.ts'
import { newRequestId } from '../process/requestId.ts'
import type { Producer } from '../producers/producer.ts'
import type { RequestView } from '../store/store.ts'
import { sendJson } from './answer.ts'
import type { Line } from './answerLog.ts'
import { onlyMethods } from './endings.ts'
import { invalid } from './faults.ts'
import { jsonBody } from './jsonBody.ts'
import { notAcknowledged, Problem } from './problems.ts'
import { finished, type LookupOptions, lookUp } from './requestLookup.ts'
import { type AcceptedRequest, requestRecord } from './requestRecord.ts'
import { entityTags, matches, pathOf, resourceOf, scheduledForMs, statusOf } from './resource.ts'
import { readSubmission } from './submission.ts'

export type RequestOptions = LookupOptions & {
  readonly producer: Pick<Producer, 'send'>
  /** CloudEvents `source` of what is queued. */
  readonly source: string
  readonly callbackPolicy: (url: string) => string | undefined
  readonly maxBodyBytes: number
  /** Aborts when the process begins to stop: whoever waits is answered with what there is. */
  readonly stopping: AbortSignal
}

type Handler = RequestHandler<{ name: string }, unknown, unknown, unknown, Line>
type Answer = Response<unknown, Line>

/** Adds the routes, each behind `guard`. On a POST `name` is a request type's, else a request's id. */
export function addRequestRoutes(app: Express, guard: RequestHandler, options: RequestOptions): void {
  app
    .route('/v1/requests/:name')
    .all(guard)
    .post(submit(options))
    .get(readResource(options))
    .all(onlyMethods('GET', 'HEAD', 'POST'))
  app.route('/v1/requests/:name/result').all(guard).get(readResult(options)).all(onlyMethods('GET', 'HEAD'))
}

function submit(options: RequestOptions): Handler {
  const { types, keyring, clock, callbackPolicy, maxBodyBytes } = options
  const read = jsonBody(maxBodyBytes)
  return async (request, response) => {
    const type = types.get(request.params.name)
    if (!type) throw unknownType() // before the body is read: what nobody asked for need not be parsed
    const body = await read(request, response)
    const timeMs = clock.now()
    const checked = readSubmission(type, body, { nowMs: timeMs, callbackPolicy })
    if (checked.kind === 'invalid') throw invalid(checked.faults)
    const { submission } = checked
    const client = response.locals.client.name
    const id = newRequestId(keyring, { type: type.name, client, timeMs })
    response.locals.fields = { id, type: type.name }
    const { traceparent } = request.headers
    await queue(options, { id, type, client, timeMs, submission, traceparent })
    response.locals.event = 'request.accepted'
    const asked = { type: type.name, client, createdAtMs: timeMs, ...submission.envelope }
    const view = { id, run: 1, asked, attempt: 0, revision: 0 }
    const resource = JSON.stringify(resourceOf({ id, type: type.name, timeMs }, view, timeMs))
    await endOfTurn() // the broker acknowledges many at once
    sendJson(response, 202, resource, { location: pathOf(id), ...askAgain(view, timeMs) })
  }
}

const unknownType = (): Problem =>
  new Problem('unknown-type', 'The request types are listed at /v1/types.', {
    members: { links: { types: '/v1/types' } },
  })

/** Resolves when the broker has acknowledged the request (I2). */
async function queue(options: RequestOptions, request: AcceptedRequest): Promise<void> {
  const record = requestRecord(options, request)
  const kind = request.submission.orderingKey === undefined ? 'turn' : 'key'
  const deadlineMs = request.timeMs + options.sendDeadlineMs
  try {
    await options.producer.send(request.type.topic, record, { kind }, { deadlineMs })
  } catch (error) {
    throw notAcknowledged(request.id, error)
  }
}

/** Seconds after which asking again may tell something new. */
const askAgain = (view: RequestView | undefined, nowMs: number) => ({
  'retry-after': String(Math.max(1, Math.ceil(scheduledForMs(view, nowMs) / 1_000))),
})

function readResource(options: RequestOptions): Handler {
  const entityTagOf = entityTags(options.store.identity)
  return async (request, response) => {
    const waitMs = readWait(request.query)
    const { identified, view: first } = await find(options, request.params.name, response)
    const view = waitMs > 0 ? await waited(options, identified.id, first, waitMs, response) : first
    const nowMs = options.clock.now()
    const etag = entityTagOf(view, nowMs)
    response.setHeader('etag', etag)
    if (!view?.answer) response.setHeader('retry-after', askAgain(view, nowMs)['retry-after'])
    if (matches(request.headers['if-none-match'], etag)) response.status(304).end()
    else sendJson(response, 200, JSON.stringify(resourceOf(identified, view, nowMs)))
  }
}

const maxWaitSeconds = 60

function readWait(query: unknown): number {
  const { wait = '0' } = query as { readonly wait?: unknown }
  const seconds = typeof wait === 'string' && /^\d{1,2}$/.test(wait) ? Number(wait) : Number.NaN
  if (!(seconds <= maxWaitSeconds))
    throw new Problem('malformed-request', `"wait" must be whole seconds from 0 to ${maxWaitSeconds}.`)
  return seconds * 1_000
}

/** Waits until the request has finished, the time is over, the client has gone or the process stops. */
async function waited(
  { store, clock, stopping }: RequestOptions,
  id: string,
  view: RequestView | undefined,
  waitMs: number,
  response: Answer,
): Promise<RequestView | undefined> {
  const enough = new AbortController()
  using _timer = clock.after(waitMs, () => enough.abort())
  if (response.destroyed) enough.abort()
  else response.once('close', () => enough.abort())
  return await finished(store, id, view, AbortSignal.any([enough.signal, stopping]))
}

function readResult(options: RequestOptions): Handler {
  return async (request, response) => {
    const { view } = await find(options, request.params.name, response)
    const nowMs = options.clock.now()
    const requestStatus = statusOf(view, nowMs)
    if (!view?.answer)
      throw new Problem('not-finished', `It is ${requestStatus}: ask again later.`, {
        members: { requestStatus },
        headers: askAgain(view, nowMs),
      })
    if (requestStatus !== 'succeeded')
      throw new Problem('not-succeeded', `It has ${requestStatus}: see its resource.`, { members: { requestStatus } })
    sendJson(response, 200, view.answer.json)
  }
}

async function find(options: RequestOptions, id: string, response: Answer) {
  const found = await lookUp(options, id, response.locals.client.name)
  if (found.kind === 'unknown') throw new Problem('unknown-request', 'No request of yours has this id.')
  if (found.kind === 'no-longer-kept') throw new Problem('no-longer-kept', 'It is older than requests are kept.')
  response.locals.fields = { id, type: found.identified.type }
  return found
}
