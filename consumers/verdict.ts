// What an attempt's end means for its message: pure, and the only place that decides about trying again.

import { ErrandError, PermanentError, RejectedError, UnavailableError } from '../app/errors.ts'
import type { RetryPolicy } from '../app/retry.ts'
import { backoffMs } from '../process/backoff.ts'
import { chance } from '../process/chance.ts'
import type { AttemptEnd } from './attempt.ts'

/** Why a message becomes a dead letter. `message` is for operators, never for clients. */
export type Cause = { readonly code: string; readonly message: string }

export type Verdict<T> =
  | { readonly kind: 'succeeded'; readonly value: T }
  | { readonly kind: 'rejected'; readonly error: RejectedError }
  | { readonly kind: 'again'; readonly afterMs: number; readonly counted: boolean; readonly cause: Cause }
  | { readonly kind: 'gaveUp'; readonly cause: Cause }
  | { readonly kind: 'aborted' }

export type VerdictInput = { readonly attempt: number; readonly retry: RetryPolicy; readonly random?: () => number }

/** Decides after attempt number `attempt` (1 is the first). */
export function verdict<T>(end: AttemptEnd<T>, { attempt, retry, random = chance }: VerdictInput): Verdict<T> {
  const again = (cause: Cause): Verdict<T> =>
    attempt < retry.attempts
      ? { kind: 'again', afterMs: backoffMs(attempt, { random }), counted: true, cause }
      : { kind: 'gaveUp', cause: { ...cause, code: 'retries-exhausted' } }
  switch (end.kind) {
    case 'returned':
      return { kind: 'succeeded', value: end.value }
    case 'aborted':
      return { kind: 'aborted' }
    case 'timedOut':
      return again({ code: 'timed-out', message: 'the attempt took longer than its timeout' })
    case 'threw': {
      const { error } = end
      const cause = causeOf(error)
      if (error instanceof RejectedError) return { kind: 'rejected', error }
      if (error instanceof UnavailableError)
        return { kind: 'again', afterMs: Math.max(0, error.afterMs), counted: false, cause }
      if (error instanceof PermanentError) return { kind: 'gaveUp', cause }
      return again(cause)
    }
    default:
      return end satisfies never
  }
}

/** An error in a letter's words: its code, and its message; for what is not ours with the first lines of its stack. */
export function causeOf(error: unknown): Cause {
  if (error instanceof ErrandError && !(error instanceof PermanentError))
    return { code: error.code, message: error.message }
  const code = error instanceof ErrandError ? error.code : 'handler-failed'
  const message =
    error instanceof Error ? (error.stack ?? error.message).split('\n').slice(0, 6).join('\n') : String(error)
  return { code, message }
}

/** The cause of an error that will be the same next time; throws the error where trying again makes sense. */
export function permanentCause(error: unknown): Cause {
  if (error instanceof ErrandError && !error.retriable) return causeOf(error)
  throw error
}
