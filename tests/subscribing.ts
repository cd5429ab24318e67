// The subscribers of an app, run in this process by the very code that `errand start subscribers` runs.
import { onTestFinished } from 'vitest'
import type { App } from '../app/app.ts'
import { registerSchemas } from '../bin/schemas/register.ts'
import { applyTopics } from '../bin/topics.ts'
import type { RunningGroup } from '../consumers/role.ts'
import { subscribers } from '../consumers/subscribers/subscribers.ts'
import { type Catalogue, catalogue as catalogueOf } from '../kafka/catalogue.ts'
import type { Log, LogRecord } from '../kafka/log.ts'
import { systemClock } from '../process/clock.ts'
import { newSecret, parseKeyring } from '../process/keyring.ts'
import { silentLog } from '../process/log.ts'
import { Producer } from '../producers/producer.ts'
import { Codec } from '../schemas/codec.ts'
import { platformSchemas } from '../schemas/platform/platform.ts'
import type { Registry } from '../schemas/registry/registry.ts'
import { type LoggedLine, testContext } from '../testing/testContext.ts'

export type Subscribing = {
  readonly catalogue: Catalogue
  readonly producer: Producer
  readonly codec: Codec
  /** What the platform has logged. */
  readonly logged: readonly LoggedLine[]
  /** Starts all subscribers. The function that is returned stops them. */
  start(): Promise<{ readonly groups: readonly RunningGroup[]; stop(): Promise<void> }>
  records(topic: string): Promise<readonly LogRecord[]>
  /** The dead letters of a subscriber. */
  dead(subscriber: string): Promise<readonly LogRecord[]>
}

/** Creates the app's topics and registers its schemas; starts nothing. `open` gives a handle on the log. */
export async function subscribing(
  app: App,
  { namespace, open, registry }: { readonly namespace: string; readonly open: () => Log; readonly registry: Registry },
): Promise<Subscribing> {
  const catalogue = catalogueOf(app, namespace, platformSchemas)
  const log = open()
  const producer = new Producer({ kafka: log, log: silentLog })
  onTestFinished(async () => {
    await producer.close()
    await log.close()
  })
  await registerSchemas({ catalogue, registry, print: () => undefined })
  await applyTopics(log.admin, catalogue, { allowSingleReplica: true })
  const codec = new Codec({ registry })
  const { log: logger, logged } = testContext()
  const platform = {
    ...{ app, catalogue, codec, log, producer, logger },
    keyring: parseKeyring(newSecret(), namespace),
    clock: systemClock,
    onFailed: (error: Error) => {
      throw error
    },
  }
  const records = async (topic: string): Promise<readonly LogRecord[]> => {
    const all: LogRecord[] = []
    for await (const record of log.read(topic, { from: 'earliest' })) all.push(record)
    return all
  }
  return {
    ...{ catalogue, producer, codec, logged, records },
    dead: (subscriber) => records(catalogue.groups.find(({ name }) => name === subscriber)!.failures!.dead),
    start: async () => {
      const groups = subscribers(platform, {}, new Set())
      let stopped: Promise<unknown> | undefined
      const stop = async (): Promise<void> => {
        stopped ??= Promise.all(groups.map(({ member }) => member.stop(5_000)))
        await stopped
      }
      onTestFinished(stop)
      await Promise.all(groups.map(({ member }) => member.start()))
      return { groups, stop }
    },
  }
}
