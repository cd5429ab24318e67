// The way of one message through a handler, in one visible order: decode, deadline, attempt, verdict. What then becomes of
// the verdict (a result, a dead letter, another try) is the group's.
import type { Context, Logger } from '../app/context.ts'
import { ErrandError } from '../app/errors.ts'
import type { KeyedEvent } from '../app/event.ts'
import type { RetryPolicy } from '../app/retry.ts'
import type { Attributes } from '../kafka/headers.ts'
import type { LogRecord } from '../kafka/log.ts'
import type { Clock } from '../process/clock.ts'
import { attempt } from './attempt.ts'
import type { Finding } from './circuit.ts'
import type { LoopWatch } from './loopWatch.ts'
import type { Message } from './message.ts'
import { type Report, throttled } from './progress.ts'
import { type Cause, causeOf, type Verdict, verdict } from './verdict.ts'

/** An event that a handler has sent: it leaves if the attempt succeeds. */
export type Sent = { readonly event: KeyedEvent; readonly record: unknown }

export type Handled<T> = Verdict<T> | { readonly kind: 'expired' }

export type Handler<Input, Output> = (input: Input, context: Context) => Promise<Output>

/** Room for one attempt; disposed when it has ended. */
export type Place<Input, Output> = { readonly handler: Handler<Input, Output> } & Disposable

export type PipelineOptions<Input, Output, T> = {
  /** Of its group, for logs. */
  readonly group: string
  /** Throws, or rejects, with `undecodable`, or with what is retriable. */
  readonly decode: (bytes: Buffer | null) => Input | Promise<Input>
  readonly handler: Handler<Input, Output>
  /**
   * Where the handler runs in a thread: resolves when one is free, which takes nothing off the attempt's timeout; with
   * undefined where the signal aborts first.
   */
  readonly enter?: (signal: AbortSignal) => Promise<Place<Input, Output> | undefined>
  /** Makes what has to be written of the handler's output and what it sent; if this throws, the attempt has failed. */
  readonly conclude: (output: Output, sent: readonly Sent[], attributes: Attributes) => Promise<T>
  readonly timeoutMs: number
  readonly retry: RetryPolicy
  /** Whether a record has no order to keep, so that it may wait elsewhere. Default: none may. */
  readonly mayLeave?: (record: LogRecord) => boolean
  readonly clock: Clock
  readonly logger: Logger
  readonly resources: unknown
  readonly loop?: LoopWatch
}

export type PipelineInput = {
  readonly message: Message
  readonly attributes: Attributes
  /** When the answer is of no use any more, ms since the epoch. */
  readonly deadlineMs?: number
  /** Told when the handler is about to run. */
  readonly onStarted?: () => void
  readonly onProgress?: (report: Report) => void
}

/** Of what a handler tells of its progress. */
const maxProgressText = 1_000

/** How soon a message looks again for its schema; what asks in earnest waits longer (watchedRegistry.ts, awaitedSchemas.ts). */
const registryRetryMs = 1_000

const notTried = new Set(['registry-unavailable', 'schema-unknown'])

/** Whether it was not tried at all, for want of the registry or of its schema: that is told of once for all, not each time. */
export const waitsForRegistry = (handled: Handled<unknown>): boolean =>
  handled.kind === 'again' && !handled.counted && notTried.has(handled.cause.code)

const up: Finding = { kind: 'up' }

/** What a message's end says of what its handler depends on: nothing where it was not run, or told to stop. */
export function findingOf(handled: Handled<unknown>): Finding | undefined {
  switch (handled.kind) {
    case 'unavailable':
      return { kind: 'down', forMs: handled.afterMs, why: handled.cause.message }
    case 'succeeded':
    case 'rejected':
    case 'later':
      return up
    case 'again':
      return handled.counted ? up : undefined
    case 'gaveUp':
      return handled.cause === killed || handled.cause.code === 'undecodable' ? undefined : up
    case 'expired':
    case 'aborted':
      return undefined
    default:
      return handled satisfies never
  }
}

const killed: Cause = {
  code: 'killed-its-process',
  message:
    'its process ended, or was taken for dead, while this record alone was under suspicion, more than once, so it was not run again; see what the process wrote before',
}

