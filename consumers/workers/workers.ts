// The role `workers`: competing workers. One group per request type; every process that joins takes its share.
import type { Request } from '../../app/request.ts'
import { longestInPlaceMs } from '../../app/retry.ts'
import type { Group } from '../../kafka/catalogue.ts'
import { type Attributes, readHeaders } from '../../kafka/headers.ts'
import type { LogRecord } from '../../kafka/log.ts'
import type { Clock } from '../../process/clock.ts'
import { isoTime } from '../../process/isoTime.ts'
import type { Keyring } from '../../process/keyring.ts'
import { unseal } from '../../process/seal.ts'
import type { DeadLetters } from '../deadLetter.ts'
import { isolationOf } from '../isolation.ts'
import type { Member } from '../member.ts'
import type { Handle, Message } from '../message.ts'
import { type Outbox, type OutgoingEvent, outbox } from '../outbox.ts'
import { findingOf, type Handled, type Handler, type PipelineOptions, pipeline, waitsForRegistry } from '../pipeline.ts'
import { type Postpone, postponing } from '../postpone.ts'
import { groupDeadLetters, groupMember, type Platform, type RunningGroup } from '../role.ts'
import type { Run } from '../run.ts'
import { type Cause, permanentCause } from '../verdict.ts'
import { reports } from './reports.ts'
import { type Results, results } from './results.ts'

/** The worker groups of the app's request types, or of those named. */
export const workers = (
  platform: Platform,
  resources: unknown,
  only: ReadonlySet<string>,
): Promise<readonly RunningGroup[]> =>
  Promise.all(
    platform.catalogue.groups
      .filter(({ role, name }) => role === 'workers' && (only.size === 0 || only.has(name)))
      .map(async (group) => ({ group, member: await workerMember(platform, group, resources) })),
  )

async function workerMember(platform: Platform, group: Group, resources: unknown): Promise<Member> {
  const request: Request<unknown> | undefined = platform.app.requests[group.name]
  if (!request) throw new TypeError(`the app has no request type "${group.name}"`)
  const isolation = isolationOf(platform, group)
  const running = { resources, ...(isolation && { enter: isolation.enter }) }
  const handle = await handleRequest(platform, group, request, running)
  const { retry } = request
  return groupMember(platform, group, { handle, retry, ...(isolation && { concurrency: isolation.concurrency }) })
}

/** What a successful attempt leaves to be written. */
type Concluded = { readonly value: Buffer; readonly events: readonly OutgoingEvent[] }

/** One request through its type's handler: done when its result is on `results` and, if it gave up, its letter is written. */
async function handleRequest(
  platform: Platform,
  group: Group,
  request: Request<unknown>,
  running: Pick<RequestPipelineOptions, 'resources' | 'enter'>,
): Promise<Handle> {
  const { clock, keyring } = platform
  const logger = platform.logger.child({ group: group.id })
  const sending = outbox(platform)
  const handle = await requestPipeline(platform, request, { ...running, group, logger, sending })
  const letters = groupDeadLetters(platform, group)
  const postpone = postponing({ ...platform, logger }, group)
  const conclude = conclusion({ results: await results(platform), letters, leave: sending.leave, postpone, clock })
  const report = await reports(platform)
  return async (message) => {
    const startedMs = clock.now()
    const attributes = readHeaders(message.record, message)
    const run = runOf(keyring, group.name, message.record, attributes)
    if (!run.envelope)
      logger.warn('request.unsealed', { id: run.id, why: 'no seal of this system: its result will be told to nobody' })
    const notDue = waitingFor(run, message, startedMs)
    if (notDue?.inPlace) return { kind: 'again', afterMs: notDue.leftMs, counted: false }
    if (notDue) {
      const dueMs = startedMs + notDue.leftMs
      await postpone(message, { dueMs, counted: false }).then(
        () => logger.info('request.putOff', { id: run.id, run: run.run, due: isoTime(dueMs) }),
        (error: unknown) => conclude(message, run, { kind: 'gaveUp', cause: permanentCause(error) }),
      )
      return { kind: 'done' }
    }
    const { started: onStarted, progressed: onProgress, failed } = report(run, message.attempt)
    const { deadlineMs } = run.envelope ?? {}
    const within = deadlineMs === undefined ? {} : { deadlineMs }
    const handled = await handle({ message, attributes, onStarted, onProgress, ...within })
    if (handled.kind === 'later' || (handled.kind === 'again' && handled.counted)) failed(handled.cause.code)
    const step = await conclude(message, run, handled)
    logger[waitsForRegistry(handled) ? 'debug' : 'info']('request.handled', {
      id: run.id,
      run: run.run,
      attempt: message.attempt,
      ended: handled.kind,
      sealed: run.envelope !== undefined,
      durationMs: clock.now() - startedMs,
      ...('cause' in handled ? { code: handled.cause.code } : {}),
    })
    return { ...step, found: findingOf(handled) }
  }
}

