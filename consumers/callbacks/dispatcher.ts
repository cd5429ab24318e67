// One attempt to deliver a claimed callback, and what follows from it: delivered, put off to the next attempt, or given up.
// What has to wait leaves through delay and holds nothing here meanwhile: no place in the window, no slot, no key.
import type { Logger } from '../../app/context.ts'
import type { Clock } from '../../process/clock.ts'
import type { Delivery } from '../../schemas/platform/generated.ts'
import type { ClientDirectory } from '../../store/clientDirectory.ts'
import type { Claim } from '../../store/store.ts'
import type { SealedAnswer } from '../answer.ts'
import type { DeadLetters } from '../deadLetter.ts'
import type { Handle, Message } from '../message.ts'
import type { Postpone, PutOff } from '../postpone.ts'
import { permanentCause } from '../verdict.ts'
import { callbackHeaders } from './body.ts'
import type { Deliveries } from './deliveries.ts'
import type { PostOutcome } from './outcome.ts'
import type { Poster } from './post.ts'
import { attemptsOf, lengthened, waitAfter } from './schedule.ts'

export type DispatcherOptions = {
  readonly clients: Pick<ClientDirectory, 'signing'>
  readonly poster: Poster
  readonly deliveries: Deliveries
  readonly letters: DeadLetters
  readonly postpone: Postpone
  /** As the app has them. */
  readonly waitsMs: readonly number[]
  readonly clock: Clock
  readonly logger: Logger
}

/** `disabled`: the client has been revoked, and nothing was sent. */
type Outcome = Exclude<PostOutcome, { readonly kind: 'crowded' }> | { readonly kind: 'disabled' }

export type Dispatch = (message: Message, answer: SealedAnswer, claim: Claim) => ReturnType<Handle>

export function dispatcher(options: DispatcherOptions): Dispatch {
  const { deliveries, letters, postpone, waitsMs, clock, logger } = options
  const post = posting(options)
  /** The receiver has had it: that this cannot be recorded must not send it again. */
  const recorded = (recording: Promise<void>): Promise<void> =>
    recording.catch((error: unknown) => {
      logger.error('delivery.notRecorded', permanentCause(error))
    })
  return async (message, answer, claim) => {
    const waitMs = waitAfter(waitsMs, message.attempt)
    const startedMs = clock.now()
    const outcome = await post(message, answer, claim, waitMs)
    const atMs = clock.now()
    const { id, run } = answer
    const attempt = numberOf(message)
    const told = { attempt, atMs, durationMs: atMs - startedMs }
    /** What the tier refuses for good it would refuse every time, and the receiver would have the callback every time. */
    const putOff = (off: PutOff): Promise<void> =>
      postpone(message, off).catch(async (error: unknown) => {
        const cause = permanentCause(error)
        const delivery = deliveryOf({ kind: 'failed', reason: 'it cannot wait here for another attempt' }, told)
        await recorded(deliveries.record(answer, delivery, message.signal))
        await letters.write(message, cause)
      })
    if (outcome.kind === 'crowded') {
      await putOff({ dueMs: atMs + outcome.afterMs, counted: false })
      logger.debug('callback.putOff', { id, run, attempt, afterMs: outcome.afterMs })
      return { kind: 'done' }
    }
    const nextMs =
      outcome.kind === 'failed' && waitMs !== undefined ? atMs + lengthened(waitMs, outcome.retryAfterMs) : undefined
    const delivery = deliveryOf(outcome, { ...told, nextMs })
    await recorded(deliveries.record(answer, delivery, message.signal))
    const { status, statusCode, durationMs, reason } = delivery
    logger.info('callback.attempted', { id, run, attempt, status, statusCode, durationMs, reason })
    if (nextMs !== undefined) await putOff({ dueMs: nextMs, counted: true })
    else if (status === 'failed')
      await letters.write(message, {
        code: 'callback-failed',
        message: reason ?? 'the callback could not be delivered',
      })
    return { kind: 'done' }
  }
}

/** The attempt's number as clients and the view see it: over all rounds, so that a redrive goes on counting. */
const numberOf = ({ attempt, journey }: Message): number => (journey?.attemptsBefore ?? 0) + attempt

/** Sends a callback once, in its client's name. */
const posting =
  ({ clients, poster, waitsMs, clock }: DispatcherOptions) =>
  async (
    message: Message,
    { id, run, envelope }: SealedAnswer,
    { url, body }: Claim,
    waitMs: number | undefined,
  ): Promise<Outcome | PostOutcome> => {
    const signing = await clients.signing(envelope.client)
    // A client who is not known or cannot be signed for may come back, from a backup say: its callbacks wait, then become dead letters.
    if (signing.kind === 'unknown') return { kind: 'failed', reason: 'the client that asked is not known here' }
    if (signing.kind === 'unreadable') return { kind: 'failed', reason: 'it cannot be signed here' }
    if (signing.kind === 'revoked') return { kind: 'disabled' }
    const nowMs = clock.now()
    const headers = callbackHeaders({
      id,
      run,
      attempt: numberOf(message),
      attempts: numberOf({ ...message, attempt: Math.max(message.attempt, attemptsOf(waitsMs)) }),
      secrets: signing.secrets,
      body,
      nowMs,
      ...(waitMs === undefined ? {} : { nextAttemptAtMs: nowMs + waitMs }),
    })
    return poster.post({ url, headers, body, signal: message.signal })
  }

function deliveryOf(
  outcome: Outcome,
  {
    attempt,
    atMs,
    durationMs,
    nextMs,
  }: {
    readonly attempt: number
    readonly atMs: number
    readonly durationMs: number
    readonly nextMs?: number | undefined
  },
): Delivery {
  const common = { attempt, at: new Date(atMs), durationMs, statusCode: null, nextAttemptAt: null, reason: null }
  switch (outcome.kind) {
    case 'delivered':
      return { ...common, status: 'delivered', statusCode: outcome.statusCode }
    case 'blocked':
      return { ...common, status: 'blocked', reason: outcome.reason }
    case 'disabled':
      return { ...common, status: 'disabled', reason: 'the client has been revoked' }
    case 'gone':
      return { ...common, status: 'failed', statusCode: 410, reason: 'the receiver says that this URL is gone' }
    case 'failed':
      return {
        ...common,
        status: nextMs === undefined ? 'failed' : 'delivering',
        statusCode: outcome.statusCode ?? null,
        reason: outcome.reason,
        nextAttemptAt: nextMs === undefined ? null : new Date(nextMs),
      }
    default:
      return outcome satisfies never
  }
}
