// What an operator does to a client: read from the store, changed as process/clientEntry.ts has it, saved if nobody else has
// saved meanwhile. `errand clients`, `errand dev`, the demo and the tests all go through here.
import { added, type ClientEntry, revoked, rotated } from '../process/clientEntry.ts'
import { type Client, clientsOf, developmentClient } from '../process/clients.ts'
import type { Clock } from '../process/clock.ts'
import { type Credentials, keep, newCredentials } from '../process/credentials.ts'
import type { Keyring } from '../process/keyring.ts'
import type { Store } from './store.ts'

export type ClientStore = Pick<Store, 'clients' | 'saveClient'>

export type ChangeOptions = {
  readonly store: ClientStore
  readonly keyring: Keyring
  readonly clock: Pick<Clock, 'now'>
}

/** The client as it is kept now, and what it holds, which nobody can tell again. */
export type Granted = { readonly entry: ClientEntry; readonly credentials: Credentials }

/** Throws as `added` does, and as the store does. */
export async function addClient(
  { store, keyring, clock }: ChangeOptions,
  name: string,
  {
    credentials = newCredentials(),
    operate = false,
  }: { readonly credentials?: Credentials; readonly operate?: boolean } = {},
): Promise<Granted> {
  const current = keep(keyring, name, credentials)
  const entry = await change(store, name, (before) => added(before, { name, current, nowMs: clock.now(), operate }))
  return { entry, credentials }
}

/** Throws as `rotated` does, and as the store does. */
export async function rotateClient(
  { store, keyring, clock }: ChangeOptions,
  name: string,
  overlapMs: number,
): Promise<Granted> {
  const credentials = newCredentials()
  const current = keep(keyring, name, credentials)
  const entry = await change(store, name, (before) => rotated(before, { name, current, nowMs: clock.now(), overlapMs }))
  return { entry, credentials }
}

/** Throws as `revoked` does, and as the store does. */
export const revokeClient = (
  { store, clock }: Pick<ChangeOptions, 'store' | 'clock'>,
  name: string,
): Promise<ClientEntry> => change(store, name, (before) => revoked(before, { name, nowMs: clock.now() }))

/** Sees to it that the development client of this system may ask, operate and be called back, whatever has become of it before. */
export async function addDevelopmentClient(options: ChangeOptions): Promise<Client & Credentials> {
  const client = developmentClient(options.keyring)
  const { entries } = await options.store.clients()
  const clients = clientsOf(entries, options)
  if (clients.authenticate(client.apiKey)?.operate && clients.signing(client.name).kind === 'active') return client
  if (entries.some(({ name }) => name === client.name)) await revokeClient(options, client.name)
  await addClient(options, client.name, { credentials: client, operate: true })
  return client
}

/** Each time that it begins anew somebody else's change has been saved. */
async function change(
  store: ClientStore,
  name: string,
  next: (before: ClientEntry | undefined) => ClientEntry,
): Promise<ClientEntry> {
  for (;;) {
    const { entries, revision } = await store.clients()
    const entry = next(entries.find((each) => each.name === name))
    if (await store.saveClient(entry, revision)) return entry
  }
}
