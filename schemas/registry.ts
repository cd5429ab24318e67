// The schema registry: Apicurio's, or any that speaks Confluent's API. This file alone imports the registry client.
//
// Of that client only its HTTP layer is used. Its `SchemaRegistry` keeps every schema it has seen for ever, compiles a
// reader's schema anew for every message, and refuses a subject whose level it has not set itself.
import https from 'node:https'
import registryApi from '@kafkajs/confluent-schema-registry/dist/api/index.js'
import { ErrandError } from '../app/errors.ts'
import type { AvroSchema } from '../app/record.ts'
import type { RegistryConfig } from '../process/config.ts'
import { undecodable } from './avro.ts'

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
  /**
   * Adds the schema to the subject, and gives the subject a compatibility level where it has none, unless `keepLevel`.
   * Idempotent.
   */
  register(subject: string, schema: AvroSchema, options?: { readonly keepLevel?: boolean }): Promise<Registration>
}

/**
 * New versions must read what every older one wrote. Not plain `BACKWARD`, which looks at the latest version only: retry
 * and dead-letter topics keep records without limit, so a redrive may bring version 1 to a reader of version 5.
 */
const level = 'BACKWARD_TRANSITIVE'

/** A registry at `config.url`. A call has `timeoutMs` in all (default 5,000) and is not repeated: its caller knows better. */
export function createRegistry(config: RegistryConfig, { timeoutMs = 5_000 }: { timeoutMs?: number } = {}): Registry {
  const api = newClient({
    host: config.url,
    clientId,
    retry: { retries: 0 },
    ...(config.auth ? { auth: config.auth } : {}),
    ...(config.tls ? { agent: new https.Agent({ keepAlive: true, ...config.tls }) } : {}),
  })
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
    if (answer.kind === 'refused' && answer.status === 404) return undefined
    if (answer.kind === 'refused') throw unavailable(answer.message)
    if (answer.data[property] === undefined) throw unavailable('what answers there is no schema registry')
    return answer.data
  }
  const body = (schema: AvroSchema) => ({ schema: JSON.stringify(schema) })
  const levelOf = async (subject: string): Promise<string | undefined> => {
    const found = await find('compatibilityLevel', (signal) => api.Subject.config({ subject, signal }))
    return found && String(found.compatibilityLevel)
  }
  const setLevel = async (subject: string): Promise<void> => {
    if (!['NONE', undefined].includes(await levelOf(subject))) return // an operator's choice stays
    const change = { subject, body: { compatibility: level } }
    const answer = await ask((signal) => api.Subject.updateConfig({ ...change, signal }))
    if (answer.kind === 'refused') throw unavailable(answer.message)
  }
  return {
    async schema(id) {
      const found = await find('schema', (signal) => api.Schema.find({ id, signal }))
      return found && avroOf(id, found)
    },
    async idOf(subject, schema) {
      const found = await find('id', (signal) => api.Subject.registered({ subject, body: body(schema), signal }))
      return found && Number(found.id)
    },
    level: levelOf,
    async register(subject, schema, { keepLevel = false } = {}) {
      const answer = await ask((signal) => api.Subject.register({ subject, body: body(schema), signal }))
      if (answer.kind === 'refused' && (answer.status === 409 || answer.status === 422))
        return { kind: 'refused', reason: answer.message }
      if (answer.kind !== 'answered') throw unavailable(answer.message)
      if (!keepLevel) await setLevel(subject)
      return { kind: 'registered', id: Number(answer.data.id) }
    },
  }
}

/** A URL as it may be shown. */
export const withoutPassword = (url: string): string => url.replace(/\/\/[^/]*@/, '//')

const clientId = 'errand'
/** A CommonJS module: Node imports the whole of it, vitest its default. */
const newClient = 'default' in registryApi ? registryApi.default : registryApi

type Data = Readonly<Record<string, unknown>>
type Call = (signal: AbortSignal) => Promise<{ data(): unknown }>
/** `refused` is a registry's own no. `silent` is anything else, such as a proxy's error page or another server at the URL. */
type Answer =
  | { readonly kind: 'answered'; readonly data: Data }
  | { readonly kind: 'refused'; readonly status: number; readonly message: string }
type Silence = { readonly kind: 'silent'; readonly message: string }

/** Bounds the call as a whole: the client's own timeout misses an answer that breaks off in the middle. */
async function within(timeoutMs: number, call: Call): Promise<Answer | Silence> {
  const signal = AbortSignal.timeout(timeoutMs)
  const { promise: timedOut, resolve } = Promise.withResolvers<Silence>()
  signal.onabort = () => resolve({ kind: 'silent', message: `no answer within ${timeoutMs} ms` })
  return Promise.race([call(signal).then(answered, refusedOrSilent), timedOut])
}

const answered = (answer: { data(): unknown }): Answer => ({
  kind: 'answered',
  data: (typeof answer.data() === 'object' ? answer.data() : {}) as Data,
})

/** The client throws its own text, `Error, status …` (400 where nobody answered), or the message of an answer in JSON. */
function refusedOrSilent({
  status,
  message,
}: {
  readonly status?: number
  readonly message: string
}): Answer | Silence {
  const text = message.replace(`${clientId} - `, '')
  const spoke = !text.startsWith('Error, status') && status !== undefined
  return spoke
    ? { kind: 'refused', status, message: text }
    : { kind: 'silent', message: text.replace('Error, status 400: ', '').replace(': [object Object]', '') }
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
