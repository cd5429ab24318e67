// `errand clients add|list|rotate|revoke`: who may ask. Works on the store alone; running processes see it within a second.
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import { ErrandError } from '../app/errors.ts'
import { developmentName } from '../process/clientEntry.ts'
import { systemClock } from '../process/clock.ts'
import { loadSecret, loadStoreFile } from '../process/config.ts'
import { type Keyring, parseKeyring } from '../process/keyring.ts'
import { durationMs } from '../process/moment.ts'
import { addClient, type ChangeOptions, revokeClient, rotateClient } from '../store/clientChanges.ts'
import { openSqliteStore } from '../store/sqlite/store.ts'
import { loadApp } from './app.ts'
import { clientLines, grantedLines, type Listed, listed, listedGrant } from './clientLines.ts'

type Options = { readonly app: string; readonly json?: boolean; readonly overlap: number; readonly operate?: boolean }

export const clientsVerb = (): Command =>
  new Command('clients')
    .description('who may ask: API keys and callback secrets')
    .addCommand(
      secretVerb('add', 'let a client ask: print its API key and callback secret, this once', add)
        .option('--operate', 'it may also see and control groups, under /v1/ops', false)
        .addHelpText(
          'after',
          '\nCreates the store where there is none. A client that was revoked comes back, with its requests.\n\nExamples:\n  errand clients add acme\n  errand clients add acme --json > acme.json\n  errand clients add console --operate\n  ERRAND_NAMESPACE=flights ERRAND_STORE_FILE=/var/lib/errand/store.sqlite errand clients add acme',
        ),
    )
    .addCommand(
      jsonVerb('list', 'show the clients, never their secrets', list).addHelpText(
        'after',
        '\nExamples:\n  errand clients list\n  errand clients list --json',
      ),
    )
    .addCommand(
      secretVerb('rotate', 'print a new API key and callback secret, this once; the old ones go on for a while', rotate)
        .addOption(
          new Option('--overlap <duration>', 'how long: 30m, 24h, 7d; 0 = not at all')
            .argParser(overlapMs)
            .default(overlapMs('24h'), '24h'),
        )
        .addHelpText(
          'after',
          '\nUntil then callbacks carry two signatures, so that a receiver with either secret verifies them.\n\nExamples:\n  errand clients rotate acme\n  errand clients rotate acme --overlap 7d\n  errand clients rotate acme --overlap 0     a key has leaked',
        ),
    )
    .addCommand(
      jsonVerb('revoke', 'end its keys and its callbacks at once; its requests are worked on', revoke)
        .argument('<name>')
        .addHelpText('after', '\nExample:\n  errand clients revoke acme'),
    )
    .addHelpText(
      'after',
      '\nExamples:\n  errand clients add acme\n  errand clients list\n\nERRAND_STORE_FILE names the store; `add` and `rotate` need ERRAND_SECRET too, and the namespace: ERRAND_NAMESPACE, or the app.',
    )

type Action = Parameters<Command['action']>[0]

const jsonVerb = (name: string, description: string, action: Action): Command =>
  new Command(name).description(description).option('--json', 'print JSON').action(action)

const secretVerb = (name: string, description: string, action: Action): Command =>
  jsonVerb(name, description, action)
    .argument('<name>', 'in requests, ids and logs: lower-case letters, digits, ".", "_" and "-"')
    .option('--app <file>', "the app's module, where ERRAND_NAMESPACE is not set", 'app.ts')

async function add(name: string, { app, json, operate = false }: Options): Promise<void> {
  if (name === developmentName)
    throw new ErrandError(
      'reserved-name',
      `${name} is the client that \`errand dev\` adds for itself: take another name`,
    )
  const keyring = await keyringOf(app)
  const file = resolve(loadStoreFile(process.env))
  if (!existsSync(file)) console.error(`creating the store ${file}`)
  const granted = await withStore((options) => addClient({ ...options, keyring }, name, { operate }))
  print(json, listedGrant(granted), () => grantedLines(granted, 'added'))
}

async function rotate(name: string, { app, json, overlap }: Options): Promise<void> {
  const keyring = await keyringOf(app)
  const granted = await withExistingStore((options) => rotateClient({ ...options, keyring }, name, overlap))
  print(json, listedGrant(granted), () => grantedLines(granted, 'rotated'))
}

async function revoke(name: string, { json }: Options): Promise<void> {
  const entry = listed(await withExistingStore((options) => revokeClient(options, name)), systemClock.now())
  print(json, entry, () => [
    `${name} is revoked, since ${entry.revokedAt}: its keys end within a second, its callbacks too.`,
  ])
}

async function list({ json }: Options): Promise<void> {
  const { entries } = await withExistingStore(({ store }) => store.clients())
  const all: readonly Listed[] = entries.map((entry) => listed(entry, systemClock.now()))
  print(json, all, () => clientLines(all))
}

const print = (json: boolean | undefined, value: unknown, lines: () => readonly string[]): void =>
  console.log(json ? JSON.stringify(value) : lines().join('\n'))

async function keyringOf(app: string): Promise<Keyring> {
  const { secret, namespace } = loadSecret(process.env)
  return parseKeyring(secret, namespace ?? (await loadApp(app)).name)
}

type OnStore = Omit<ChangeOptions, 'keyring'> & { readonly store: Awaited<ReturnType<typeof openSqliteStore>> }

async function withStore<T>(action: (options: OnStore) => Promise<T>): Promise<T> {
  const store = await openSqliteStore({ file: loadStoreFile(process.env) })
  try {
    return await action({ store, clock: systemClock })
  } finally {
    await store.close()
  }
}

/** A wrong folder must not look like a system without clients. */
async function withExistingStore<T>(action: (options: OnStore) => Promise<T>): Promise<T> {
  const file = resolve(loadStoreFile(process.env))
  if (existsSync(file)) return withStore(action)
  throw new ErrandError(
    'no-store',
    `there is no store ${file}: set ERRAND_STORE_FILE to the one that the system uses; \`errand clients add\` makes a new one`,
  )
}

/** `30m`, `24h`, `7d`, in ms; `0` alone needs no unit. */
function overlapMs(text: string): number {
  const ms = text === '0' ? 0 : durationMs(text)
  if (ms === undefined) throw new InvalidArgumentError('write a whole number and s, m, h or d, such as 24h; or 0')
  return ms
}
