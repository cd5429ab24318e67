// The schema registry: Apicurio's, or any that speaks Confluent's API. This file alone imports the registry client.
//
// Of that client only its HTTP layer is used. Its `SchemaRegistry` keeps every schema it has seen for ever, compiles a
// reader's schema anew for every message, and refuses a subject whose level it has not set itself.
import https from 'node:https'
import registryApi from '@kafkajs/confluent-schema-registry/dist/api/index.js'
import { ErrandError } from '../../app/errors.ts'
import type { AvroSchema, CompatibilityLevel } from '../../app/record.ts'
import type { RegistryConfig } from '../../process/config.ts'
import { undecodable } from '../avro/avro.ts'
import { schemaText } from './schemaText.ts'

export type Registration =
  | { readonly kind: 'registered'; readonly id: number }
  /** `reason` is the registry's own text. */
  | { readonly kind: 'refused'; readonly reason: string }

/** Every call may reject with `registry-unavailable`, which is retriable: no answer in time, or none that a registry gives. */
export type Registry = {
  /** The schema of an id, or undefined where a healthy registry has none. Rejects with `undecodable` where it is not Avro. */
  schema(id: number): Promise<AvroSchema | undefined>
  /** The id of exactly this schema under the subject. */
  idOf(subject: string, schema: AvroSchema): Promise<number | undefined>
  /** The compatibility level of the subject, or undefined where it has none of its own. */
  level(subject: string): Promise<string | undefined>
  /** Gives the subject this level, whether there is a version of it yet or not. */
  setLevel(subject: string, level: CompatibilityLevel): Promise<void>
  /** Adds the schema to the subject. Idempotent. */
  register(subject: string, schema: AvroSchema): Promise<Registration>
  /** Every version of the subject, the oldest first; also those that were deleted, where the registry tells of them. */
  versions(subject: string): Promise<readonly RegisteredVersion[]>
  /** Whether the registry would take the schema as the next version; undefined where the subject has none. */
  judge(subject: string, schema: AvroSchema): Promise<RegistryJudgement | undefined>
  /** The level of subjects that have none of their own. */
  defaultLevel(): Promise<string>
}

export type RegisteredVersion = {
  readonly version: number
  /** Absent where the registry does not show it: Apicurio, where every version of the subject is deleted. */
  readonly content?: { readonly id: number; readonly schema: AvroSchema }
  /** Deleted softly: its id is still known, and new versions are not compared with it. */
  readonly isDeleted: boolean
}

/** `messages` are the registry's own; Apicurio gives none. */
export type RegistryJudgement = { readonly isCompatible: boolean; readonly messages: readonly string[] }

/** A registry at `config.url`. A call has `timeoutMs` in all (default 5,000) and is not repeated: its caller knows better. */
export function createRegistry(config: RegistryConfig, { timeoutMs = 5_000 }: { timeoutMs?: number } = {}): Registry {
  const api = newClient({
    host: config.url,
    clientId,
    retry: { retries: 0 },
    ...(config.auth ? { auth: config.auth } : {}),
    ...(config.tls ? { agent: new https.Agent({ keepAlive: true, ...config.tls }) } : {}),
  })
  keepRefusals(api)
  const where = withoutPassword(config.url)
  const unavailable = (message: string): ErrandError =>
    new ErrandError('registry-unavailable', `the schema registry at ${where} is not available: ${message}`, {
      retriable: true,
    })
  const ask = async (call: Call): Promise<Answer> => {
    const answer = await within(timeoutMs, call)
    if (answer.kind === 'silent') throw unavailable(answer.message)
    return answer
  }
  /** A property of the answer; undefined where the registry says that there is no such thing. */
  const find = async (property: string, call: Call): Promise<Data | undefined> => {
    const answer = await ask(call)
    if (answer.kind === 'refused' && isUnknown(answer)) return undefined
    if (answer.kind === 'refused') throw unavailable(answer.message)
    if (answer.data[property] === undefined) throw unavailable(noRegistry)
    return answer.data
  }
  const body = (schema: AvroSchema) => ({ schema: schemaText(schema) })
  return {
    async schema(id) {
      const found = await find('schema', (signal) => api.Schema.find({ id, signal }))
      return found && avroOf(id, found)
    },
    async idOf(subject, schema) {
      const [text, asWritten] = [schemaText(schema), JSON.stringify(schema)]
      // Apicurio knows a schema by its text; what Errand registered before it had one text for each was as the file wrote it.
      for (const each of new Set([text, asWritten])) {
        const asked = { subject, body: { schema: each } }
        const found = await find('id', (signal) => api.Subject.registered({ ...asked, signal }))
        if (found) return Number(found.id)
      }
      return undefined
    },
    async level(subject) {
      const found = await find('compatibilityLevel', (signal) => api.Subject.config({ subject, signal }))
      return found && String(found.compatibilityLevel)
    },
    async setLevel(subject, level) {
      const change = { subject, body: { compatibility: level } }
      const answer = await ask((signal) => api.Subject.updateConfig({ ...change, signal }))
      if (answer.kind === 'refused') throw unavailable(answer.message)
    },
    async register(subject, schema) {
      const answer = await ask((signal) => api.Subject.register({ subject, body: body(schema), signal }))
      if (answer.kind === 'refused' && (answer.status === 409 || answer.status === 422))
        return { kind: 'refused', reason: answer.message }
      if (answer.kind === 'refused') throw unavailable(answer.message)
      if (answer.data.id === undefined) throw unavailable(noRegistry)
      return { kind: 'registered', id: Number(answer.data.id) }
    },
    async versions(subject) {
      const path = '/subjects/{subject}/versions'
      const numbers = async (deleted: boolean): Promise<readonly number[]> => {
        const found = await find('length', (signal) => api.Subject.all({ path, subject, deleted, signal }))
        return ((found ?? []) as readonly unknown[]).map(Number)
      }
      const [all, live] = [await numbers(true), await numbers(false)]
      const versions: RegisteredVersion[] = []
      for (const version of new Set([...all, ...live])) {
        const found = await find('schema', (signal) => api.Subject.version({ subject, version, deleted: true, signal }))
        const id = Number(found?.id)
        const content = found && { id, schema: avroOf(id, found) }
        versions.push({ version, isDeleted: !live.includes(version), ...(content && { content }) })
      }
      return versions.sort((one, other) => one.version - other.version)
    },
    async judge(subject, schema) {
      const path = '/compatibility/subjects/{subject}/versions'
      const asked = { path, subject, verbose: true, body: body(schema) }
      const answer = await ask((signal) => api.Subject.register({ ...asked, signal }))
      if (answer.kind === 'refused' && isUnknown(answer)) return undefined
      if (answer.kind === 'refused' && answer.status === 422) return { isCompatible: false, messages: [answer.message] }
      if (answer.kind === 'refused') throw unavailable(answer.message)
      const { is_compatible: isCompatible, messages } = answer.data
      if (typeof isCompatible !== 'boolean') throw unavailable(noRegistry)
      return { isCompatible, messages: Array.isArray(messages) ? messages.map(String) : [] }
    },
    async defaultLevel() {
      const found = await find('compatibilityLevel', (signal) => api.Subject.all({ path: '/config', signal }))
      if (!found) throw unavailable(noRegistry)
      return String(found.compatibilityLevel)
    },
  }
}

