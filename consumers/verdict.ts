// What an attempt's end means for its message: pure, and the only place that decides about trying again.

import { ErrandError, PermanentError, RejectedError, UnavailableError } from '../app/errors.ts'
import { longestInPlaceMs, type RetryPolicy } from '../app/retry.ts'
import { backoffMs } from '../process/backoff.ts'
import { chance } from '../process/chance.ts'
import type { AttemptEnd } from './attempt.ts'

/** Why a message becomes a dead letter: for operators, never for clients. `stack` has its first lines. */
export type Cause = { readonly code: string; readonly message: string; readonly stack?: string }

export type Verdict<T> =
  | { readonly kind: 'succeeded'; readonly value: T }
  | { readonly kind: 'rejected'; readonly error: RejectedError }
  /** Another try in place, the key held. */
  | { readonly kind: 'again'; readonly afterMs: number; readonly counted: boolean; readonly cause: Cause }
  /** Another try after a wait that is too long to hold anything: it leaves through delay. The attempt counts. */
  | { readonly kind: 'later'; readonly afterMs: number; readonly cause: Cause }
  /** What the handler depends on is down: nothing of its kind need be tried before that time. No attempt is counted. */
  | { readonly kind: 'unavailable'; readonly afterMs: number; readonly cause: Cause }
  | { readonly kind: 'gaveUp'; readonly cause: Cause }
  | { readonly kind: 'aborted' }

export type VerdictInput = {
  /** Tries so far, this one included. */
  readonly attempt: number
  readonly retry: RetryPolicy
  readonly nowMs: number
  /** Of the tries before this one. */
  readonly firstFailedAtMs?: number | undefined
  /** Whether there is no order to keep, so that it may wait elsewhere. Default false. */
  readonly mayLeave?: boolean
  /** Until when an answer is of use, ms since the epoch. */
  readonly deadlineMs?: number
  readonly random?: () => number
}

/** Decides after an attempt. */
export function verdict<T>(end: AttemptEnd<T>, input: VerdictInput): Verdict<T> {
  switch (end.kind) {
    case 'returned':
      return { kind: 'succeeded', value: end.value }
    case 'aborted':
      return { kind: 'aborted' }
    case 'timedOut':
      return afterFailure(timedOut(), input)
    case 'threw': {
      const error = seen(end.error)
      if (error instanceof RejectedError) return { kind: 'rejected', error }
      if (error instanceof UnavailableError)
        return { kind: 'unavailable', afterMs: heldMs(error.afterMs), cause: causeOf(error) }
      if (error instanceof PermanentError) return { kind: 'gaveUp', cause: causeOf(error) }
      return afterFailure(error, input)
    }
    default:
      return end satisfies never
  }
}

/** What was thrown, if one can look at it at all: a revoked proxy and a getter that throws cannot be. */
function seen(error: unknown): unknown {
  try {
    return error instanceof Error && typeof error.message !== 'string' ? new Error(String(error.message)) : error
  } catch {
    return new Error('something was thrown that cannot be looked at')
  }
}

/** A dependency is asked again at least so often, and no more often than that, whatever the handler says. */
const [shortestHeldMs, longestHeldMs] = [100, 300_000]

/** Whole, as times are on their way; also of what is no number. */
const heldMs = (afterMs: number): number =>
  afterMs >= shortestHeldMs ? Math.min(Math.ceil(afterMs), longestHeldMs) : shortestHeldMs

const timedOut = (): ErrandError =>
  new ErrandError('timed-out', 'the attempt took longer than its timeout', { retriable: true })

function afterFailure(error: unknown, input: VerdictInput): Exclude<Verdict<never>, { kind: 'succeeded' }> {
  const { attempt, retry, nowMs, firstFailedAtMs = nowMs, mayLeave = false } = input
  const { withinMs = Number.POSITIVE_INFINITY } = retry
  const { isWorthIt, cause } = judged(error, retry)
  const gaveUp = (code: string) => ({ kind: 'gaveUp', cause: givenUp(code, cause, error) }) as const
  if (!isWorthIt) return gaveUp('not-retriable')
  const { deadlineMs = Number.POSITIVE_INFINITY } = input
  const longestMs = mayLeave ? Number.POSITIVE_INFINITY : longestInPlaceMs
  const afterMs = Math.min(waitMs(attempt, retry, input.random), longestMs, Math.max(0, deadlineMs - nowMs))
  if (attempt >= retry.attempts || nowMs + afterMs > firstFailedAtMs + withinMs) return gaveUp('retries-exhausted')
  return afterMs > longestInPlaceMs
    ? { kind: 'later', afterMs, cause }
    : { kind: 'again', afterMs, counted: true, cause }
}

/** The wait after so many failed attempts, with full jitter. */
export const waitMs = (attempts: number, { firstWaitMs, maxWaitMs }: RetryPolicy, random = chance): number =>
  backoffMs(attempts, { baseMs: firstWaitMs, capMs: maxWaitMs, random })

/** A policy that cannot say whether an error is worth another try keeps no message from having one. */
function judged(error: unknown, { when }: RetryPolicy): { readonly isWorthIt: boolean; readonly cause: Cause } {
  const cause = named(error)
  try {
    return { isWorthIt: when === undefined || when(error), cause }
  } catch (fault) {
    return { isWorthIt: true, cause: { ...cause, message: `${cause.message} (retry.when threw: ${textOf(fault)})` } }
  }
}

/** Why it is given up, in the error's own words; with its code, where it has one that says something. */
const givenUp = (code: string, { code: of, message }: Cause, error: unknown): Cause => ({
  ...causeOf(error),
  code,
  message: of === unnamed ? message : `${of}: ${message}`,
})

/** The code of whatever is thrown that has none of ours. */
const unnamed = 'handler-failed'

const [maxMessage, maxFrames, maxFrame] = [2_000, 5, 300]

/** An error in a letter's words: its code, its message, and, for what a handler alone can explain, where it was thrown. */
export function causeOf(error: unknown): Cause {
  const isExplained = error instanceof ErrandError && !(error instanceof PermanentError)
  const stack = isExplained ? undefined : stackOf(error)
  return stack === undefined ? named(error) : { ...named(error), stack }
}

/** Without its stack, whose text is made when it is first looked at: most tries that fail are not the last. */
const named = (error: unknown): Cause => ({
  code: error instanceof ErrandError ? error.code : unnamed,
  message: textOf(error),
})

/** The line that names it and the first frames: its message is told apart, and may have any number of lines. */
function stackOf(error: unknown): string | undefined {
  const [head = '', ...lines] = stackText(error)?.split('\n') ?? []
  if (head === '') return undefined
  const frames = lines.filter((line) => line.startsWith('    at ')).slice(0, maxFrames)
  return [head, ...frames].map((line) => line.slice(0, maxFrame)).join('\n')
}

function stackText(error: unknown): string | undefined {
  try {
    return error instanceof Error && typeof error.stack === 'string' ? error.stack : undefined
  } catch {
    return undefined // a getter of somebody's
  }
}

/** Whatever can be thrown has a text. */
function textOf(error: unknown): string {
  try {
    const text = error instanceof Error ? error.message || error.name : String(error)
    return text.slice(0, maxMessage)
  } catch {
    return 'something that has no text was thrown'
  }
}

/** The cause of an error that will be the same next time; throws the error where trying again makes sense. */
export function permanentCause(error: unknown): Cause {
  if (error instanceof ErrandError && !error.retriable) return causeOf(error)
  throw error
}
