// An API that listens on a free port of 127.0.0.1, with the real store and a producer that only notes what it was given.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { type ApiOptions, createApi } from '../../../api/app.ts'
import { type Listening, listen } from '../../../api/server.ts'
import { type App, defineApp } from '../../../app/app.ts'
import type { Logger } from '../../../app/context.ts'
import { request } from '../../../app/request.ts'
import type { LetterDesk } from '../../../consumers/letters/letterDesk.ts'
import type { RedriveEvent, SkipEvent } from '../../../consumers/letters/redrive.ts'
import { type Catalogue, catalogue } from '../../../kafka/catalogue.ts'
import type { NewRecord } from '../../../kafka/log.ts'
import { added } from '../../../process/clientEntry.ts'
import { type Client, clientsOf, developmentClient } from '../../../process/clients.ts'
import { type Credentials, keep, newCredentials } from '../../../process/credentials.ts'
import { type Keyring, newSecret, parseKeyring } from '../../../process/keyring.ts'
import { newRequestId } from '../../../process/requestId.ts'
import { avroType } from '../../../schemas/avro/avro.ts'
import { openSqliteStore } from '../../../store/sqlite/store.ts'
import type { Asked, Change, Outcome, Store } from '../../../store/store.ts'
import { type ManualClock, manualClock } from '../../../testing/manualClock.ts'
import { nullSchemas } from '../nullSchemas.ts'

const airport = {
  name: 'test.AirportInput',
  schema: {
    type: 'record',
    name: 'test.AirportInput',
    fields: [
      { name: 'airport', type: 'string' },
      { name: 'from', type: 'long' },
      { name: 'note', type: ['null', 'string'], default: null },
    ],
  },
} as const

const report = {
  name: 'test.Report',
  schema: { type: 'record', name: 'test.Report', fields: [{ name: 'flights', type: 'int' }] },
} as const

export const testApp: App<undefined> = defineApp({
  name: 'test',
  partitions: 3,
  requests: {
    report: request(airport, report, () => Promise.resolve({ flights: 1 })),
    ordered: request(airport, report, () => Promise.resolve({ flights: 1 }), { orderingKey: true }),
  },
})

export const testCatalogue: Catalogue = catalogue(testApp, 'test', nullSchemas)

export type Sent = NewRecord & { readonly topic: string; readonly placement: unknown; readonly options: unknown }

export type LogEntry = { readonly level: string; readonly event: string } & Readonly<Record<string, unknown>>

export type RunningApi = AsyncDisposable & {
  readonly server: Listening
  readonly keyring: Keyring
  readonly client: Client & Credentials
  readonly clock: ManualClock
  readonly store: Store
  /** What the producer was given, in order. */
  readonly sent: Sent[]
  readonly lines: LogEntry[]
  /** With the development key; `headers` win over it. */
  fetch(path: string, init?: RequestInit): Promise<Response>
  /** A JSON body, or any other given as `init.body`. */
  post(path: string, body: unknown, init?: RequestInit): Promise<Response>
}

export const startMs = Date.UTC(2030, 0, 1)
export const valid = { data: { airport: 'SEA', from: 0 } } as const

/** A stranger with a key of their own. */
export const other: Client & Credentials = { name: 'other', ...newCredentials() }