/** A URL as it may be shown. Where an "@" is left in it, a password had a "/" that was not escaped. */
export function withoutPassword(url: string): string {
  const { protocol, host, pathname } = new URL(url)
  return `${protocol}//${host}${pathname}`.replace(/\/\/.*@/, '//').replace(/\/$/, '')
}

const clientId = 'errand'
const noRegistry = 'what answers there is no schema registry'
/** A CommonJS module: Node imports the whole of it, vitest its default. */
const newClient = 'default' in registryApi ? registryApi.default : registryApi

type Data = Readonly<Record<string, unknown>>
type Response = { status(): number; data(): unknown; error(): Error | null }
type Call = (signal: AbortSignal) => Promise<Response>
/** `refused` is a registry's own no. `silent` is anything else, such as a proxy's error page or another server at the URL. */
type Answer =
  | { readonly kind: 'answered'; readonly data: Data }
  | { readonly kind: 'refused'; readonly status: number; readonly code: unknown; readonly message: string }
type Silence = { readonly kind: 'silent'; readonly message: string }

/** No such subject, version, schema, level: Confluent's numbers. A gateway on the way has a 404 of its own. */
const isUnknown = ({ status, code }: { readonly status: number; readonly code: unknown }): boolean =>
  status === 404 && [40401, 40402, 40403, 40408].includes(Number(code))

/** Of an answer that is an error the client throws the message, and all else away: before it does, the answer is one like others. */
function keepRefusals(api: object): void {
  const { _manifest: manifest } = api as { readonly _manifest: { readonly middleware: unknown[] } }
  manifest.middleware.unshift(() => ({
    response: (next: () => Promise<Response>) => next().catch((answer: Response) => answer),
  }))
}

/** Bounds the call as a whole: the client's own timeout misses an answer that breaks off in the middle. */
async function within(timeoutMs: number, call: Call): Promise<Answer | Silence> {
  const signal = AbortSignal.timeout(timeoutMs)
  const { promise: timedOut, resolve } = Promise.withResolvers<Silence>()
  signal.onabort = () => resolve({ kind: 'silent', message: `no answer within ${timeoutMs} ms` })
  return Promise.race([call(signal).then(answerOf), timedOut])
}

function answerOf(response: Response): Answer | Silence {
  const [status, data, error] = [response.status(), response.data(), response.error()]
  if (error) return { kind: 'silent', message: error.message }
  if (typeof data !== 'object' || data === null)
    return { kind: 'silent', message: status < 400 ? noRegistry : `it answers with status ${status}` }
  if (status < 400) return { kind: 'answered', data: data as Data }
  const { error_code: code, message } = data as Data
  return { kind: 'refused', status, code, message: String(message ?? `it answers with status ${status}`) }
}

function avroOf(id: number, { schema, schemaType = 'AVRO', references }: Data): AvroSchema {
  if (schemaType !== 'AVRO') throw undecodable(`schema ${id} of the registry is ${schemaType}, not Avro`)
  if (Array.isArray(references) && references.length > 0)
    throw undecodable(`schema ${id} of the registry refers to others, which is not supported`)
  return parse(id, String(schema))
}

function parse(id: number, text: string): AvroSchema {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw undecodable(`schema ${id} of the registry is not JSON`, cause)
  }
}
