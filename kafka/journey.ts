// What a copy of a record carries of its way so far, in headers beside the original's own: retry, delay and dead copies. Anyone
// may write headers, so they are read only where a record lies in a topic that holds copies; elsewhere they mean nothing.
import type { Headers, LogRecord, TopicPartition } from './log.ts'

export type Journey = {
  /** The record that all copies are of. */
  readonly origin: TopicPartition & { readonly offset: bigint }
  /** Attempts made in this round, before this copy was written. */
  readonly attempts: number
  /** Of this round; undefined where none has failed. */
  readonly firstFailedAtMs?: number
  /** How often it has been redriven. Each starts a round of attempts. */
  readonly redrives: number
  /** Attempts of all rounds before this one. */
  readonly attemptsBefore: number
}

/** Where a copy waits to get. */
export type Waiting = {
  readonly dueMs: number
  readonly to: TopicPartition
}

const names = {
  origin: 'errand-origin',
  attempts: 'errand-attempts',
  firstFailed: 'errand-first-failed',
  redrives: 'errand-redrives',
  attemptsBefore: 'errand-attempts-before',
  due: 'errand-due',
  to: 'errand-to',
} as const

/** Of a record that is no copy: its own place, and nothing behind it. */
export const newJourney = ({ topic, partition, offset }: LogRecord): Journey => ({
  origin: { topic, partition, offset },
  attempts: 0,
  redrives: 0,
  attemptsBefore: 0,
})

/** Of a record in a topic that holds copies. What is missing or makes no sense counts as that of a record that is no copy. */
export function readJourney(record: LogRecord): Journey {
  const text = textOf(record)
  const [attempts, redrives, attemptsBefore, firstFailedAtMs] = [
    count(text(names.attempts)),
    count(text(names.redrives)),
    count(text(names.attemptsBefore)),
    wholeNumber(text(names.firstFailed)),
  ]
  return {
    ...newJourney(record),
    ...(parsePlace(text(names.origin)) ?? {}),
    attempts: attempts ?? 0,
    redrives: redrives ?? 0,
    attemptsBefore: attemptsBefore ?? 0,
    ...(firstFailedAtMs === undefined ? {} : { firstFailedAtMs }),
  }
}

/** Where a record of a tier is to go; undefined where it does not say so. Whether it may go there is the reader's to judge. */
export function readWaiting(record: LogRecord): Waiting | undefined {
  const text = textOf(record)
  const dueMs = wholeNumber(text(names.due))
  const [, topic, partition] = /^(.+)\/(\d{1,9})$/.exec(text(names.to) ?? '') ?? []
  return dueMs === undefined || topic === undefined ? undefined : { dueMs, to: { topic, partition: Number(partition) } }
}

/**
 * The headers of a copy: those of the record, and its way in place of what they said of one. `asItWas` leaves alone what they
 * say of waiting.
 */
export function copyHeaders(
  record: Pick<LogRecord, 'headers'>,
  journey: Journey,
  waiting?: Waiting | 'asItWas',
): Headers {
  const { origin, attempts, firstFailedAtMs, redrives, attemptsBefore } = journey
  const headers = new Map(record.headers)
  const set = (name: string, text: string | number | undefined): void => {
    if (text === undefined) headers.delete(name)
    else headers.set(name, [Buffer.from(String(text))])
  }
  set(names.origin, `${origin.topic}/${origin.partition}/${origin.offset}`)
  set(names.attempts, attempts || undefined)
  set(names.firstFailed, firstFailedAtMs)
  set(names.redrives, redrives || undefined)
  set(names.attemptsBefore, attemptsBefore || undefined)
  if (waiting === 'asItWas') return headers
  set(names.due, waiting?.dueMs)
  set(names.to, waiting && `${waiting.to.topic}/${waiting.to.partition}`)
  return headers
}

const textOf =
  ({ headers }: LogRecord) =>
  (name: string): string | undefined =>
    headers.get(name)?.[0]?.toString('latin1')

/** One that is told on in an Avro int. */
const count = (text: string | undefined): number | undefined =>
  text !== undefined && text.length < 10 ? wholeNumber(text) : undefined

const wholeNumber = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined

function parsePlace(text: string | undefined): Pick<Journey, 'origin'> | undefined {
  const [, topic, partition, offset] = /^(.+)\/(\d{1,9})\/(\d{1,18})$/.exec(text ?? '') ?? []
  return topic && partition && offset
    ? { origin: { topic, partition: Number(partition), offset: BigInt(offset) } }
    : undefined
}