/** A function that handles a message once. It never rejects. */
export function pipeline<Input, Output, T>(
  options: PipelineOptions<Input, Output, T>,
): (input: PipelineInput) => Promise<Handled<T>> {
  const { enter } = options
  return async (input) => {
    const { message } = input
    if (message.killedItsProcess) return { kind: 'gaveUp', cause: killed }
    const decoded = await decode(options.decode, message.record.value)
    if (decoded.kind !== 'decoded') return decoded
    if (!enter) return tryOnce(options, input, decoded.value)
    using place = await enter(message.signal)
    return place ? await tryOnce({ ...options, handler: place.handler }, input, decoded.value) : { kind: 'aborted' }
  }
}

/** Deadline, attempt, verdict. */
async function tryOnce<Input, Output, T>(
  options: PipelineOptions<Input, Output, T>,
  input: PipelineInput,
  value: Input,
): Promise<Handled<T>> {
  const { group, handler, conclude, timeoutMs, retry, mayLeave, clock, loop } = options
  const { message, deadlineMs = Number.POSITIVE_INFINITY, onStarted } = input
  const nowMs = clock.now()
  const leftMs = deadlineMs - nowMs
  if (leftMs <= 0) return { kind: 'expired' }
  onStarted?.()
  const sent: Sent[] = []
  using report = throttled((each) => input.onProgress?.(each), clock)
  const work = async (signal: AbortSignal): Promise<T> => {
    const context = contextOf(options, input, { sent, report, signal })
    let output: Output
    try {
      const answering = handler(value, context)
      loop?.paused(group, context, clock.now() - nowMs)
      output = await answering
    } finally {
      loop?.ended(group, context)
    }
    return conclude(output, sent, input.attributes)
  }
  const end = await attempt(work, { timeoutMs: Math.min(timeoutMs, leftMs), signal: message.signal, clock })
  if (end.kind === 'timedOut' && clock.now() >= deadlineMs) return { kind: 'expired' }
  const { attempt: number, firstFailedAtMs, record } = message
  const failed = { firstFailedAtMs, nowMs: clock.now(), mayLeave: mayLeave?.(record) ?? false }
  return verdict(end, { attempt: number, retry, deadlineMs, ...failed })
}

type Decoded<T> =
  | { readonly kind: 'decoded'; readonly value: T }
  | Extract<Verdict<never>, { kind: 'again' | 'gaveUp' }>

/** An undecodable record will never be decodable; a registry that is down, or that does not know its schema yet, makes it wait. */
async function decode<T>(
  decodeValue: (bytes: Buffer | null) => T | Promise<T>,
  bytes: Buffer | null,
): Promise<Decoded<T>> {
  try {
    return { kind: 'decoded', value: await decodeValue(bytes) }
  } catch (error) {
    const cause = causeOf(error)
    const retriable = error instanceof ErrandError && error.retriable
    return retriable
      ? { kind: 'again', afterMs: registryRetryMs, counted: false, cause }
      : { kind: 'gaveUp', cause: { ...cause, code: 'undecodable' } }
  }
}

function contextOf(
  { logger, resources }: Pick<PipelineOptions<never, unknown, unknown>, 'logger' | 'resources'>,
  { message, attributes }: PipelineInput,
  {
    sent,
    report,
    signal,
  }: { readonly sent: Sent[]; readonly report: (report: Report) => void; readonly signal: AbortSignal },
): Context {
  const { id, run, own } = attributes
  const { record, attempt: number } = message
  return {
    id,
    key: record.key?.toString('utf8') ?? null,
    attempt: number,
    run,
    headers: own,
    signal,
    log: logger.child({ id, attempt: number }),
    resources,
    progress: (fraction, text) =>
      report({
        fraction: Math.min(1, Math.max(0, Number(fraction) || 0)), // whoever writes in JavaScript may give anything
        ...(text === undefined || text === null ? {} : { message: String(text).slice(0, maxProgressText) }),
      }),
    send: (event, value) => void sent.push({ event, record: value }),
  }
}
