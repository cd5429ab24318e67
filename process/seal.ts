// The sealed header: what the platform must believe about a record although anyone may write to a topic.
//
//   | version 1 | key number 1 | IV 12 | ciphertext | GCM tag 16 |
//
// AES-256-GCM (NIST SP 800-38D) under a key derived from the master secret and the id's day. The additional data binds
// kind, id, run, type and the value's SHA-256, never topic, partition, offset or attempt: retry, delay and dead copies stay valid.
import { createCipheriv, createDecipheriv, hash, type KeyObject, randomBytes } from 'node:crypto'
import type { Keyring } from './keyring.ts'
import { parseRequestId } from './requestId.ts'

/** What travels sealed with a request and, sealed anew, with all that is told of it. */
export type Envelope = {
  readonly client: string
  /** The client's own id for the request. */
  readonly reference?: string
  readonly callbackUrl?: string
  /** When the answer is of no use any more, ms since the epoch. */
  readonly deadlineMs?: number
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

const version = 1

/** Seals an envelope to its record. Throws for an id that is not ours: only a request of this namespace can be sealed. */
export function seal(keyring: Keyring, record: Sealed, envelope: Envelope): Buffer {
  const key = keyFor(keyring, keyring.current, record.id)
  if (!key) throw new TypeError(`cannot seal: ${record.id} is not a request id of this namespace`)
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(bound(record))
  const text = Buffer.concat([cipher.update(JSON.stringify(envelope), 'utf8'), cipher.final()])
  return Buffer.concat([Buffer.from([version, keyring.current]), iv, text, cipher.getAuthTag()])
}

/** The envelope, or undefined where the seal is missing, forged, of another record, or of an unknown version or key. */
export function unseal(keyring: Keyring, record: Sealed, sealed: Buffer | undefined): Envelope | undefined {
  if (!sealed || sealed.length < 30 || sealed[0] !== version) return undefined
  const key = keyFor(keyring, sealed[1]!, record.id)
  if (!key) return undefined
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(2, 14))
    .setAAD(bound(record))
    .setAuthTag(sealed.subarray(-16))
  try {
    return JSON.parse(decipher.update(sealed.subarray(14, -16), undefined, 'utf8') + decipher.final('utf8'))
  } catch {
    return undefined // not authentic: the one thing that final() can say
  }
}

const keyFor = (keyring: Keyring, number: number, id: string): KeyObject | undefined => {
  const parsed = parseRequestId(keyring, id)
  return parsed && keyring.derive(number, `seal/${new Date(parsed.timeMs).toISOString().slice(0, 10)}`)
}

const bound = ({ kind, id, run, type, value }: Sealed): Buffer =>
  Buffer.from(JSON.stringify([kind, id, run, type, hash('sha256', value)]))
