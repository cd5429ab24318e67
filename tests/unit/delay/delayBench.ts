// A role `delay` over the log in memory, under a clock that stands, and what it releases.
import { setImmediate as turn } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import { defineApp, request } from '../../../app/index.ts'
import { delay } from '../../../consumers/delay/delay.ts'
import type { Platform, RunningGroup } from '../../../consumers/role.ts'
import { type Catalogue, type CatalogueTopic, catalogue as catalogueOf } from '../../../kafka/catalogue.ts'
import { copyHeaders, newJourney, type Waiting } from '../../../kafka/journey.ts'
import type { Log, LogRecord, NewRecord } from '../../../kafka/log.ts'
import type { Line } from '../../../kafka/memory/line.ts'
import { type MemoryCluster, memoryCluster } from '../../../kafka/memory/log.ts'
import { type Tier, tierFor, tiers } from '../../../kafka/tiers.ts'
import type { Clock } from '../../../process/clock.ts'
import { silentLog } from '../../../process/log.ts'
import { platformSchemas } from '../../../schemas/platform/platform.ts'
import { type ManualClock, manualClock } from '../../../testing/manualClock.ts'

const Nothing = { name: 'delayed.Nothing', schema: { type: 'record', name: 'Nothing', fields: [] } } as const
export const app = defineApp({
  name: 'delayed',
  requests: { wait: request(Nothing, Nothing, async () => ({})) },
  partitions: 3,
})

/** A call's way to the cluster: a transaction takes as long, and what comes due meanwhile gathers. */
const wayMs = 10
export const slowLine = (clock: Clock): Line => ({
  arrive: () => clock.sleep(wayMs),
  answer: () => Promise.resolve(),
  fault: () => undefined,
})

export const startMs = Date.UTC(2030, 0, 1)

export type DelayBench = {
  readonly clock: ManualClock
  readonly catalogue: Catalogue
  readonly cluster: MemoryCluster
  /** The way of the test itself to the log. */
  readonly log: Log
  /** The retry topic of the app's workers. */
  readonly retry: string
  readonly dead: string
  readonly tiers: readonly string[]
  /** A process with the role; it has joined. */
  process(options?: Partial<Platform>): Promise<RunningGroup & { readonly log: Log }>
  /** Puts records in a tier, now: by default in the one that they belong to. */
  put(records: readonly Put[]): Promise<void>
  /** Lets so much time pass, a step at a time. */
  pass(ms: number, stepMs?: number): Promise<void>
  all(topic: string): Promise<readonly LogRecord[]>
}

export type Put = { readonly value: string; readonly waiting?: Waiting; readonly tier?: Tier; readonly raw?: NewRecord }

/** `retryConfig` is what the retry topic has besides. */
export async function delayBench(retryConfig: Readonly<Record<string, string>> = {}): Promise<DelayBench> {
  const clock = manualClock(startMs)
  const cluster = memoryCluster({ clock })
  const log = cluster.open()
  const catalogue = catalogueOf(app, app.name, platformSchemas)
  const group = catalogue.groups.find(({ role }) => role === 'workers')!
  const retry = group.failures!.retry
  const configOf = ({ name, config }: CatalogueTopic) => ({ ...config, ...(name === retry ? retryConfig : {}) })
  const topics = catalogue.topics.map((topic) => ({ ...topic, config: configOf(topic), replicas: 1 }))
  await log.admin.create(topics)
  onTestFinished(() => log.close())
  const turns = async (): Promise<void> => {
    for (let count = 0; count < 12; count += 1) await turn()
  }
  const pass = async (ms: number, stepMs = 100): Promise<void> => {
    for (let left = ms; left > 0; left -= stepMs) {
      await clock.advance(Math.min(stepMs, left))
      await turns()
    }
  }
  const waits = catalogue.groups.find(({ role }) => role === 'delay')!
  return {
    ...{ clock, catalogue, cluster, log },
    retry,
    tiers: tiers.map(catalogue.delay),
    dead: waits.failures!.dead,
    process: async (options) => {
      const own = cluster.open({ line: slowLine(clock) })
      const platform = {
        ...{ catalogue, log: own, clock, logger: silentLog },
        onFailed: (error: Error) => {
          throw error
        },
        ...options,
      } as Platform
      const [running] = delay(platform)
      onTestFinished(() => own.close())
      void running!.member.start()
      await pass(500, 50)
      return { ...running!, log: own }
    },
    put: async (records) => {
      const byTopic = Map.groupBy(records, ({ waiting, tier }) =>
        catalogue.delay(tier ?? tierFor((waiting?.dueMs ?? 0) - clock.now())),
      )
      const writer = await log.writer()
      for (const [topic, all] of byTopic)
        for (let at = 0; at < all.length; at += 500)
          await writer.append(
            { topic, partition: 0 },
            all.slice(at, at + 500).map(({ value, waiting, raw }) => {
              const record = { key: Buffer.from(value), value: Buffer.from(value), headers: new Map() }
              const origin = { topic: 'delayed.requests.wait', partition: 0, offset: 0n, timestampMs: 0, ...record }
              return raw ?? { ...record, headers: copyHeaders(record, newJourney(origin), waiting) }
            }),
          )
      await turns()
    },
    pass,
    all: async (topic) => {
      const records: LogRecord[] = []
      for await (const record of log.read(topic, { from: 'earliest' })) records.push(record)
      return records
    },
  }
}
