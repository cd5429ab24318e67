// Who may ask, and with which secrets they are called back: the clients as they were at one time, made for looking up.
import { type ClientEntry, developmentName } from './clientEntry.ts'
import type { Clock } from './clock.ts'
import { type Credentials, callbackSecretOf, developmentCredentials, hashOf } from './credentials.ts'
import type { Keyring } from './keyring.ts'

export type Client = {
  readonly name: string
  /** It may see and control what the system does: `/v1/ops`. */
  readonly operate?: true
}

/** What the callbacks of a client are signed with, now. */
export type Signing =
  /** Newest first; one more than one while they are being replaced. */
  | { readonly kind: 'active'; readonly secrets: readonly [string, ...string[]] }
  | { readonly kind: 'revoked' }
  | { readonly kind: 'unknown' }
  /** Under a master secret that this process does not have, or in a form that it does not know. */
  | { readonly kind: 'unreadable' }

export type Clients = {
  /** The client that this key is valid for, now: a look into a map, and one hash where it has not been asked about before. */
  authenticate(apiKey: string): Client | undefined
  signing(name: string): Signing
  /** How many may ask: those that are not revoked. */
  readonly active: number
  /** Those among them that cannot be signed for here. */
  readonly unreadable: readonly string[]
}

type Key = { readonly client: Client; readonly validUntilMs: number }
type Secret = { readonly secret: string | undefined; readonly validUntilMs: number }

export function clientsOf(
  entries: readonly ClientEntry[],
  { keyring, clock }: { readonly keyring: Keyring; readonly clock: Pick<Clock, 'now'> },
): Clients {
  const active = entries.filter(({ revokedAtMs }) => revokedAtMs === undefined)
  const names = new Set(entries.map(({ name }) => name))
  const keys = new Map<string, Key>()
  const secrets = new Map<string, readonly Secret[]>()
  for (const entry of active) {
    const client: Client = { name: entry.name, ...(entry.operate === true && { operate: true }) }
    const all = [
      { ...entry.current, validUntilMs: Number.POSITIVE_INFINITY },
      ...(entry.previous ? [entry.previous] : []),
    ]
    for (const { keyHash, validUntilMs } of all) keys.set(keyHash, { client, validUntilMs })
    secrets.set(
      entry.name,
      all.map((each) => ({ secret: callbackSecretOf(keyring, entry.name, each), validUntilMs: each.validUntilMs })),
    )
  }
  const signing = (name: string): Signing => {
    const all = secrets.get(name)
    if (!all) return { kind: names.has(name) ? 'revoked' : 'unknown' }
    const [current, ...before] = all
      .filter(({ validUntilMs }) => validUntilMs > clock.now())
      .map(({ secret }) => secret)
    if (current === undefined) return { kind: 'unreadable' }
    return { kind: 'active', secrets: [current, ...before.filter((secret) => secret !== undefined)] }
  }
  /** Keys that are right, once they have been asked about: a hash at every request would be felt. */
  const asked = new Map<string, Key>()
  const keyOf = (apiKey: string): Key | undefined => {
    const key = keys.get(hashOf(apiKey))
    if (key) asked.set(apiKey, key)
    return key
  }
  return {
    authenticate: (apiKey) => {
      const key = asked.get(apiKey) ?? keyOf(apiKey)
      return key && key.validUntilMs > clock.now() ? key.client : undefined
    },
    signing,
    active: active.length,
    unreadable: [...secrets.keys()].filter((name) => signing(name).kind === 'unreadable'),
  }
}

/** The client of a development system, with what it holds. Nobody knows it until it has been added like any other. */
export const developmentClient = (keyring: Keyring): Client & Credentials => ({
  name: developmentName,
  ...developmentCredentials(keyring),
})
