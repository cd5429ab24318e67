// One wide log line per answer: what was asked of which route, by whom, how it ended and how long it took. No payloads,
// and no URLs as they came: the route's pattern and the request's id say as much.
import type { RequestHandler } from 'express'
import type { Logger } from '../app/context.ts'
import { ErrandError } from '../app/errors.ts'
import type { Client } from '../process/clients.ts'
import type { Clock } from '../process/clock.ts'
import type { Problem } from './problems.ts'

/** What the handlers of one exchange leave for its log line, in `response.locals`. */
export type Line = {
  client: Client
  /** The line's name where it is not `request.answered`. */
  event: string
  problem: Problem
  fields: Readonly<Record<string, unknown>>
}

/** `request.accepted`, `.answered`, `.refused` (4xx), `.failed` (5xx, with the reason), `.abandoned` (the client left first). */
export const answerLog =
  (log: Logger, clock: Clock): RequestHandler<object, unknown, unknown, unknown, Partial<Line>> =>
  (request, response, next) => {
    const startedAtMs = clock.now()
    response.on('close', () => {
      const { client, event = 'request.answered', problem, fields } = response.locals
      const line = {
        ...fields,
        method: request.method,
        route: (request.route as { readonly path?: string } | undefined)?.path,
        client: client?.name,
        status: response.statusCode,
        durationMs: clock.now() - startedAtMs,
      }
      if (!problem) log.info(response.writableFinished ? event : 'request.abandoned', line)
      else if (problem.status < 500) log.info('request.refused', { ...line, problem: problem.code })
      else logFailure(log, line, problem)
    })
    next()
  }

/** What we have a code for is a warning with its reason; anything else is an error with its stack. */
function logFailure(log: Logger, line: object, { status, code, cause }: Problem): void {
  if (status > 500 && cause instanceof ErrandError)
    log.warn('request.failed', { ...line, problem: code, reason: `${cause.code}: ${cause.message}` })
  else log.error('request.failed', { ...line, problem: code, error: cause })
}
