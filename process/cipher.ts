// Text under a key of the master secret, readable for as long as that secret is in the keyring:
//
//   | version 1 | key number 1 | IV 12 | ciphertext | GCM tag 16 |
//
// AES-256-GCM (NIST SP 800-38D). What the text is bound to is not in it, and must be given again to read it.
import { createCipheriv, createDecipheriv } from 'node:crypto'
import type { Keyring, KeyUse } from './keyring.ts'
import { randomBytes } from './random.ts'

const version = 1

export function encrypt(keyring: Keyring, use: KeyUse, boundTo: Buffer, text: string): Buffer {
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', keyring.derive(keyring.current, use)!, iv).setAAD(boundTo)
  const encrypted = cipher.update(text, 'utf8')
  cipher.final() // makes the tag; a stream cipher has nothing left over
  return Buffer.concat([Buffer.from([version, keyring.current]), iv, encrypted, cipher.getAuthTag()])
}

/** The text, or undefined where it is forged, bound to something else, or of an unknown version or key. */
export function decrypt(keyring: Keyring, use: KeyUse, boundTo: Buffer, sealed: Buffer): string | undefined {
  if (sealed.length < 30 || sealed[0] !== version) return undefined
  const key = keyring.derive(sealed[1]!, use)
  if (!key) return undefined
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(2, 14))
    .setAAD(boundTo)
    .setAuthTag(sealed.subarray(-16))
  try {
    return decipher.update(sealed.subarray(14, -16), undefined, 'utf8') + decipher.final('utf8')
  } catch {
    return undefined // not authentic: the one thing that final() can say
  }
}
