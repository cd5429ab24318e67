// What every verb that talks to the cluster needs, opened once from the environment and closed in reverse order.
import { resolve } from 'node:path'
import type { App } from '../app/app.ts'
import type { Logger } from '../app/context.ts'
import { type Catalogue, catalogue as catalogueOf } from '../kafka/catalogue.ts'
import { kafkajsLog } from '../kafka/kafkajs/log.ts'
import type { Log } from '../kafka/log.ts'
import { systemClock } from '../process/clock.ts'
import { type Config, loadConfig } from '../process/config.ts'
import { type Keyring, parseKeyring } from '../process/keyring.ts'
import { createLog, type LogLevel } from '../process/log.ts'
import { Producer } from '../producers/producer.ts'
import { Codec } from '../schemas/codec.ts'
import { platformSchemas } from '../schemas/platform/platform.ts'
import { createRegistry } from '../schemas/registry/registry.ts'
import { type WatchedRegistry, watchedRegistry } from '../schemas/registry/watchedRegistry.ts'
import { loadApp } from './app.ts'

export type System = {
  readonly app: App
  /** The app's module, which handler threads load anew. */
  readonly appFile?: string
  readonly config: Config
  readonly catalogue: Catalogue
  readonly keyring: Keyring
  readonly kafka: Log
  readonly registry: WatchedRegistry
  readonly codec: Codec
  readonly producer: Producer
  readonly log: Logger
} & AsyncDisposable

export type SystemOptions = {
  /** Names this program in the broker's logs. */
  readonly clientId: string
  /** Default `info`. */
  readonly logLevel?: LogLevel
  /** Default: the process's own. */
  readonly env?: Readonly<Record<string, string | undefined>>
}

/** Loads app and configuration and opens the clients; nothing connects before it is used. Throws what is wrong, all at once. */
export async function openSystem(
  appPath: string,
  { clientId, logLevel = 'info', env = process.env }: SystemOptions,
): Promise<System> {
  const config = loadConfig(env)
  const app = await loadApp(appPath)
  const namespace = config.namespace ?? app.name
  const log = createLog(logLevel).child({ program: clientId })
  const kafka = kafkajsLog({ clientId: `errand-${clientId}`, kafka: config.kafka, log })
  const registry = watchedRegistry(createRegistry(config.registry), { clock: systemClock, log })
  const producer = new Producer({ kafka, log })
  return {
    app,
    appFile: resolve(appPath),
    config,
    catalogue: catalogueOf(app, namespace, platformSchemas),
    keyring: parseKeyring(config.secret, namespace),
    kafka,
    registry,
    codec: new Codec({ registry }),
    producer,
    log,
    [Symbol.asyncDispose]: async () => {
      await producer.close()
      await kafka.close()
    },
  }
}
