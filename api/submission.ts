// What a client submits: the body of `POST /v1/requests/{type}`, checked whole, so that one answer tells every problem.
import type { Envelope } from '../process/seal.ts'
import { parseJson } from '../schemas/json/json.ts'
import { type Fault, isObject, unknownProperties } from './faults.ts'
import type { RequestType } from './requestTypes.ts'

export type Submission = {
  /** What the type's encoder takes. */
  readonly value: unknown
  readonly orderingKey: string | undefined
  readonly envelope: Omit<Envelope, 'client'>
}

export type SubmissionRules = {
  readonly nowMs: number
  /** Why a callback URL is not allowed, or undefined. */
  readonly callbackPolicy: (url: string) => string | undefined
}

const properties = new Set(['data', 'callback', 'reference', 'orderingKey', 'deadline', 'runAt'])
const callbackProperties = new Set(['url'])
const maxNameLength = 200
/** A day less than ids are kept: who asks for the result in time still finds it. */
const maxAheadMs = 6 * 86_400_000

/** Reads a body. Pure. */
export function readSubmission(
  type: RequestType,
  body: unknown,
  { nowMs, callbackPolicy }: SubmissionRules,
):
  | { readonly kind: 'valid'; readonly submission: Submission }
  | { readonly kind: 'invalid'; readonly faults: Fault[] } {
  if (!isObject(body)) return { kind: 'invalid', faults: [{ pointer: '', message: 'must be an object with "data"' }] }
  const faults: Fault[] = unknownProperties(body, properties, '')
  const read = <T>(pointer: string, given: unknown, reader: (given: unknown) => Read<T>): T | undefined => {
    if (given === undefined) return undefined
    const result = reader(given)
    if (typeof result === 'string') faults.push({ pointer, message: result })
    else return result.read
    return undefined
  }
  const data = readData(type, body)
  faults.push(...data.faults)
  const { callback, reference: givenReference, orderingKey: givenKey, deadline, runAt } = body
  if (callback !== undefined) faults.push(...callbackFaults(callback))
  const url = isObject(callback) ? callback.url : undefined
  const callbackUrl = read('/callback/url', url, (given) => readUrl(given, callbackPolicy))
  const reference = read('/reference', givenReference, readName)
  const orderingKey = read('/orderingKey', givenKey, type.orderingKey ? readName : notOrdered)
  const deadlineMs = read('/deadline', deadline, (given) => readDeadline(given, nowMs))
  const runAtMs = read('/runAt', runAt, (given) =>
    readRunAt(given, { nowMs, deadlineMs, isOrdered: givenKey !== undefined }),
  )
  if (faults.length > 0) return { kind: 'invalid', faults }
  const envelope = {
    ...(reference !== undefined && { reference }),
    ...(callbackUrl !== undefined && { callbackUrl }),
    ...(deadlineMs !== undefined && { deadlineMs }),
    ...(runAtMs !== undefined && { runAtMs }),
  }
  return { kind: 'valid', submission: { value: data.value, orderingKey, envelope } }
}

/** What was read, or what is wrong with it. */
type Read<T> = { readonly read: T } | string

function readData(
  type: RequestType,
  body: Readonly<Record<string, unknown>>,
): { value?: unknown; faults: readonly Fault[] } {
  if (body.data === undefined) return { faults: [{ pointer: '/data', message: 'is missing' }] }
  const parsed = parseJson(type.input, body.data, '/data', type.retired ?? 'refused')
  return parsed.kind === 'valid' ? { value: parsed.value, faults: [] } : { faults: parsed.problems }
}

const callbackFaults = (callback: unknown): Fault[] => {
  if (!isObject(callback)) return [{ pointer: '/callback', message: 'must be an object with "url"' }]
  const missing = callback.url === undefined ? [{ pointer: '/callback/url', message: 'is missing' }] : []
  return [...unknownProperties(callback, callbackProperties, '/callback'), ...missing]
}

function readUrl(given: unknown, policy: SubmissionRules['callbackPolicy']): Read<string> {
  if (typeof given !== 'string') return 'must be a string'
  const reason = policy(given)
  return reason === undefined ? { read: given } : reason
}

/** A caller's own name for something: it is echoed in JSON, sealed and stored, so it must survive all three unchanged. */
function readName(given: unknown): Read<string> {
  if (typeof given !== 'string') return 'must be a string'
  if (given.length < 1 || given.length > maxNameLength) return `must have 1 to ${maxNameLength} characters`
  return given.isWellFormed() && !/\p{Cc}/u.test(given)
    ? { read: given }
    : 'must not hold control characters or half surrogates'
}

const notOrdered = (): Read<string> => 'is not accepted: requests of this type are not ordered'

const dateTime = /^(\d{4}-\d\d-\d\d)t(\d\d:\d\d:\d\d)(\.\d+)?(z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/i

function readTime(given: unknown): Read<number> {
  const [, date, time, fraction = '', zone = ''] = (typeof given === 'string' && dateTime.exec(given)) || []
  // Date.parse takes 30 February for 2 March: a date and time that exist come back as they went in
  const local = Date.parse(`${date}T${time}Z`)
  if (Number.isNaN(local) || new Date(local).toISOString() !== `${date}T${time}.000Z`)
    return 'must be an RFC 3339 date and time, such as 2030-01-31T12:00:00Z'
  return { read: Date.parse(`${date}T${time}${fraction.slice(0, 4)}${zone.toUpperCase()}`) }
}

function readDeadline(given: unknown, nowMs: number): Read<number> {
  const time = readTime(given)
  return typeof time === 'string' || time.read > nowMs ? time : 'must be in the future'
}

type RunAtRules = {
  readonly nowMs: number
  readonly deadlineMs: number | undefined
  readonly isOrdered: boolean
}

/** One that has passed is as good as now. */
function readRunAt(
  given: unknown,
  { nowMs, deadlineMs = Number.POSITIVE_INFINITY, isOrdered }: RunAtRules,
): Read<number> {
  const time = readTime(given)
  if (typeof time === 'string') return time
  if (isOrdered) return 'is not accepted with an orderingKey: what waits for its time keeps no order'
  if (time.read - nowMs > maxAheadMs) return 'must be no more than 6 days ahead'
  return time.read < deadlineMs ? time : 'must be before the deadline'
}
