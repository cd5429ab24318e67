// Who may ask, and with which secret they are called back. Until `errand clients` there is one client, `development`, whose
// key and secret derive from the master secret, so that every process of a system knows them without telling each other.
import { hash, timingSafeEqual } from 'node:crypto'
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
  const key = (use: 'api-key' | 'callback-secret/development') => keyring.derive(keyring.current, use)!.export()
  return {
    name: 'development',
    apiKey: `errand_dev_${key('api-key').subarray(0, 24).toString('base64url')}`,
    callbackSecret: `whsec_${key('callback-secret/development').toString('base64')}`,
  }
}

export function clientsOf(...clients: readonly Client[]): Clients {
  const digest = (text: string): Buffer => hash('sha256', text, 'buffer')
  const known = clients.map((client) => ({ client, digest: digest(client.apiKey) }))
  return {
    authenticate: (apiKey) => {
      const given = digest(apiKey)
      return known.find((each) => timingSafeEqual(each.digest, given))?.client
    },
    named: (name) => clients.find((client) => client.name === name),
  }
}
