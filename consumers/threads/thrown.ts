// An error on its way out of a handler thread: it arrives as what it was, so that a rejection stays one.
import { ErrandError, PermanentError, RejectedError, UnavailableError } from '../../app/errors.ts'

export type Thrown =
  /** `details` as JSON, which is all that a client could be told of them. */
  (
    | { readonly kind: 'rejected'; readonly code: string; readonly details: string | undefined }
    | { readonly kind: 'permanent' }
    | { readonly kind: 'unavailable'; readonly afterMs: number }
    | { readonly kind: 'errand'; readonly code: string; readonly retriable: boolean }
    | { readonly kind: 'error'; readonly name: string }
    /** No Error: `message` is its text. */
    | { readonly kind: 'value' }
  ) & { readonly message: string; readonly stack?: string }

export function thrown(error: unknown): Thrown {
  if (!(error instanceof Error)) return { kind: 'value', message: String(error) }
  const { message, stack } = error
  const said = { message, ...(stack === undefined ? {} : { stack }) }
  if (error instanceof RejectedError)
    return { kind: 'rejected', code: error.code, details: jsonOf(error.details), ...said }
  if (error instanceof PermanentError) return { kind: 'permanent', ...said }
  if (error instanceof UnavailableError) return { kind: 'unavailable', afterMs: error.afterMs, ...said }
  if (error instanceof ErrandError) return { kind: 'errand', code: error.code, retriable: error.retriable, ...said }
  return { kind: 'error', name: error.name, ...said }
}

/** What is to be thrown here. */
export function revived(from: Thrown): unknown {
  const error = errorOf(from)
  if (error instanceof Error && from.stack !== undefined) error.stack = from.stack
  return error
}

function errorOf(from: Thrown): Error | string {
  const { message } = from
  switch (from.kind) {
    case 'rejected':
      return new RejectedError(from.code, message, from.details === undefined ? undefined : JSON.parse(from.details))
    case 'permanent':
      return new PermanentError(message)
    case 'unavailable':
      return new UnavailableError(from.afterMs, message)
    case 'errand':
      return new ErrandError(from.code, message, { retriable: from.retriable })
    case 'error':
      return Object.assign(new Error(message), { name: from.name })
    case 'value':
      return message
    default:
      return from satisfies never
  }
}

/** Undefined for what has no JSON: the rejection itself must reach its client. */
function jsonOf(details: unknown): string | undefined {
  try {
    return JSON.stringify(details)
  } catch {
    return undefined
  }
}
