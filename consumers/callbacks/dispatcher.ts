// One attempt to deliver a claimed callback, and what follows from it: delivered, another attempt, or given up. Until delay
// tiers carry them, retries happen in place: five attempts within thirty seconds, the slot free between them.
import type { Logger } from '../../app/context.ts'
import type { Clock } from '../../process/clock.ts'
import type { Delivery } from '../../schemas/platform/generated.ts'
import type { ClientDirectory } from '../../store/clientDirectory.ts'
import type { Claim } from '../../store/store.ts'
import type { SealedAnswer } from '../answer.ts'
import type { DeadLetters } from '../deadLetter.ts'
import type { Handle, Message } from '../message.ts'
import { permanentCause } from '../verdict.ts'
import { callbackHeaders } from './body.ts'
import type { Deliveries } from './deliveries.ts'
import type { Poster, PostOutcome } from './post.ts'

/** Five attempts that all run into their timeout, and the waits between them, take 30 s. */
const waitsMs = [500, 1_000, 2_000, 4_000] as const
const attemptMs = 4_500
const attempts = waitsMs.length + 1

export type DispatcherOptions = {
  readonly clients: Pick<ClientDirectory, 'signing'>
  readonly poster: Poster
  readonly deliveries: Deliveries
  readonly letters: DeadLetters
  readonly clock: Clock
  readonly logger: Logger
}

/** `disabled`: the client has been revoked, and nothing was sent. */
type Outcome = PostOutcome | { readonly kind: 'disabled' }

export type Dispatch = (message: Message, answer: SealedAnswer, claim: Claim) => ReturnType<Handle>

export function dispatcher({ clients, poster, deliveries, letters, clock, logger }: DispatcherOptions): Dispatch {
  const post = async (
    { attempt, signal }: Message,
    { id, run, envelope }: SealedAnswer,
    { url, body }: Claim,
  ): Promise<Outcome> => {
    const signing = await clients.signing(envelope.client)
    // A client who is not known or cannot be signed for may come back, from a backup say: its callbacks become dead letters.
    if (signing.kind === 'unknown') return { kind: 'failed', reason: 'the client that asked is not known here' }
    if (signing.kind === 'unreadable') return { kind: 'failed', reason: 'it cannot be signed here' }
    if (signing.kind === 'revoked') return { kind: 'disabled' }
    const nowMs = clock.now()
    const waitMs = waitsMs[attempt - 1]
    const headers = callbackHeaders({
      id,
      run,
      attempt,
      attempts,
      secrets: signing.secrets,
      body,
      nowMs,
      ...(waitMs === undefined ? {} : { nextAttemptAtMs: nowMs + waitMs }),
    })
    return poster.post({ url, headers, body, signal, timeoutMs: attemptMs })
  }
  /** The receiver has had it: that this cannot be recorded must not send it again. */
  const recorded = (recording: Promise<void>): Promise<void> =>
    recording.catch((error: unknown) => {
      logger.error('delivery.notRecorded', permanentCause(error))
    })
  return async (message, answer, claim) => {
    const { attempt, signal } = message
    const startedMs = clock.now()
    const outcome = await post(message, answer, claim)
    const waitMs = outcome.kind === 'failed' ? nextWaitMs(attempt, outcome.retryAfterMs) : undefined
    const delivery = deliveryOf(outcome, { attempt, atMs: clock.now(), durationMs: clock.now() - startedMs, waitMs })
    await recorded(deliveries.record(answer, delivery, signal))
    logger.info('callback.attempted', {
      id: answer.id,
      run: answer.run,
      attempt,
      status: delivery.status,
      statusCode: delivery.statusCode,
      durationMs: delivery.durationMs,
      reason: delivery.reason,
    })
    if (waitMs !== undefined) return { kind: 'again', afterMs: waitMs, counted: true }
    if (delivery.status === 'failed')
      await letters.write(message, {
        code: 'callback-failed',
        message: delivery.reason ?? 'the callback could not be delivered',
      })
    return { kind: 'done' }
  }
}

/** How long until the next attempt; undefined after the last. What a receiver asks for lengthens a wait, to the longest of the schedule. */
function nextWaitMs(attempt: number, retryAfterMs = 0): number | undefined {
  const waitMs = waitsMs[attempt - 1]
  return waitMs === undefined ? undefined : Math.max(waitMs, Math.min(retryAfterMs, Math.max(...waitsMs)))
}

function deliveryOf(
  outcome: Outcome,
  {
    attempt,
    atMs,
    durationMs,
    waitMs,
  }: {
    readonly attempt: number
    readonly atMs: number
    readonly durationMs: number
    readonly waitMs: number | undefined
  },
): Delivery {
  const common = { attempt, at: atMs, durationMs, statusCode: null, nextAttemptAt: null, reason: null }
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
        status: waitMs === undefined ? 'failed' : 'delivering',
        statusCode: outcome.statusCode ?? null,
        reason: outcome.reason,
        nextAttemptAt: waitMs === undefined ? null : atMs + waitMs,
      }
    default:
      return outcome satisfies never
  }
}
