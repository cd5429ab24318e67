// A development system: broker and registry, launched unless KAFKA_BROKERS names a cluster, schemas registered, topics
// created, and the environment that the programs of such a system share. `errand dev` and the demo run on it.
import { randomUUID } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ErrandError } from '../app/errors.ts'
import { newSecret } from '../process/keyring.ts'
import { launch } from './launcher/launcher.ts'
import { registerSchemas } from './schemas.ts'
import { openSystem, type System } from './system.ts'
import { applyTopics } from './topics.ts'

export type DevelopmentOptions = {
  readonly app: string
  /** Holds the broker's data, the secret and the store. */
  readonly folder: string
  /** 0 = any free ports. Default: the usual ones. */
  readonly ports?: 'usual' | 'free'
  /** The master secret: `developmentSecret(folder)`, or one of its own. */
  readonly secret: string
  /** Where the callbacks of this system go, besides public https. */
  readonly callbackOrigins: readonly string[]
  /** Default: the app's name, or ERRAND_NAMESPACE. */
  readonly namespace?: string
  readonly httpPort?: number
  readonly onProgress: (step: string) => void
  readonly signal: AbortSignal
}

export type Development = {
  readonly system: System
  /** What every program of this system needs in its environment. */
  readonly env: Readonly<Record<string, string>>
} & AsyncDisposable

export async function startDevelopment({
  app,
  folder,
  secret,
  ports = 'usual',
  callbackOrigins,
  namespace,
  httpPort,
  onProgress,
  signal,
}: DevelopmentOptions): Promise<Development> {
  await using opened = new AsyncDisposableStack()
  await mkdir(folder, { recursive: true })
  const cluster = await clusterOf({ folder, ports, onProgress, signal }, opened)
  const env = {
    KAFKA_BROKERS: cluster.brokers,
    SCHEMA_REGISTRY_URL: cluster.registryUrl,
    ERRAND_SECRET: secret,
    ERRAND_STORE_FILE: process.env.ERRAND_STORE_FILE || join(folder, 'store.sqlite'),
    ERRAND_CALLBACK_ORIGINS: [process.env.ERRAND_CALLBACK_ORIGINS ?? '', ...callbackOrigins].filter(Boolean).join(','),
    ...(namespace === undefined ? {} : { ERRAND_NAMESPACE: namespace }),
    ...(httpPort === undefined ? {} : { ERRAND_HTTP_PORT: String(httpPort) }),
  }
  const system = opened.use(
    await openSystem(app, {
      clientId: `development-${randomUUID().slice(0, 8)}`,
      logLevel: 'warn',
      env: { ...process.env, ...env },
    }),
  )
  onProgress('Registering the schemas')
  await registerSchemas({ catalogue: system.catalogue, registry: system.registry, print: () => undefined })
  onProgress('Creating the topics')
  await applyTopics(system.kafka.admin, system.catalogue, { allowSingleReplica: cluster.launched })
  const stack = opened.move()
  return { system, env, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

type Cluster = { readonly brokers: string; readonly registryUrl: string; readonly launched: boolean }

async function clusterOf(
  {
    folder,
    ports,
    onProgress,
    signal,
  }: Required<Pick<DevelopmentOptions, 'folder' | 'ports' | 'onProgress' | 'signal'>>,
  opened: AsyncDisposableStack,
): Promise<Cluster> {
  const { KAFKA_BROKERS: brokers, SCHEMA_REGISTRY_URL: registryUrl } = process.env
  if (brokers && !registryUrl)
    throw new ErrandError('invalid-configuration', 'KAFKA_BROKERS is set, so SCHEMA_REGISTRY_URL must be too')
  if (brokers && registryUrl) {
    onProgress(`Using the cluster at ${brokers}`)
    return { brokers, registryUrl, launched: false }
  }
  const free = ports === 'free' ? { kafkaPort: 0, registryPort: 0 } : {}
  const launched = opened.use(await launch({ folder, onProgress, signal, ...free }))
  return { brokers: launched.brokers.join(','), registryUrl: launched.registryUrl, launched: true }
}

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
