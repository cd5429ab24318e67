// Text under keys of the master secret, readable for as long as that secret is in the keyring:
//
//   | version 2 | key number 1 | nonce 12 | first block 4 | ciphertext | tag 16 |
//
// AES-256 in counter mode (NIST SP 800-38A; nonce and block number are the counter), then HMAC-SHA-256 over what the text is
// bound to and all that comes before the tag (encrypt-then-MAC, as RFC 7518 §5.2 composes it). What it is bound to is not in
// it, and must be given again to read it. Not AES-256-GCM, because node:crypto makes an object a text for that, which alone
// would cost an API a tenth of its requests. Here a stretch of keystream is made at a time, and never used twice.
import { type Cipheriv, createCipheriv, type KeyObject, timingSafeEqual } from 'node:crypto'
import { hmacSha256, type Mac } from './hmac.ts'
import type { EncryptingUse, Keyring } from './keyring.ts'
import { randomBytes } from './random.ts'

const version = 2
const nonceAt = 2
const nonceBytes = 12
const blockAt = nonceAt + nonceBytes
const textAt = blockAt + 4
const blockBytes = 16
const tagBytes = 16
/** More than the longest text takes, see below. */
const stretchBlocks = 1_024
/** Far more than any text of ours; what is longer is forged, and not worth a MAC. */
const maxSealedBytes = 16_384

export function encrypt(keyring: Keyring, use: EncryptingUse, boundTo: string, text: string): Buffer {
  const keys = keysOf(keyring, keyring.current, use)!
  const textBytes = Buffer.byteLength(text)
  if (textAt + textBytes + tagBytes > maxSealedBytes) throw new RangeError(`${textBytes} bytes are too many to seal`)
  const sealed = Buffer.allocUnsafe(textAt + textBytes + tagBytes)
  const blocks = Math.ceil(textBytes / blockBytes)
  if (keys.block + blocks >= stretchBlocks) newStretch(keys)
  sealed[0] = version
  sealed[1] = keyring.current
  sealed.set(keys.nonce, nonceAt)
  sealed.writeUInt32BE(keys.block, blockAt)
  sealed.write(text, textAt)
  combine(sealed, keys.stretch, keys.block * blockBytes)
  keys.block += blocks
  sealed.write(tagOf(keys.mac, boundTo, sealed), sealed.length - tagBytes, tagBytes, 'latin1')
  return sealed
}

/** The text, or undefined where it is forged, bound to something else, or of an unknown version or key. */
export function decrypt(keyring: Keyring, use: EncryptingUse, boundTo: string, sealed: Buffer): string | undefined {
  if (sealed.length < textAt + tagBytes || sealed.length > maxSealedBytes || sealed[0] !== version) return undefined
  const keys = keysOf(keyring, sealed[1]!, use)
  if (!keys || !hasTag(sealed, tagOf(keys.mac, boundTo, sealed))) return undefined
  const opened = Buffer.from(sealed)
  const blocks = Math.ceil((sealed.length - textAt - tagBytes) / blockBytes)
  const nonce = sealed.subarray(nonceAt, blockAt)
  combine(opened, keystream(keys.cipher, nonce, sealed.readUInt32BE(blockAt), blocks), 0)
  return opened.toString('utf8', textAt, opened.length - tagBytes)
}

/** The length first, so that no part of one can be taken for a part of the other. What a text is bound to is well-formed. */
const tagOf = (mac: Mac, boundTo: string, sealed: Buffer): string =>
  mac(`${boundTo.length}:`, boundTo, sealed.subarray(0, -tagBytes)).slice(0, tagBytes)

const hasTag = (sealed: Buffer, tag: string): boolean =>
  timingSafeEqual(Buffer.from(tag, 'latin1'), sealed.subarray(-tagBytes))

/** Encrypts or decrypts in place. */
function combine(sealed: Buffer, stream: Buffer, from: number): void {
  const end = sealed.length - tagBytes
  for (let at = textAt; at < end; at++) sealed[at]! ^= stream[from + at - textAt]!
}

/** The cipher takes block by block, and the counters are ours, so one object serves for ever. */
function keystream(cipher: Cipheriv, nonce: Buffer, firstBlock: number, blocks: number): Buffer {
  const counters = Buffer.allocUnsafe(blocks * blockBytes)
  for (let start = 0, block = firstBlock; start < counters.length; start += blockBytes, block++) {
    counters.set(nonce, start)
    counters.writeUInt32BE(block, start + nonceBytes)
  }
  return cipher.update(counters)
}

type Keys = {
  readonly cipher: Cipheriv
  readonly mac: Mac
  /** Of the stretch that is being used up. */
  nonce: Buffer
  stretch: Buffer
  /** The first that has not been used. */
  block: number
}

function newStretch(keys: Keys): void {
  const nonce = randomBytes(nonceBytes)
  const stretch = keystream(keys.cipher, nonce, 0, stretchBlocks)
  Object.assign(keys, { nonce, stretch, block: 0 } satisfies Partial<Keys>) // all or, where it throws, nothing
}

/** By the encrypting key. */
const made = new WeakMap<KeyObject, Keys>()

function keysOf(keyring: Keyring, number: number, use: EncryptingUse): Keys | undefined {
  const key = keyring.derive(number, use)
  if (!key) return undefined
  const known = made.get(key)
  if (known) return known
  const keys = {
    cipher: createCipheriv('aes-256-ecb', key, null).setAutoPadding(false),
    mac: hmacSha256(keyring.derive(number, `${use}/mac`)!),
    nonce: Buffer.alloc(0),
    stretch: Buffer.alloc(0),
    block: stretchBlocks, // used up: who only reads needs none
  }
  made.set(key, keys)
  return keys
}
