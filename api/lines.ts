// An answer of many lines, one JSON object each (application/x-ndjson), written as they come. They are few and small, so a client
// that does not read holds up nothing.
import type { Response } from 'express'
import type { Line } from './answerLog.ts'
import { problemOf } from './problems.ts'
import { securityHeaders } from './securityHeaders.ts'

/**
 * Sends `events` to their end, also when the client has gone: whoever yields them decides when to stop. What is thrown before
 * the first is thrown on, to be answered as a problem; what is thrown later is a last line of kind `failed`.
 */
export async function sendLines(
  response: Response<unknown, Partial<Line>>,
  events: AsyncIterable<{ readonly kind: string }>,
): Promise<void> {
  const coming = events[Symbol.asyncIterator]()
  let next = await coming.next()
  response.writeHead(200, {
    ...securityHeaders,
    'cache-control': 'private, no-cache',
    'content-type': 'application/x-ndjson',
  })
  const write = (event: { readonly kind: string }): void => {
    if (!response.destroyed) response.write(`${JSON.stringify(event)}\n`)
  }
  try {
    for (; !next.done; next = await coming.next()) write(next.value)
  } catch (error) {
    const problem = problemOf(error)
    response.locals.problem = problem
    write({ kind: 'failed', ...problem.members })
  }
  response.end()
}
