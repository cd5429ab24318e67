// The errors that Errand and its handlers throw. Two questions are answered here: is it worth trying again, whose fault is it?

/** What every error of Errand has: a stable `code` for programs, and whether the same call may succeed later. */
export class ErrandError extends Error {
  readonly code: string
  readonly retriable: boolean

  constructor(
    code: string,
    message: string,
    { retriable = false, cause }: { retriable?: boolean; cause?: unknown } = {},
  ) {
    super(message, { cause })
    this.name = new.target.name
    this.code = code
    this.retriable = retriable
  }
}

/**
 * The request itself cannot be granted: the client is told `code`, `message` and `details` as they are, the request is
 * `failed`, and there is no retry and no dead letter. `code` is for programs (`no-flights`), `details` is any JSON.
 */
export class RejectedError extends ErrandError {
  readonly details: unknown

  constructor(code: string, message: string, details?: unknown) {
    super(code, message)
    this.details = details
  }
}

/** A handler has sent what nobody could make a topic for. */
export const unlistedEvent = (name: string): ErrandError =>
  new ErrandError('unlisted-event', `a handler sent "${name}", which the app's events do not list`)

/** Never try this again: it becomes a dead letter now, and the client is told only that the request failed. */
export class PermanentError extends ErrandError {
  constructor(message: string, { cause }: { cause?: unknown } = {}) {
    super('permanent', message, { cause })
  }
}

/** Something that the handler depends on is down: try again `afterMs` milliseconds later; no attempt is counted. */
export class UnavailableError extends ErrandError {
  readonly afterMs: number

  constructor(afterMs: number, message = 'a dependency is not available', { cause }: { cause?: unknown } = {}) {
    super('unavailable', message, { retriable: true, cause })
    this.afterMs = afterMs
  }
}
