// A development system: broker and registry, launched unless KAFKA_BROKERS names a cluster, schemas registered, topics
// created, and the environment that the programs of such a system share. `errand dev` and the demo run on it.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { ErrandError } from '../app/errors.ts'
import { systemClock } from '../process/clock.ts'
import { type Keyring, newSecret } from '../process/keyring.ts'
import { registerSubjects } from '../schemas/registry/register.ts'
import { checkRegistry } from '../schemas/registry/registryCheck.ts'
import { addDevelopmentClient } from '../store/clientChanges.ts'
import { openSqliteStore } from '../store/sqlite/store.ts'
import { fileOf } from './dev/schemaTypes.ts'
import { launch } from './launcher/launcher.ts'
import { openSystem, type System } from './system.ts'
import { applyTopics } from './topics.ts'

/** Broker and registry of a development system. */
export type Cluster = { readonly brokers: readonly string[]; readonly registryUrl: string }

export type ClusterOptions = {
  /** Holds the broker's data. */
  readonly folder: string
  /** `free` is for a temporary system: its folder will be deleted, and nothing is kept elsewhere. */
  readonly ports: 'usual' | 'free'
  readonly onProgress: (step: string) => void
  readonly signal: AbortSignal
}

export type DevelopmentCluster = Cluster &
  AsyncDisposable & {
    /** It was launched for this folder, and ends with what is returned. */
    readonly launched: boolean
    /** Resolves, with which and how, when a launched server has ended by itself. */
    readonly ended: Promise<string>
  }

/**
 * The cluster that KAFKA_BROKERS and SCHEMA_REGISTRY_URL name; else one is launched. What `errand dev` has written for other
 * terminals names its own cluster, which is launched again where it does not run any more.
 */
export async function developmentCluster(options: ClusterOptions): Promise<DevelopmentCluster> {
  const { folder, ports, onProgress, signal } = options
  const { KAFKA_BROKERS: brokers, SCHEMA_REGISTRY_URL: registryUrl, ERRAND_LAUNCHED_IN: launchedIn } = process.env
  if (!brokers || launchedIn === resolve(folder)) {
    const free = ports === 'free' ? { kafkaPort: 0, registryPort: 0, temporary: true } : {}
    const { stop, ...cluster } = await launch({ folder, onProgress, signal, ...free })
    return { ...cluster, launched: true, [Symbol.asyncDispose]: stop }
  }
  if (!registryUrl)
    throw new ErrandError('invalid-configuration', 'KAFKA_BROKERS is set, so SCHEMA_REGISTRY_URL must be too')
  onProgress(`Using the cluster at ${brokers}, which KAFKA_BROKERS names`)
  const never = new Promise<never>(() => undefined)
  return {
    brokers: brokers.split(','),
    registryUrl,
    launched: false,
    ended: never,
    [Symbol.asyncDispose]: async () => undefined,
  }
}

export type DevelopmentOptions = {
  readonly app: string
  readonly cluster: Cluster & { readonly launched?: boolean }
  /** Holds the store. */
  readonly folder: string
  /** The master secret: `developmentSecret(folder)`, or one of its own. */
  readonly secret: string
  /** Where the callbacks of this system go, besides public https. */
  readonly callbackOrigins: readonly string[]
  /** Default: the app's name, or ERRAND_NAMESPACE. */
  readonly namespace?: string
  /** 0 = a free one. Default: ERRAND_HTTP_PORT, or 3000. */
  readonly httpPort?: number
  readonly onProgress: (step: string) => void
}

export type Development = {
  readonly system: System
  /** What every program of this system needs in its environment. */
  readonly env: Readonly<Record<string, string>>
} & AsyncDisposable

