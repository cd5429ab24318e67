// Problems (RFC 9457): the one table of what can go wrong over HTTP, and the only place that decides an error's status.
// What an error says inside never leaves the process: only what a Problem was given to tell is written.
import type { ServerResponse } from 'node:http'
import { ErrandError } from '../app/errors.ts'
import { pathOf } from './resource.ts'
import { securityHeaders } from './securityHeaders.ts'

const table = {
  'malformed-request': { status: 400, title: 'The request cannot be read' },
  'malformed-json': { status: 400, title: 'The body is not JSON' },
  unauthenticated: { status: 401, title: 'An API key is needed' },
  forbidden: { status: 403, title: 'This client may not do that' },
  'unknown-route': { status: 404, title: 'There is nothing here' },
  'unknown-type': { status: 404, title: 'There is no such request type' },
  'unknown-request': { status: 404, title: 'There is no such request' },
  'unknown-group': { status: 404, title: 'There is no such group' },
  'unknown-letter': { status: 404, title: 'There is no such dead letter' },
  'method-not-allowed': { status: 405, title: 'The method is not allowed here' },
  timeout: { status: 408, title: 'The request took too long to arrive' },
  'not-finished': { status: 409, title: 'The request has not finished' },
  'not-succeeded': { status: 409, title: 'The request has no result' },
  'not-controllable': { status: 409, title: 'The group cannot be controlled' },
  'not-editable': { status: 409, title: 'The letter cannot be edited' },
  'already-changing': { status: 409, title: 'The letters of the group are being changed' },
  'no-longer-kept': { status: 410, title: 'The request is no longer kept' },
  'too-large': { status: 413, title: 'The body is too large' },
  'unsupported-media-type': { status: 415, title: 'The body must be application/json in UTF-8' },
  'invalid-request': { status: 422, title: 'The request is not valid' },
  'invalid-edit': { status: 422, title: 'The value does not fit its schema' },
  'headers-too-large': { status: 431, title: 'The headers are too large' },
  internal: { status: 500, title: 'Something went wrong here' },
  unavailable: { status: 503, title: 'This cannot be done now' },
  'outcome-unknown': { status: 503, title: 'The request may have been queued' },
  stopping: { status: 503, title: 'This process is stopping' },
  'not-ready': { status: 503, title: 'This process is not ready' },
} as const satisfies Readonly<Record<string, { readonly status: number; readonly title: string }>>

export type ProblemCode = keyof typeof table

export type ProblemOptions = {
  /** Members beside the standard ones, as they are written: never internal text. */
  readonly members?: Readonly<Record<string, unknown>>
  readonly headers?: Readonly<Record<string, string>>
  readonly cause?: unknown
}

/** An answer that is not a success. Throw it anywhere under the API; `detail` is read by the client. */
export class Problem extends ErrandError {
  readonly status: number
  readonly members: Readonly<Record<string, unknown>>
  readonly headers: Readonly<Record<string, string>>

  constructor(code: ProblemCode, detail: string, { members = {}, headers = {}, cause }: ProblemOptions = {}) {
    const { status, title } = table[code]
    super(code, detail, { retriable: status === 503, cause })
    this.status = status
    this.members = { type: `urn:errand:problem:${code}`, title, status, detail, ...members }
    this.headers = headers
  }
}

const retrySoon = { 'retry-after': '5' }

/** The problem that an error is to a client: its own if it is one, else what its code or the framework's status says. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (error instanceof ErrandError) return errandProblem(error)
  return isFramework(error) ? frameworkProblem(error) : internal(error)
}

type FrameworkError = Error & { readonly status: number; readonly limit?: number }

/** Express and its body reader mark what is the client's fault; a `status` on any other error means something else. */
const isFramework = (error: unknown): error is FrameworkError =>
  error instanceof URIError || (error instanceof Error && 'expose' in error && error.expose === true)

function frameworkProblem(cause: FrameworkError): Problem {
  if (cause.status === 413)
    return new Problem('too-large', `A body may have ${cause.limit ?? 'fewer'} bytes at most.`, { cause })
  if (cause.status === 415) return new Problem('unsupported-media-type', 'The content encoding is unknown.', { cause })
  return new Problem('malformed-request', 'The URL, the encoding or the length of the body is wrong.', { cause })
}

const errandProblem = (cause: ErrandError): Problem =>
  cause.retriable ? new Problem('unavailable', 'Send it again.', { headers: retrySoon, cause }) : internal(cause)

const internal = (cause: unknown): Problem => new Problem('internal', 'It has been logged.', { cause })

/** What the producer rejects with when it is certain that nothing was written. */
const notQueued = new Set(['not-sent', 'producer-full', 'unknown-topic', 'no-such-partition', 'closed'])

/**
 * What it is to a client that its request was not acknowledged (I2): surely not queued, never to be queued, or, for any
 * other reason, perhaps queued: then it may be done nevertheless, and the answer carries the id to ask for.
 */
export function notAcknowledged(id: string, cause: unknown): Problem {
  const code = cause instanceof ErrandError ? cause.code : ''
  if (code === 'record-too-large')
    return new Problem('too-large', 'The data is larger than a record may be.', { cause })
  if (notQueued.has(code))
    return new Problem('unavailable', 'Nothing was queued: send it again.', { headers: retrySoon, cause })
  return new Problem('outcome-unknown', 'It may be done nevertheless: ask for it by its id before you send it again.', {
    members: { id, links: { self: pathOf(id) } },
    headers: retrySoon,
    cause,
  })
}

/** Writes a problem as an answer. */
export function sendProblem(response: ServerResponse, { status, members, headers }: Problem): void {
  const body = JSON.stringify(members)
  response.writeHead(status, {
    ...securityHeaders,
    'cache-control': 'no-store',
    ...headers,
    'content-type': 'application/problem+json',
    'content-length': Buffer.byteLength(body),
  })
  response.end(body)
}

/** A problem as the text of a whole HTTP/1.1 answer, for a connection whose request could not even be parsed. */
export function problemMessage({ status, members }: Problem): string {
  const body = JSON.stringify(members)
  const head = ['content-type: application/problem+json', `content-length: ${Buffer.byteLength(body)}`]
  return [`HTTP/1.1 ${status} ${members.title}`, ...head, 'connection: close', '', body].join('\r\n')
}
