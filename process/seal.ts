// The sealed header: what the platform must believe about a record although anyone may write to a topic. Encrypted
// (cipher.ts) under a key of the id's day, and bound to kind, id, run, type and the value's SHA-256, never to topic,
// partition, offset or attempt: retry, delay and dead copies stay valid.
import { hash } from 'node:crypto'
import { decrypt, encrypt } from './cipher.ts'
import { isoTime } from './isoTime.ts'
import type { EncryptingUse, Keyring } from './keyring.ts'
import { timeOfId } from './requestId.ts'

/** What travels sealed with a request and, sealed anew, with all that is told of it. */
export type Envelope = {
  readonly client: string
  /** The client's own id for the request. */
  readonly reference?: string
  readonly callbackUrl?: string
  /** When the answer is of no use any more, ms since the epoch. */
  readonly deadlineMs?: number
  /** Not to be run before, ms since the epoch. */
  readonly runAtMs?: number
  /** On what is told of a request: when that happened, ms since the epoch. */
  readonly toldMs?: number
}

/** The record that a seal belongs to; a seal opens for exactly this. */
export type Sealed = {
  readonly kind: 'request' | 'result' | 'progress' | 'delivery'
  readonly id: string
  readonly run: number
  /** The record's `ce_type`: the request type, and after a dot what happened to it. */
  readonly type: string
  readonly value: Buffer
}

/** Seals an envelope to its record. Throws for what is no request id. */
export function seal(keyring: Keyring, record: Sealed, envelope: Envelope): Buffer {
  const use = useFor(record.id)
  if (!use) throw new TypeError(`cannot seal: ${record.id} is not a request id`)
  return encrypt(keyring, use, bound(record), JSON.stringify(envelope))
}

/** The envelope, or undefined where the seal is missing, forged, of another record, or of an unknown version or key. */
export function unseal(keyring: Keyring, record: Sealed, sealed: Buffer | undefined): Envelope | undefined {
  const use = sealed && useFor(record.id)
  const text = use && decrypt(keyring, use, bound(record), sealed)
  return text === undefined ? undefined : JSON.parse(text)
}

/** The key of the id's day. The id need not be ours: a seal under a key of this namespace authenticates it. */
const useFor = (id: string): EncryptingUse | undefined => {
  const timeMs = timeOfId(id)
  return timeMs === undefined ? undefined : useOn(Math.floor(timeMs / dayMs))
}

const dayMs = 86_400_000
/** Of the last day asked for: nearly all are of today. */
let lastDay = Number.NaN
let lastUse: EncryptingUse = 'seal/'

function useOn(day: number): EncryptingUse {
  if (day !== lastDay) [lastDay, lastUse] = [day, `seal/${isoTime(day * dayMs).slice(0, 10)}`]
  return lastUse
}

const bound = ({ kind, id, run, type, value }: Sealed): string =>
  JSON.stringify([kind, id, run, type, hash('sha256', value)])
