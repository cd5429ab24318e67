// The record of a request, whole: a worker needs nothing else to do it, nor the dispatcher to call back.
import { writeHeaders } from '../kafka/headers.ts'
import type { NewRecord } from '../kafka/log.ts'
import type { Keyring } from '../process/keyring.ts'
import { seal } from '../process/seal.ts'
import type { RequestType } from './requestTypes.ts'
import type { Submission } from './submission.ts'

export type AcceptedRequest = {
  readonly id: string
  readonly type: RequestType
  readonly client: string
  readonly timeMs: number
  readonly submission: Submission
  /** The caller's header as it came. */
  readonly traceparent: unknown
}

/** Requests of one client and ordering key share a record key, and so a partition (I3); any other's key is its id. */
export function requestRecord(
  { keyring, source }: { readonly keyring: Keyring; readonly source: string },
  { id, type: { name: type, encode }, client, timeMs, submission, traceparent }: AcceptedRequest,
): NewRecord {
  const { orderingKey, value: data, envelope } = submission
  const value = encode(data)
  const sealed = seal(keyring, { kind: 'request', id, run: 1, type, value }, { client, ...envelope })
  const attributes = { id, type, source, timeMs, subject: id, run: 1, seal: sealed }
  return {
    key: Buffer.from(orderingKey === undefined ? id : `${client}/${orderingKey}`),
    value,
    headers: writeHeaders(isTraceparent(traceparent) ? { ...attributes, traceparent } : attributes),
  }
}

/** W3C Trace Context, version 00; a trace or parent of zeros is none. Anything else is ignored, as the standard says. */
const isTraceparent = (given: unknown): given is string =>
  typeof given === 'string' && /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/.test(given)
