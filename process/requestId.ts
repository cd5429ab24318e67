// Request ids (I9): time, type and client under a MAC, so that any instance can answer for an id that no store has yet.
//
//   req_ + base32hex of | time, ms 6 | key number 1 | type 4 | client 4 | random 7 | MAC 8 |   = 30 bytes, 48 characters
//
// base32hex (RFC 4648 §7) in lower case sorts as its bytes do, so ids sort by time. Type and client are the first four
// bytes of their SHA-256: enough to find the type among an app's few, and to refuse another client's id.
import { hash, type KeyObject, timingSafeEqual } from 'node:crypto'
import { hmacSha256, type Mac } from './hmac.ts'
import type { Keyring } from './keyring.ts'
import { randomBytes } from './random.ts'
import { remembered } from './remembered.ts'

export type RequestId = {
  readonly timeMs: number
  readonly isType: (type: string) => boolean
  readonly isClient: (client: string) => boolean
}

const prefix = 'req_'
const alphabet = '0123456789abcdefghijklmnopqrstuv'
const idBytes = 30
/** All but the MAC. */
const bodyBytes = 22
const macBytes = 8
const form = /^req_[0-9a-v]{48}$/

/** A new id. `random` is for simulations, whose ids repeat with their seed. */
export function newRequestId(
  keyring: Keyring,
  { type, client, timeMs }: { type: string; client: string; timeMs: number },
  random: (count: number) => Uint8Array = randomBytes,
): string {
  const bytes = Buffer.allocUnsafe(idBytes)
  bytes.writeUIntBE(timeMs, 0, 6)
  bytes[6] = keyring.current
  bytes.set(tag(type), 7)
  bytes.set(tag(client), 11)
  bytes.set(random(7), 15)
  bytes.write(mac(keyring.derive(keyring.current, 'id')!, bytes.subarray(0, bodyBytes)), bodyBytes, 'latin1')
  return prefix + base32(bytes)
}

/** What an id says, or undefined where it is not one of ours. */
export function parseRequestId(keyring: Keyring, id: string): RequestId | undefined {
  if (!form.test(id)) return undefined
  const bytes = unbase32(id.slice(prefix.length))
  const body = bytes.subarray(0, bodyBytes)
  const key = keyring.derive(body.readUInt8(6), 'id')
  if (!key || !timingSafeEqual(Buffer.from(mac(key, body), 'latin1'), bytes.subarray(bodyBytes))) return undefined
  const says = (at: number) => (name: string) => tag(name).equals(body.subarray(at, at + 4))
  return { timeMs: body.readUIntBE(0, 6), isType: says(7), isClient: says(11) }
}

/** When an id says that it was made, without asking whether it is ours: for what is authenticated in another way. */
export function timeOfId(id: string): number | undefined {
  if (!form.test(id)) return undefined
  let bits = 0
  for (let at = prefix.length; at < prefix.length + timeDigits; at++) bits = bits * 32 + digitOf(id.charCodeAt(at))
  return Math.floor(bits / 4)
}

/** 50 bits: the 48 of the time and two more. */
const timeDigits = 10

/** Of the few types and the clients of the day: a digest each at every request would be felt. */
const tag = remembered(1_000, (name) => hash('sha256', name, 'buffer').subarray(0, 4))

/** One a key: there are as many as master secrets. */
const macs = new WeakMap<KeyObject, Mac>()

function mac(key: KeyObject, body: Buffer): string {
  const known = macs.get(key) ?? hmacSha256(key)
  macs.set(key, known)
  return known(body).slice(0, macBytes)
}

const digits = Buffer.from(alphabet)

const base32 = (bytes: Buffer): string => {
  const text = Buffer.allocUnsafe((bytes.length * 8) / 5)
  let [held, bits, at] = [0, 0, 0]
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0xfff // 4 bits at most are left over
    for (bits += 8; bits >= 5; bits -= 5) text[at++] = digits[(held >> (bits - 5)) & 31]!
  }
  return text.toString('latin1')
}

/** Of a digit in the alphabet. */
const digitOf = (digit: number): number => (digit < 0x61 ? digit - 0x30 : digit - 0x57)

/** Of text in the alphabet, a whole number of bytes long. */
const unbase32 = (text: string): Buffer => {
  const bytes = Buffer.alloc((text.length * 5) / 8)
  let [held, bits, at] = [0, 0, 0]
  for (const digit of Buffer.from(text)) {
    held = ((held << 5) | digitOf(digit)) & 0xfff
    bits += 5
    if (bits < 8) continue
    bits -= 8
    bytes[at] = held >> bits
    at += 1
  }
  return bytes
}
