// Dead letters over HTTP, for clients that may operate: list, show, redrive, skip.
import type { Express, RequestHandler, Response } from 'express'
import { groupNamed } from '../../consumers/groupNamed.ts'
import type { LetterDesk } from '../../consumers/letters/letterDesk.ts'
import { detailView, eventView, groupLettersView, planView, skipView } from '../../consumers/letters/letterView.ts'
import type { RedriveEvent, SkipEvent } from '../../consumers/letters/redrive.ts'
import type { Catalogue } from '../../kafka/catalogue.ts'
import type { Clock } from '../../process/clock.ts'
import { sendJson } from '../answer.ts'
import type { Line } from '../answerLog.ts'
import { onlyMethods } from '../endings.ts'
import { jsonBody } from '../jsonBody.ts'
import { sendLines } from '../lines.ts'
import { Problem } from '../problems.ts'
import { readListOrder, readRedriveOrder, readSkipOrder } from './letterOrders.ts'
import { mayOperate, refusedAs } from './operators.ts'

export type LetterRouteOptions = {
  readonly letterDesk: LetterDesk
  readonly catalogue: Catalogue
  readonly clock: Clock
  /** As large as a letter's value that was edited may be. */
  readonly maxBodyBytes: number
  /** Aborts when the process begins to stop: what is running ends after its transaction (I7). */
  readonly stopping: AbortSignal
}

/** `id` where the route has it: a letter's has slashes, so it is the rest of the path. */
type Params = { readonly group: string; readonly id: string[] }
type Handler = RequestHandler<Params, unknown, unknown, unknown, Line>
type Answer = Response<unknown, Line>

const path = '/v1/ops/dead-letters'
const refused = refusedAs('unknown-group', 'not-editable', 'invalid-edit')

/** Adds the routes, each behind `guard` and the scope `operate`. */
export function addLetterRoutes(api: Express, guard: RequestHandler, options: LetterRouteOptions): void {
  const read = jsonBody(options.maxBodyBytes)
  const change = changes(options)
  const guards = [guard, mayOperate as RequestHandler]
  const get = (route: string, handle: Handler) =>
    api
      .route(route)
      .all(guards)
      .get(handle as RequestHandler)
      .all(onlyMethods('GET', 'HEAD'))
  const post = (route: string, handle: Handler) =>
    api
      .route(route)
      .all(guards)
      .post(handle as RequestHandler)
      .all(onlyMethods('POST'))
  get(path, list(options))
  get(`${path}/:group`, listOne(options))
  get(`${path}/:group/letters/*id`, show(options))
  post(`${path}/:group/redrive`, redrive(options, read, change))
  post(`${path}/:group/skip`, skip(options, read, change))
}

type Body = ReturnType<typeof jsonBody>

function list({ letterDesk, clock, stopping }: LetterRouteOptions): Handler {
  return async ({ query }, response) => {
    const { filter, ...rest } = readListOrder(query, clock.now())
    const groups = await asked(response, stopping, (signal) => letterDesk.list(undefined, filter, { ...rest, signal }))
    sendJson(response, 200, JSON.stringify({ groups: groups.map(groupLettersView) }))
  }
}

function listOne({ letterDesk, clock, stopping }: LetterRouteOptions): Handler {
  return async ({ params: { group }, query }, response) => {
    response.locals.fields = { group }
    const { filter, ...rest } = readListOrder(query, clock.now())
    const [letters] = await asked(response, stopping, (signal) => letterDesk.list(group, filter, { ...rest, signal }))
    sendJson(response, 200, JSON.stringify(groupLettersView(letters!)))
  }
}

function show({ letterDesk, stopping }: LetterRouteOptions): Handler {
  return async ({ params: { group, id } }, response) => {
    response.locals.fields = { group }
    const letter = await asked(response, stopping, (signal) => letterDesk.show(group, id.join('/'), { signal }))
    if (!letter) throw new Problem('unknown-letter', 'The group has no letter of this id.')
    sendJson(response, 200, JSON.stringify(detailView(letter)))
  }
}

function redrive({ letterDesk, clock, stopping }: LetterRouteOptions, read: Body, change: Change): Handler {
  return async (request, response) => {
    const { group } = request.params
    response.locals.fields = { group }
    const { filter, dryRun, edited, ...rest } = readRedriveOrder(await read(request, response), clock.now())
    if (dryRun) {
      const plan = await asked(response, stopping, (signal) => letterDesk.plan(group, filter, { signal }))
      return sendJson(response, 200, JSON.stringify(planView(plan)))
    }
    const values = edited && { edited: new Map([[edited.id, edited.value]]) }
    await change(group, response, (by, signal) =>
      viewed(letterDesk.redrive(group, filter, { ...rest, ...values, by, signal })),
    )
  }
}

async function* viewed(events: AsyncIterable<RedriveEvent>) {
  for await (const event of events) yield eventView(event)
}

function skip({ letterDesk, clock, stopping }: LetterRouteOptions, read: Body, change: Change): Handler {
  return async (request, response) => {
    const { group } = request.params
    response.locals.fields = { group }
    const { filter, dryRun } = readSkipOrder(await read(request, response), clock.now())
    if (dryRun) {
      const plan = await asked(response, stopping, (signal) => letterDesk.plan(group, filter, { signal }))
      return sendJson(response, 200, JSON.stringify(skipView(plan)))
    }
    await change(group, response, (by, signal) => letterDesk.skip(group, filter, { by, signal }))
  }
}

type Change = (
  group: string,
  response: Answer,
  start: (
    by: string,
    signal: AbortSignal,
  ) => AsyncIterable<{ readonly kind: RedriveEvent['kind'] | SkipEvent['kind'] }>,
) => Promise<void>

/**
 * Runs a redrive or skip and answers with its events; it ends early, after its transaction, when the client goes or the process
 * stops. A second one of a group would take it over from the first, so it is refused here.
 */
function changes({ catalogue, stopping }: LetterRouteOptions): Change {
  const running = new Set<string>()
  const change: Change = async (name, response, start) => {
    const { id } = groupNamed(catalogue.groups, name)
    if (running.has(id))
      throw new Problem('already-changing', 'A redrive or skip of this group is running here: wait for its end.')
    running.add(id)
    try {
      response.locals.event = 'letters.changed'
      const { name: by } = response.locals.client
      await sendLines(response, start(by, whileAsked(response, stopping)))
    } finally {
      running.delete(id)
    }
  }
  return (...args) => change(...args).catch(refused)
}

/** Aborts when the client has gone or the process stops. */
function whileAsked(response: Answer, stopping: AbortSignal): AbortSignal {
  const gone = new AbortController()
  if (response.destroyed) gone.abort()
  else response.once('close', () => gone.abort())
  return AbortSignal.any([gone.signal, stopping])
}

/** An answer that nobody waits for any more is not looked for to its end: it goes over all letters that there ever were. */
async function asked<T>(
  response: Answer,
  stopping: AbortSignal,
  look: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const signal = whileAsked(response, stopping)
  try {
    return await look(signal)
  } catch (error) {
    if (stopping.aborted)
      throw new Problem('stopping', 'Send it again: another process will take it.', { headers: { 'retry-after': '1' } })
    if (signal.aborted) throw new Problem('unavailable', 'The client has gone.', { cause: error })
    return refused(error)
  }
}
