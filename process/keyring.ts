// The master secrets and the keys derived from them. Key numbers travel in ids and seals, so old ones stay readable.
import { createSecretKey, hkdfSync, type KeyObject, randomBytes } from 'node:crypto'
import { ErrandError } from '../app/errors.ts'
import { remembered } from './remembered.ts'

/** What text is encrypted for; cipher.ts takes two keys for each. */
export type EncryptingUse = `seal/${string}` | 'client-secret'

/** What a derived key is for: no key serves two ends. */
export type KeyUse = 'id' | EncryptingUse | `${EncryptingUse}/mac` | `development/${'api-key' | 'callback-secret'}`

export type Keyring = {
  /** The number under which new ids and seals are made. */
  readonly current: number
  /** 32 bytes, HKDF-SHA-256 (RFC 5869) of that master secret, bound to namespace and use; undefined for an unknown number. */
  derive(number: number, use: KeyUse): KeyObject | undefined
}

const entry = /^(\d{1,3}):([A-Za-z0-9_-]{43,})$/

/**
 * Reads `ERRAND_SECRET`: `<number>:<base64url of 32 bytes or more>`, several by comma, the first is the current one.
 * Throws `invalid-secret`, without repeating the secret.
 */
export function parseKeyring(text: string, namespace: string): Keyring {
  const keys = new Map<number, (use: KeyUse) => KeyObject>()
  for (const [index, part] of text.split(',').entries()) {
    const match = entry.exec(part.trim())
    const number = Number(match?.[1])
    if (!match || number > 255 || keys.has(number))
      throw new ErrandError(
        'invalid-secret',
        `entry ${index + 1} of ERRAND_SECRET is not <number 0-255, each once>:<base64url of at least 32 bytes>`,
      )
    const secret = Buffer.from(match[2]!, 'base64url')
    const keyFor = (use: string) =>
      createSecretKey(Buffer.from(hkdfSync('sha256', secret, '', `errand/1/${namespace}/${use}`, 32)))
    keys.set(number, remembered(1_000, keyFor)) // seal keys go by day
  }
  return { current: keys.keys().next().value!, derive: (number, use) => keys.get(number)?.(use) }
}

/** A new master secret in the form that `parseKeyring` reads. */
export const newSecret = (number = 1): string => `${number}:${randomBytes(32).toString('base64url')}`
