// Text under keys of the master secret, readable for as long as that secret is in the keyring:
//
//   | version 2 | key number 1 | nonce 12 | ciphertext | tag 16 |
//
// AES-256 in counter mode (NIST SP 800-38A, blocks counted from 0), then HMAC-SHA-256 over what the text is bound to and all
// that comes before the tag (encrypt-then-MAC, as RFC 7518 §5.2 composes it). What it is bound to is not in it, and must be
// given again to read it. Not AES-256-GCM, because node:crypto makes an object a text for that, which alone would cost an API
// a tenth of its requests; here what does the work is made once a key.
import { createCipheriv, type KeyObject, timingSafeEqual } from 'node:crypto'
import { hmacSha256, type Mac } from './hmac.ts'
import type { EncryptingUse, Keyring } from './keyring.ts'
import { randomBytes } from './random.ts'

const version = 2
const nonceEnd = 14
const blockBytes = 16
const tagBytes = 16

export function encrypt(keyring: Keyring, use: EncryptingUse, boundTo: string, text: string): Buffer {
  const { keystream, mac } = keysOf(keyring, keyring.current, use)!
  const sealed = Buffer.allocUnsafe(nonceEnd + Buffer.byteLength(text) + tagBytes)
  sealed[0] = version
  sealed[1] = keyring.current
  sealed.set(randomBytes(nonceEnd - 2), 2)
  sealed.write(text, nonceEnd)
  crypt(sealed, keystream)
  sealed.set(tagOf(mac, boundTo, sealed), sealed.length - tagBytes)
  return sealed
}

/** The text, or undefined where it is forged, bound to something else, or of an unknown version or key. */
export function decrypt(keyring: Keyring, use: EncryptingUse, boundTo: string, sealed: Buffer): string | undefined {
  if (sealed.length < nonceEnd + tagBytes || sealed[0] !== version) return undefined
  const keys = keysOf(keyring, sealed[1]!, use)
  if (!keys || !timingSafeEqual(tagOf(keys.mac, boundTo, sealed), sealed.subarray(-tagBytes))) return undefined
  const opened = Buffer.from(sealed)
  crypt(opened, keys.keystream)
  return opened.toString('utf8', nonceEnd, opened.length - tagBytes)
}

/** The length first, so that no part of one can be taken for a part of the other. */
const tagOf = (mac: Mac, boundTo: string, sealed: Buffer): Buffer =>
  mac(`${boundTo.length}:`, boundTo, sealed.subarray(0, -tagBytes)).subarray(0, tagBytes)

/** Encrypts or decrypts in place what lies between nonce and tag. */
function crypt(sealed: Buffer, keystream: (counters: Buffer) => Buffer): void {
  const end = sealed.length - tagBytes
  const blocks = Math.ceil((end - nonceEnd) / blockBytes)
  const counters = Buffer.allocUnsafe(blocks * blockBytes)
  for (let block = 0; block < blocks; block++) {
    const start = block * blockBytes
    for (let at = 2; at < nonceEnd; at++) counters[start + at - 2] = sealed[at]!
    counters.writeUInt32BE(block, start + nonceEnd - 2)
  }
  const stream = keystream(counters)
  for (let at = nonceEnd; at < end; at++) sealed[at]! ^= stream[at - nonceEnd]!
}

type Keys = { readonly keystream: (counters: Buffer) => Buffer; readonly mac: Mac }

/** By the encrypting key. */
const made = new WeakMap<KeyObject, Keys>()

function keysOf(keyring: Keyring, number: number, use: EncryptingUse): Keys | undefined {
  const key = keyring.derive(number, use)
  if (!key) return undefined
  const known = made.get(key)
  if (known) return known
  // Block by block: the counters are ours, so that one object serves all texts.
  const cipher = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false)
  const keys = {
    keystream: (counters: Buffer) => cipher.update(counters),
    mac: hmacSha256(keyring.derive(number, `${use}/mac`)!),
  }
  made.set(key, keys)
  return keys
}
