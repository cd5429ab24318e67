// Who may operate: clients that were added with `--operate`. And what an operator is told of a group that is not there.
import type { RequestHandler } from 'express'
import { ErrandError } from '../../app/errors.ts'
import type { Line } from '../answerLog.ts'
import { Problem, type ProblemCode } from '../problems.ts'

/** Comes after the guard that says who it is. */
export const mayOperate: RequestHandler<object, unknown, unknown, unknown, Line> = (_request, response, next) => {
  if (!response.locals.client.operate)
    throw new Problem('forbidden', 'This needs a client that may operate: "errand clients add <name> --operate".')
  next()
}

/** Throws what a desk has refused: under one of `codes` its words are for operators and go out, anything else does not. */
export const refusedAs =
  (...codes: readonly ProblemCode[]) =>
  (error: unknown): never => {
    const code = error instanceof ErrandError ? codes.find((each) => each === error.code) : undefined
    throw code === undefined ? error : new Problem(code, `${(error as Error).message}.`, { cause: error })
  }
