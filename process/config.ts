// The configuration: one reading of the environment, all problems at once, each naming its variable. Empty means unset.
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { ErrandError } from '../app/errors.ts'
import { certificateProblem, keyProblem, pairProblem } from './pem.ts'

/** Texts in PEM form, not files. `ca` absent: the public authorities. */
export type Tls = { readonly ca?: string; readonly cert?: string; readonly key?: string }

export type KafkaConfig = {
  readonly brokers: readonly string[]
  readonly tls?: Tls
  readonly sasl?: {
    readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
    readonly username: string
    readonly password: string
  }
}

export type RegistryConfig = {
  readonly url: string
  readonly auth?: { readonly username: string; readonly password: string }
  readonly tls?: Tls
}

export type Config = {
  readonly kafka: KafkaConfig
  readonly registry: RegistryConfig
  /** Absent: the app's name. */
  readonly namespace?: string
  /** `ERRAND_SECRET` as given; see keyring.ts for its form. */
  readonly secret: string
  /** File of the SQLite store. */
  readonly storeFile: string
  readonly http: { readonly host: string; readonly port: number }
  readonly probePort?: number
  /** Callback targets beyond public https, by origin: `http://127.0.0.1:4000`. */
  readonly callbackOrigins: readonly string[]
  readonly drainMs: number
  /** What a start does about schemas of the app that are not registered. */
  readonly schemas: 'warn' | 'fail' | 'register'
}

const wholeNumber = (most: number, message: string) =>
  z
    .string()
    .refine((text) => /^\d+$/.test(text) && Number(text) <= most, message)
    .transform(Number)
const port = wholeNumber(65_535, 'must be a port, 0 to 65535')
const file = (problemOf: (text: string) => string | undefined) =>
  z.string().transform((path, context) => {
    const refuse = (message: string) => {
      context.addIssue({ code: 'custom', message })
      return z.NEVER
    }
    try {
      const text = readFileSync(path, 'utf8')
      const problem = problemOf(text)
      return problem === undefined ? text : refuse(problem)
    } catch (error) {
      return refuse(`cannot be read: ${(error as Error).message}`)
    }
  })
const [certificate, key] = [file(certificateProblem), file(keyProblem)]
/** In any case: Kafka's own tools write `SCRAM-SHA-512`. */
const mechanism = z
  .string()
  .toLowerCase()
  .pipe(z.enum(['plain', 'scram-sha-256', 'scram-sha-512'], 'must be plain, scram-sha-256 or scram-sha-512'))
const list = z.string().transform((text) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean),
)

const isAddress = (broker: string): boolean => {
  const [, port] = /^[^:/\s]+:(\d+)$/.exec(broker) ?? []
  return Number(port) > 0 && Number(port) <= 65_535
}

const environment = z.object({
  KAFKA_BROKERS: list.refine(
    (brokers) => brokers.length > 0 && brokers.every(isAddress),
    'must be host:port, several by comma',
  ),
  KAFKA_TLS: z.enum(['true', 'false'], 'must be true or false').optional(),
  KAFKA_TLS_CA_FILE: certificate.optional(),
  KAFKA_TLS_CERT_FILE: certificate.optional(),
  KAFKA_TLS_KEY_FILE: key.optional(),
  KAFKA_SASL_MECHANISM: mechanism.optional(),
  KAFKA_SASL_USERNAME: z.string().optional(),
  KAFKA_SASL_PASSWORD: z.string().optional(),
  SCHEMA_REGISTRY_URL: z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }),
  SCHEMA_REGISTRY_USERNAME: z.string().optional(),
  SCHEMA_REGISTRY_PASSWORD: z.string().optional(),
  SCHEMA_REGISTRY_CA_FILE: certificate.optional(),
  SCHEMA_REGISTRY_CERT_FILE: certificate.optional(),
  SCHEMA_REGISTRY_KEY_FILE: key.optional(),
  ERRAND_NAMESPACE: z
    .string()
    .regex(/^[a-z][a-z0-9._-]{0,99}$/i, 'must be letters, digits, ".", "_" or "-"')
    .optional(),
  ERRAND_SECRET: z.string({ error: 'is not set; it is the master secret that every process of one system shares' }),
  ERRAND_STORE_FILE: z.string().default('.errand/store.sqlite'),
  ERRAND_HTTP_HOST: z
    .string()
    .regex(/^[^\s/[\]]+$/, 'must be an address such as 127.0.0.1, 0.0.0.0 or ::, without a scheme or a port')
    .default('127.0.0.1'),
  ERRAND_HTTP_PORT: port.default(3000),
  ERRAND_PROBE_PORT: port.optional(),
  ERRAND_CALLBACK_ORIGINS: list
    .refine(
      (origins) => origins.every((origin) => URL.canParse(origin) && new URL(origin).origin === origin),
      'must be origins such as http://127.0.0.1:4000, several by comma',
    )
    .default([]),
  ERRAND_SCHEMAS: z.enum(['warn', 'fail', 'register'], 'must be warn, fail or register').default('fail'),
  ERRAND_DRAIN_MS: wholeNumber(2 ** 31 - 1, 'must be a whole number of milliseconds').default(25_000),
})