/** What every program of a development system needs in its environment. */
export function developmentEnv(
  options: Omit<DevelopmentOptions, 'app' | 'onProgress'>,
): Readonly<Record<string, string>> {
  const { cluster, folder, secret, callbackOrigins, namespace, httpPort } = options
  return {
    KAFKA_BROKERS: cluster.brokers.join(','),
    SCHEMA_REGISTRY_URL: cluster.registryUrl,
    ERRAND_SECRET: secret,
    ERRAND_STORE_FILE: process.env.ERRAND_STORE_FILE || join(folder, 'store.sqlite'),
    ERRAND_CALLBACK_ORIGINS: [process.env.ERRAND_CALLBACK_ORIGINS ?? '', ...callbackOrigins].filter(Boolean).join(','),
    ...(namespace === undefined ? {} : { ERRAND_NAMESPACE: namespace }),
    ...(httpPort === undefined ? {} : { ERRAND_HTTP_PORT: String(httpPort) }),
  }
}

/** Registers the schemas, creates the topics and adds the development client; starts no role. */
export async function prepareDevelopment(options: DevelopmentOptions): Promise<Development> {
  const { app, cluster, folder, onProgress } = options
  const env = developmentEnv(options)
  await mkdir(folder, { recursive: true })
  await using opened = new AsyncDisposableStack()
  const system = opened.use(
    await openSystem(app, { clientId: 'development', logLevel: 'warn', env: { ...process.env, ...env } }),
  )
  await prepareSystem(system, { app, launched: cluster.launched ?? false, onProgress })
  const stack = opened.move()
  return {
    system,
    env: { ...env, ERRAND_NAMESPACE: system.catalogue.namespace },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

/** Adds the development client to the store in this file, which is created where missing. */
export async function openToDevelopment(file: string, keyring: Keyring): Promise<void> {
  const store = await openSqliteStore({ file })
  try {
    await addDevelopmentClient({ store, keyring, clock: systemClock })
  } finally {
    await store.close()
  }
}

export type PrepareOptions = Pick<DevelopmentOptions, 'app' | 'onProgress'> & {
  /** The cluster was launched for this app: nobody else makes the topics and subjects that it takes over, so they are made here. */
  readonly launched: boolean
}

/**
 * Registers the app's schemas, creates its topics and adds the development client. Throws `schema-refused` with every schema that the registry refused,
 * its file, the reason and what to do.
 */
export async function prepareSystem(
  { app: { partitions }, catalogue, registry, kafka, config, keyring }: System,
  { app, launched, onProgress }: PrepareOptions,
): Promise<void> {
  onProgress('Registering the schemas')
  await checkRegistry(config.registry)
  const problems: string[] = []
  for (const result of await registerSubjects(registry, catalogue.subjects, { takenOver: launched })) {
    if (result.kind !== 'refused') continue
    const subject = catalogue.subjects.find(({ name }) => name === result.subject)
    const file = (subject && (await fileOf(app, subject.schema))) ?? 'a schema'
    problems.push(`${file} does not go with what ${result.subject} has been before: ${result.reason}`)
  }
  if (problems.length > 0) throw new ErrandError('schema-refused', `${problems.join('\n')}\n${compatible}`)
  onProgress('Creating the topics')
  const { admin } = kafka
  const theirs = catalogue.takenOver.map((name) => ({ name, partitions, replicas: 1, config: {} }))
  if (launched) await admin.create(theirs)
  await applyTopics(admin, catalogue, { allowSingleReplica: true })
  await openToDevelopment(config.storeFile, keyring)
}

const compatible =
  'Records of before must stay readable: give a new field a default, and leave names and types of the others as they are. Where they may go, `errand reset` deletes them.'

/** ERRAND_SECRET, or a secret made at the first start in this folder and kept: ids and seals stay valid. */
export async function developmentSecret(folder: string): Promise<string> {
  if (process.env.ERRAND_SECRET) return process.env.ERRAND_SECRET
  const file = join(folder, 'secret')
  const made = newSecret()
  try {
    await mkdir(folder, { recursive: true })
    await writeFile(file, made, { flag: 'wx', mode: 0o600 })
    return made
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return readFile(file, 'utf8')
  }
}
