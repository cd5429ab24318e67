// Groups over HTTP, for clients that may operate: see who works on what and what blocks it; pause, resume, concurrency.
import type { Express, RequestHandler } from 'express'
import { isConcurrency, maxConcurrency, type Told } from '../../consumers/controls.ts'
import type { GroupDesk } from '../../consumers/groupDesk.ts'
import { sendJson } from '../answer.ts'
import type { Line } from '../answerLog.ts'
import { onlyMethods } from '../endings.ts'
import { invalid } from '../faults.ts'
import { jsonBody } from '../jsonBody.ts'
import { mayOperate, refusedAs } from './operators.ts'

type Handler = RequestHandler<{ group: string }, unknown, unknown, unknown, Line>

const maxBodyBytes = 1_024
const refused = refusedAs('unknown-group', 'not-controllable')

/** Adds the routes, each behind `guard` and the scope `operate`. */
export function addGroupRoutes(api: Express, guard: RequestHandler, desk: GroupDesk): void {
  const read = jsonBody(maxBodyBytes)
  const path = '/v1/ops/groups'
  const guards = [guard, mayOperate as RequestHandler]
  const tell =
    (changeOf: (body: () => Promise<unknown>) => Promise<Partial<Told>>): Handler =>
    async (request, response) => {
      const { group } = request.params
      response.locals.fields = { group }
      const change = await changeOf(() => read(request, response))
      const { paused, concurrency } = await desk.control(group, change).catch(refused)
      response.locals.event = 'group.told'
      response.locals.fields = { group, paused, concurrency }
      sendJson(response, 202, JSON.stringify({ group, paused, concurrency, links: { groups: path } }))
    }
  api
    .route(path)
    .all(guards)
    .get(async (_request, response) => sendJson(response, 200, JSON.stringify({ groups: await desk.view() })))
    .all(onlyMethods('GET', 'HEAD'))
  for (const [verb, paused] of [
    ['pause', true],
    ['resume', false],
  ] as const)
    api
      .route(`${path}/:group/${verb}`)
      .all(guards)
      .post(tell(async () => ({ paused })))
      .all(onlyMethods('POST'))
  api
    .route(`${path}/:group/concurrency`)
    .all(guards)
    .put(tell(async (body) => ({ concurrency: concurrencyIn(await body()) })))
    .all(onlyMethods('PUT'))
}

function concurrencyIn(body: unknown): number | null {
  const { concurrency } = Object(body) as { readonly concurrency?: unknown }
  if (concurrency === null || isConcurrency(concurrency)) return concurrency
  const message = `must be a whole number from 1 to ${maxConcurrency}, or null for what each process was started with`
  throw invalid([{ pointer: '/concurrency', message }])
}
