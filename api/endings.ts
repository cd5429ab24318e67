// The last handlers of a chain: nothing that gets this far is left without an answer, and every such answer is a problem.
import type { ErrorRequestHandler, RequestHandler } from 'express'
import type { Line } from './answerLog.ts'
import { Problem, problemOf, sendProblem } from './problems.ts'

/** The end of every chain: whatever was thrown becomes a problem, and the log line of the answer carries it. */
export const answerProblem: ErrorRequestHandler<object, unknown, unknown, unknown, Partial<Line>> = (
  error,
  _request,
  response,
  _next,
) => {
  const problem = problemOf(error)
  response.locals.problem = problem
  if (response.headersSent) response.destroy()
  else sendProblem(response, problem)
}

export const unknownRoute: RequestHandler = () => {
  throw new Problem('unknown-route', 'The API is under /v1: see /v1/types.')
}

/** The last handler of a route. */
export const onlyMethods =
  (...methods: readonly string[]): RequestHandler =>
  ({ method }) => {
    const allow = methods.join(', ')
    throw new Problem('method-not-allowed', `${method} is not among ${allow}.`, { headers: { allow } })
  }
