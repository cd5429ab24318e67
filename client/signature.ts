// Standard Webhooks 1.0.0, symmetric (https://github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md):
// HMAC-SHA256 over `<id>.<timestamp>.<body>`. The dispatcher signs with it, receivers verify with it. Imports nothing of Errand.
import { createHmac, timingSafeEqual } from 'node:crypto'

/** What one attempt signs. */
export type Signing = {
  /** The `webhook-id`. */
  readonly id: string
  /** The `webhook-timestamp`: this attempt's time in whole seconds since the epoch. */
  readonly timestampS: number
  readonly body: Uint8Array
  /** `whsec_` and the key in base64. */
  readonly secret: string
}

/** A request's headers: Node's `request.headers`, or a fetch `Headers`. Names in any case. */
export type CallbackHeaders = Headers | Readonly<Record<string, string | readonly string[] | undefined>>

export type Verifying = {
  readonly headers: CallbackHeaders
  /** The body as it came, byte for byte: not parsed and written again. */
  readonly body: Uint8Array | string
  /** `whsec_…`; several while one is being replaced. */
  readonly secret: string | readonly string[]
  /** The time to hold the timestamp against, in ms since the epoch. Default: now. */
  readonly nowMs?: number
  /** How far the timestamp may lie from now, in seconds. Default 300, as the specification's libraries have it. */
  readonly toleranceS?: number
}

/** Why a callback was not accepted; `secret-invalid` and `body-parsed` are mistakes of the receiver's own. */
export type Refusal =
  | 'headers-missing'
  | 'timestamp-invalid'
  | 'timestamp-too-old'
  | 'timestamp-too-new'
  | 'signature-mismatch'
  | 'secret-invalid'
  | 'body-parsed'

export type Verification =
  /** `id` is the same on every attempt: keep it for a while, and handle each id once. */
  | { readonly kind: 'verified'; readonly id: string; readonly timestampS: number }
  | { readonly kind: 'refused'; readonly reason: Refusal }

/** The `webhook-signature` of one attempt: `v1,<base64>`. Throws a TypeError, without repeating it, for a secret of another form. */
export function sign({ id, timestampS, body, secret }: Signing): string {
  const key = keyOf(secret)
  if (!key) throw new TypeError('a callback secret is "whsec_" followed by base64')
  return `v1,${mac(key, id, timestampS, body)}`
}

/** Whether a callback is ours, unchanged and recent. Never throws, whatever it is given; compares in constant time. */
export function verify({ headers, body, secret, nowMs = Date.now(), toleranceS = 300 }: Verifying): Verification {
  const [id, timestamp, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) =>
    header(headers, name),
  )
  if (!id || !timestamp || !signatures) return refused('headers-missing')
  if (!/^\d{1,15}$/.test(timestamp)) return refused('timestamp-invalid')
  const timestampS = Number(timestamp)
  const ageS = Math.floor(nowMs / 1_000) - timestampS
  if (ageS < -toleranceS) return refused('timestamp-too-new')
  if (!(ageS <= toleranceS)) return refused('timestamp-too-old') // not `>`: a time that is no number passes nothing
  if (typeof body !== 'string' && !(body instanceof Uint8Array)) return refused('body-parsed')
  const keys = [secret].flat().map(keyOf)
  if (keys.length === 0 || !keys.every((key) => key !== undefined)) return refused('secret-invalid')
  // Of several signatures, one per secret while secrets change or of a version unknown here, one match is enough.
  const given = signatures.split(' ').flatMap((each) => (each.startsWith('v1,') ? [Buffer.from(each.slice(3))] : []))
  const matches = keys
    .map((key) => Buffer.from(mac(key, id, timestampS, body)))
    .some((expected) => given.some((each) => each.length === expected.length && timingSafeEqual(each, expected)))
  return matches ? { kind: 'verified', id, timestampS } : refused('signature-mismatch')
}

/** Whether a text has the form of a callback secret. */
export const isSecret = (text: string): boolean => keyOf(text) !== undefined

const refused = (reason: Refusal): Verification => ({ kind: 'refused', reason })

const header = (headers: CallbackHeaders, wanted: string): string | undefined => {
  const value =
    headers instanceof Headers
      ? headers.get(wanted)
      : Object.entries(headers ?? {}).find(([name]) => name.toLowerCase() === wanted)?.[1]
  return typeof value === 'string' ? value : undefined
}

/** The key's bytes; the prefix may be missing, as the official libraries allow. */
const keyOf = (secret: string): Buffer | undefined => {
  if (typeof secret !== 'string') return undefined
  const [, base64] = /^(?:whsec_)?((?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)$/.exec(secret) ?? []
  return base64 ? Buffer.from(base64, 'base64') : undefined
}

const mac = (key: Buffer, id: string, timestampS: number, body: Uint8Array | string): string =>
  createHmac('sha256', key).update(`${id}.${timestampS}.`).update(body).digest('base64')
