// What a client holds: an API key to ask with, and the secret that its callbacks are signed with. Both are told once. Of the
// key only a hash is kept; the secret must be readable to sign with, so it is kept encrypted, bound to the client's name.
//
//   errand_<8>_<24>     in base62, so that a double click takes it whole
//
// What scans code for leaked keys finds them as errand_[0-9A-Za-z]{8}_[0-9A-Za-z]{24}. The 8 are public: they tell which
// key is meant, and may be shown. The 24 have 136 bits, so a plain SHA-256 is the right hash: slow and salted ones are for what
// people choose (NIST SP 800-63B, 5.1.2.2: random secrets of 112 bits or more are hashed by an approved one-way function).
import { hash, randomBytes } from 'node:crypto'
import { decrypt, encrypt } from './cipher.ts'
import type { Keyring } from './keyring.ts'

export type Credentials = {
  /** For `Authorization: Bearer …`. */
  readonly apiKey: string
  /** Standard Webhooks form: `whsec_` and base64. */
  readonly callbackSecret: string
}

/** Credentials as they are kept: whoever reads them can neither ask nor sign. */
export type KeptCredentials = {
  /** The key's public part: `errand_` and 8 characters. */
  readonly keyId: string
  /** SHA-256 of the whole key, in base64. */
  readonly keyHash: string
  /** In base64. */
  readonly encryptedSecret: string
}

const form = /^(errand_[0-9A-Za-z]{8})_[0-9A-Za-z]{24}$/
const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

export const newCredentials = (): Credentials => credentialsOf(randomBytes(32), randomBytes(32))

/** The same in every process of one system: `errand dev` can print them at each start. */
export const developmentCredentials = (keyring: Keyring): Credentials => {
  const bytes = (use: 'api-key' | 'callback-secret') => keyring.derive(keyring.current, `development/${use}`)!.export()
  return credentialsOf(bytes('api-key'), bytes('callback-secret'))
}

/** Of 32 bytes each. A character takes 8 of 256 values more often than others: 5.67 bits of its 5.95 are certain. */
function credentialsOf(key: Buffer, secret: Buffer): Credentials {
  const text = Array.from(key, (byte) => alphabet[byte % 62]).join('')
  return {
    apiKey: `errand_${text.slice(0, 8)}_${text.slice(8)}`,
    callbackSecret: `whsec_${secret.toString('base64')}`,
  }
}

/** What a key is known by. Whoever guesses keys cannot choose their hashes, so it may be looked up as any text is. */
export const hashOf = (apiKey: string): string => hash('sha256', apiKey, 'base64')

/** The public part of a key; undefined for what is no key of ours. */
export const keyIdOf = (apiKey: string): string | undefined => form.exec(apiKey)?.[1]

export const keep = (keyring: Keyring, client: string, { apiKey, callbackSecret }: Credentials): KeptCredentials => ({
  keyId: keyIdOf(apiKey)!,
  keyHash: hashOf(apiKey),
  encryptedSecret: encrypt(keyring, 'client-secret', client, callbackSecret).toString('base64'),
})

/** Undefined where it was encrypted for another name, or under a master secret that is not in the keyring. */
export const callbackSecretOf = (
  keyring: Keyring,
  client: string,
  { encryptedSecret }: KeptCredentials,
): string | undefined => decrypt(keyring, 'client-secret', client, Buffer.from(encryptedSecret, 'base64'))