/** A variable that says nothing without another. */
const incomplete: readonly (readonly [given: string, without: string])[] = [
  ['KAFKA_SASL_MECHANISM', 'KAFKA_SASL_USERNAME'],
  ['KAFKA_SASL_MECHANISM', 'KAFKA_SASL_PASSWORD'],
  ['KAFKA_SASL_USERNAME', 'KAFKA_SASL_MECHANISM'],
  ['KAFKA_SASL_PASSWORD', 'KAFKA_SASL_MECHANISM'],
  ['KAFKA_TLS_CERT_FILE', 'KAFKA_TLS_KEY_FILE'],
  ['KAFKA_TLS_KEY_FILE', 'KAFKA_TLS_CERT_FILE'],
  ['SCHEMA_REGISTRY_PASSWORD', 'SCHEMA_REGISTRY_USERNAME'],
  ['SCHEMA_REGISTRY_CERT_FILE', 'SCHEMA_REGISTRY_KEY_FILE'],
  ['SCHEMA_REGISTRY_KEY_FILE', 'SCHEMA_REGISTRY_CERT_FILE'],
]

type Environment = Readonly<Record<string, string | undefined>>

/** What does not go together. */
const refuseUnfit = (e: Partial<z.infer<typeof environment>>, context: z.RefinementCtx): void => {
  const refuse = (name: string, message: string) => context.addIssue({ code: 'custom', path: [name], message })
  for (const side of ['KAFKA_TLS', 'SCHEMA_REGISTRY'] as const) {
    const [cert, key] = [e[`${side}_CERT_FILE`], e[`${side}_KEY_FILE`]]
    const problem = cert !== undefined && key !== undefined ? pairProblem(cert, key) : undefined
    if (problem !== undefined) refuse(`${side}_CERT_FILE`, `and ${side}_KEY_FILE ${problem}`)
  }
  const registryFile = e.SCHEMA_REGISTRY_CA_FILE ?? e.SCHEMA_REGISTRY_CERT_FILE
  if (e.SCHEMA_REGISTRY_URL?.startsWith('http:') && registryFile !== undefined)
    refuse('SCHEMA_REGISTRY_URL', 'is http, where the certificates of SCHEMA_REGISTRY_…_FILE are for https')
}
const whole = environment.superRefine(refuseUnfit)
const registryPart = environment.pick({
  SCHEMA_REGISTRY_URL: true,
  SCHEMA_REGISTRY_USERNAME: true,
  SCHEMA_REGISTRY_PASSWORD: true,
  SCHEMA_REGISTRY_CA_FILE: true,
  SCHEMA_REGISTRY_CERT_FILE: true,
  SCHEMA_REGISTRY_KEY_FILE: true,
})

/** Reads the environment. Throws `invalid-configuration` with every problem; secrets are never repeated. */
export const loadConfig = (env: Environment): Config => configOf(read(whole, env, incomplete))

/** The file of the store, for what needs nothing else. Throws as `loadConfig` does. */
export const loadStoreFile = (env: Environment): string =>
  read(environment.pick({ ERRAND_STORE_FILE: true }), env).ERRAND_STORE_FILE

/** What the names of an app begin with, where it is not the app's own name. Throws as `loadConfig` does. */
export const loadNamespace = (env: Environment): string | undefined =>
  read(environment.pick({ ERRAND_NAMESPACE: true }), env).ERRAND_NAMESPACE

