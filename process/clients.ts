// Who may ask, and with which secret they are called back. Until `errand clients` there is one client, `development`, whose
// key and secret derive from the master secret, so that every process of a system knows them without telling each other.
import { createHash, timingSafeEqual } from 'node:crypto'
import type { Keyring } from './keyring.ts'

export type Client = {
  readonly name: string
  /** For `Authorization: Bearer …`. */
  readonly apiKey: string
  /** Standard Webhooks form: `whsec_` and base64. */
  readonly callbackSecret: string
}

export type Clients = {
  /** The client with this API key, compared in constant time. */
  authenticate(apiKey: string): Client | undefined
  named(name: string): Client | undefined
}

/** The one client of a development system. */
export function developmentClient(keyring: Keyring): Client {
  const key = (use: 'api-key' | 'callback-secret/development') => keyring.derive(keyring.current, use)!
  return {
    name: 'development',
    apiKey: `errand_dev_${key('api-key').subarray(0, 24).toString('base64url')}`,
    callbackSecret: `whsec_${key('callback-secret/development').toString('base64')}`,
  }
}

export function clientsOf(...clients: readonly Client[]): Clients {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest()
  return {
    authenticate: (apiKey) => clients.find((client) => timingSafeEqual(hash(client.apiKey), hash(apiKey))),
    named: (name) => clients.find((client) => client.name === name),
  }
}