/** `seenStore` is the store as the API sees it; tests have the store itself. */
export async function runningApi(
  overrides: Partial<ApiOptions> = {},
  seenStore = (store: Store): Store => store,
): Promise<RunningApi> {
  const folder = mkdtempSync(join(tmpdir(), 'errand-api-'))
  const clock = manualClock(startMs)
  const keyring = parseKeyring(newSecret(), 'test')
  const client = developmentClient(keyring)
  const entryOf = ({ name, ...credentials }: Client & Credentials) =>
    added(undefined, {
      ...{ name, current: keep(keyring, name, credentials), nowMs: startMs },
      operate: name === client.name,
    })
  const store = await openSqliteStore({ file: join(folder, 'store.sqlite'), clock })
  const sent: Sent[] = []
  const lines: LogEntry[] = []
  const api = createApi({
    app: testApp,
    catalogue: testCatalogue,
    producer: {
      send: async (topic, record, placement, options) => {
        sent.push({ topic, ...record, placement, options })
        return { topic, partition: 0, offset: BigInt(sent.length - 1) }
      },
    },
    encoder: (type) => {
      const avro = avroType(testApp.requests[type]!.input.schema)
      return (value) => avro.toBuffer(value)
    },
    store: seenStore(store),
    keyring,
    clients: clientsOf([client, other].map(entryOf), { keyring, clock }),
    clock,
    log: notingLog(lines),
    desk: { view: async () => [], control: async () => ({ paused: false, concurrency: null, at: new Date(startMs) }) },
    letterDesk: noLetters,
    ready: () => ({ kafka: 'ok' }),
    callbackPolicy: (url) => (url.startsWith('https://') ? undefined : 'must be an https URL'),
    ...overrides,
  })
  const server = await listen(api, { host: '127.0.0.1', port: 0 })
  const call: RunningApi['fetch'] = (path, init = {}) =>
    fetch(server.url + path, {
      ...init,
      headers: { authorization: `Bearer ${client.apiKey}`, ...(init.headers as object) },
    })
  return {
    ...{ server, keyring, client, clock, store, sent, lines },
    fetch: call,
    post: (path, body, init = {}) =>
      call(path, {
        method: 'POST',
        body: JSON.stringify(body),
        ...init,
        headers: { 'content-type': 'application/json', ...(init.headers as object) },
      }),
    [Symbol.asyncDispose]: async () => {
      await server.close()
      await store.close()
      rmSync(folder, { recursive: true })
    },
  }
}

/** A desk without letters. */
export const noLetters: LetterDesk = {
  list: async () => [],
  show: async () => undefined,
  plan: async (group) => ({ group, letters: 0, parked: 0, pastDeadline: 0, destinations: [], first: [] }),
  redrive: () => ReadableStream.from<RedriveEvent>([]),
  skip: () => ReadableStream.from<SkipEvent>([]),
}

/** `expect.poll` with the patience that a busy machine needs. */
export const eventually = <T>(look: () => T) => expect.poll(look, { timeout: 4_000 })

/** Declared anew, so that a change of the contract shows. */
export type ProblemBody = {
  readonly detail: string
  readonly errors: readonly { readonly pointer: string; readonly message: string }[]
  readonly checks: unknown
  readonly id: string
  readonly links: Readonly<Record<string, string>>
}

/** The id in a resource. */
export const idIn = async (answer: Response): Promise<string> => ((await answer.json()) as { id: string }).id

/** Shows that an answer is a problem of that name and that nothing was queued, and returns its members. */
export async function refused(api: RunningApi, answer: Response, status: number, code: string): Promise<ProblemBody> {
  expect(answer.headers.get('content-type')).toBe('application/problem+json')
  const problem = (await answer.json()) as ProblemBody
  expect({ status: answer.status, problem }).toMatchObject({
    status,
    problem: { type: `urn:errand:problem:${code}`, status, title: expect.any(String), detail: expect.any(String) },
  })
  expect(api.sent).toEqual([])
  return problem
}

function notingLog(lines: LogEntry[]): Logger {
  const at =
    (level: string) =>
    (event: string, fields: object = {}) =>
      void lines.push({ level, event, ...fields })
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error'), child: () => notingLog(lines) }
}

export const idOf = (api: RunningApi, { type = 'report', client = 'development', timeMs = startMs } = {}): string =>
  newRequestId(api.keyring, { type, client, timeMs })

export const asked: Asked = { type: 'report', client: 'development', createdAtMs: startMs, reference: 'order 1' }

export const answered = (id: string, outcome: Outcome, json: string, run = 1): Change => ({
  ...{ kind: 'answered', id, run, asked },
  answer: { outcome, finishedAtMs: startMs + 2_000, partition: 0, offset: 7n, json },
})