/**
 * The way to the registry at `url`, for what needs nothing else. What says who we are goes nowhere but to the origin of
 * SCHEMA_REGISTRY_URL, or, where that is not set, to `url`. Throws as `loadConfig` does.
 */
export function loadRegistry(env: Environment, url: string): RegistryConfig {
  const isOther = env.SCHEMA_REGISTRY_URL ? originOf(env.SCHEMA_REGISTRY_URL) !== originOf(url) : false
  const ca = url.startsWith('https:') ? { SCHEMA_REGISTRY_CA_FILE: env.SCHEMA_REGISTRY_CA_FILE } : {}
  const given = { ...(isOther ? ca : env), SCHEMA_REGISTRY_URL: url }
  const together = incomplete.filter(([name]) => name in registryPart.shape)
  return registryOf(read(registryPart.superRefine(refuseUnfit), given, together))
}

const originOf = (url: string): string => (URL.canParse(url) ? new URL(url).origin : url)

/** What seals and signs. Throws as `loadConfig` does. */
export function loadSecret(env: Environment): Pick<Config, 'secret' | 'namespace'> {
  const e = read(environment.pick({ ERRAND_SECRET: true, ERRAND_NAMESPACE: true }), env)
  return defined({ secret: e.ERRAND_SECRET, namespace: e.ERRAND_NAMESPACE })
}

function read<T>(schema: z.ZodType<T>, env: Environment, together: typeof incomplete = []): T {
  const given = Object.fromEntries(Object.entries(env).filter(([, text]) => text !== undefined && text !== ''))
  const parsed = schema.safeParse(given)
  const problems = [
    ...(parsed.error?.issues ?? []).map(({ path: [name], message }) => {
      const isUnset = given[String(name)] === undefined && !message.startsWith('is')
      return `${String(name)} ${isUnset ? 'is not set' : message}`
    }),
    ...together
      .filter(([name, without]) => given[name] !== undefined && given[without] === undefined)
      .map(([name, without]) => `${without} is not set, and ${name} needs it`),
  ]
  if (problems.length > 0 || !parsed.success)
    throw new ErrandError(
      'invalid-configuration',
      `the environment is not complete, or not right:\n- ${problems.join('\n- ')}`,
    )
  return parsed.data
}

function configOf(e: z.infer<typeof environment>): Config {
  const tls = { ca: e.KAFKA_TLS_CA_FILE, cert: e.KAFKA_TLS_CERT_FILE, key: e.KAFKA_TLS_KEY_FILE }
  return defined({
    kafka: defined({
      brokers: e.KAFKA_BROKERS,
      tls: e.KAFKA_TLS === 'true' || (!e.KAFKA_TLS && Object.values(tls).some(Boolean)) ? defined(tls) : undefined,
      sasl: e.KAFKA_SASL_MECHANISM && {
        mechanism: e.KAFKA_SASL_MECHANISM,
        username: e.KAFKA_SASL_USERNAME!,
        password: e.KAFKA_SASL_PASSWORD!,
      },
    }),
    registry: registryOf(e),
    namespace: e.ERRAND_NAMESPACE,
    secret: e.ERRAND_SECRET,
    storeFile: e.ERRAND_STORE_FILE,
    http: { host: e.ERRAND_HTTP_HOST, port: e.ERRAND_HTTP_PORT },
    probePort: e.ERRAND_PROBE_PORT,
    callbackOrigins: e.ERRAND_CALLBACK_ORIGINS,
    drainMs: e.ERRAND_DRAIN_MS,
    schemas: e.ERRAND_SCHEMAS,
  })
}

function registryOf(e: z.infer<typeof registryPart>): RegistryConfig {
  const tls = { ca: e.SCHEMA_REGISTRY_CA_FILE, cert: e.SCHEMA_REGISTRY_CERT_FILE, key: e.SCHEMA_REGISTRY_KEY_FILE }
  const username = e.SCHEMA_REGISTRY_USERNAME
  return defined({
    url: e.SCHEMA_REGISTRY_URL,
    auth: username === undefined ? undefined : { username, password: e.SCHEMA_REGISTRY_PASSWORD ?? '' },
    tls: Object.values(tls).some(Boolean) ? defined(tls) : undefined,
  })
}

/** The object without its undefined properties, as `exactOptionalPropertyTypes` wants them: absent. */
const defined = <T extends object>(
  object: T,
): { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>
} => Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as never