/** What is left of the time before which a request asked not to run. */
function waitingFor(
  { envelope }: Run,
  { killedItsProcess }: Message,
  nowMs: number,
): { readonly leftMs: number; readonly inPlace: boolean } | undefined {
  const leftMs = (envelope?.runAtMs ?? nowMs) - nowMs
  return leftMs > 0 && !killedItsProcess ? { leftMs, inPlace: leftMs <= longestInPlaceMs } : undefined
}

type RequestPipelineOptions = Pick<PipelineOptions<unknown, unknown, Concluded>, 'logger' | 'resources' | 'enter'> & {
  readonly group: Group
  readonly sending: Outbox
}

/** The pipeline of a request type: a result that its schema refuses is the handler's failure. */
async function requestPipeline(
  { catalogue, codec, clock, loop }: Platform,
  { input, result, handler, timeoutMs, retry, orderingKey }: Request<unknown>,
  { group, sending, ...running }: RequestPipelineOptions,
): Promise<ReturnType<typeof pipeline<unknown, unknown, Concluded>>> {
  const encode = await codec.encoder(`${catalogue.results}-${result.name}`, result)
  return pipeline({
    decode: (bytes) => codec.decode(bytes, input),
    handler: handler as Handler<unknown, unknown>,
    conclude: async (output, sent, { id, run, traceparent }) => ({
      value: encode(output),
      events: await sending.prepare(sent, { id: `${id}.${run}`, traceparent }),
    }),
    timeoutMs,
    retry,
    mayLeave: () => !orderingKey,
    clock,
    group: group.id,
    ...(loop && { loop }),
    ...running,
  })
}

/** Who asked, if the seal says so. A forged or missing one leaves work to be done and nobody to call back. */
function runOf(keyring: Keyring, type: string, record: LogRecord, attributes: Attributes): Run {
  const { id, run, seal, type: said, traceparent } = attributes
  const envelope =
    said === type && record.value
      ? unseal(keyring, { kind: 'request', id, run, type, value: record.value }, seal)
      : undefined
  return { id, run, type, envelope, ...(traceparent === undefined ? {} : { traceparent }) }
}

/** What clients are told of failures that are not theirs to know. */
const internal = { code: 'internal', message: 'the request could not be completed' }
const expired = { code: 'expired', message: 'the deadline passed before the request was done' }

type Ended = Exclude<Handled<Concluded>, { kind: 'again' | 'unavailable' | 'aborted' }>

type ConclusionOptions = {
  readonly results: Results
  readonly letters: DeadLetters
  readonly leave: (events: readonly OutgoingEvent[], signal: AbortSignal) => Promise<void>
  readonly postpone: Postpone
  readonly clock: Clock
}

/** Writes what an attempt's end means: events before the result, the result before the letter, all before the commit (I1). */
function conclusion({ results: written, letters, leave, postpone, clock }: ConclusionOptions) {
  const giveUp = async (message: Message, run: Run, cause: Cause): Promise<void> => {
    // A failure that is refused for good, for an id of half a megabyte say, must not keep the letter from being written.
    await written.failed(run, 'failed', internal, message.signal).catch((error: unknown) => void permanentCause(error))
    await letters.write(message, cause)
  }
  const conclude = async (message: Message, run: Run, handled: Ended): Promise<void> => {
    const { signal } = message
    switch (handled.kind) {
      case 'succeeded':
        await leave(handled.value.events, signal)
        return written.succeeded(run, handled.value.value, signal)
      case 'rejected':
        return written.failed(run, 'failed', handled.error, signal)
      case 'expired':
        return written.failed(run, 'expired', expired, signal)
      case 'gaveUp':
        return giveUp(message, run, handled.cause)
      case 'later':
        return postpone(message, { dueMs: clock.now() + handled.afterMs, counted: true })
      default:
        return handled satisfies never
    }
  }
  return async (message: Message, run: Run, handled: Handled<Concluded>): ReturnType<Handle> => {
    if (handled.kind === 'again') return handled
    if (handled.kind === 'unavailable') return { kind: 'again', afterMs: handled.afterMs, counted: false }
    if (handled.kind === 'aborted') return { kind: 'again', afterMs: 0, counted: false }
    // What the broker refuses for good, a result that is too large above all, would be refused every time.
    await conclude(message, run, handled).catch((error: unknown) => giveUp(message, run, permanentCause(error)))
    return { kind: 'done' }
  }
}
