// A topic that others have made on the real cluster, and their clients on it.
import { randomUUID } from 'node:crypto'
import { inject, onTestFinished } from 'vitest'
import { kafkajsLog } from '../../../kafka/kafkajs/log.ts'
import type { Log } from '../../../kafka/log.ts'
import { silentLog } from '../../../process/log.ts'
import { createRegistry } from '../../../schemas/registry/registry.ts'
import { type Subscribing, subscribing } from '../../subscribing.ts'
import { confluent, python, type Running } from './python.ts'
import { type Seen, type ShopOptions, shop, theirSchema } from './shop.ts'

export const patient = { timeout: 30_000, interval: 50 }

/** A record as Python takes it: bytes as numbers, `null` for a tombstone. */
export type TheirRecord = {
  readonly key?: string
  readonly value: unknown
  readonly headers?: readonly (readonly [name: string, bytes: readonly number[] | null])[]
}
export type Place = { readonly key: string | null; readonly partition: number; readonly offset: number }
export type TheirLine = Place & { readonly value: unknown; readonly headers: object } & {
  readonly assigned?: number
  readonly closed?: true
}

export type Others = {
  readonly topic: string
  readonly namespace: string
  readonly log: Log
  produce(records: readonly TheirRecord[], options?: object): Promise<readonly Place[]>
  consume(group: string, options?: object): Running<TheirLine>
  commit(group: string, positions: readonly (readonly [partition: number, offset: number])[]): Promise<void>
  /** Our app on the topic, created and registered. */
  ours(
    options?: Partial<ShopOptions>,
    rights?: { readonly isKeyed?: boolean },
  ): Promise<Subscribing & { readonly seen: readonly Seen[] }>
}

export async function others(partitions = 3): Promise<Others> {
  const { brokers, registryUrl } = inject('system')
  const interpreter = await python()
  const open = (): Log => kafkajsLog({ clientId: 'takeover', kafka: { brokers }, log: silentLog })
  const log = open()
  onTestFinished(() => log.close())
  const unique = randomUUID().slice(0, 8)
  const topic = `theirs.orders-${unique}`
  await log.admin.create([{ name: topic, partitions, replicas: 1, config: { 'retention.ms': '3600000' } }])
  const common = { brokers: brokers.join(','), registry: registryUrl, topic, schema: theirSchema }
  return {
    topic,
    namespace: `takeover-${unique}`,
    log,
    produce: async (records, options = {}) => {
      const producing = confluent<Place>(interpreter, 'produce', { ...common, records, ...options })
      await producing.ended
      return producing.lines
    },
    consume: (group, options = {}) => confluent<TheirLine>(interpreter, 'consume', { ...common, group, ...options }),
    commit: (group, positions) => confluent(interpreter, 'commit', { ...common, group, positions }).ended,
    ours: async (options = {}, rights = {}) => {
      const { app, seen } = shop({ topic, format: 'json', ...options }, rights)
      const namespace = `takeover-${unique}`
      return { ...(await subscribing(app, { namespace, open, registry: createRegistry({ url: registryUrl }) })), seen }
    },
  }
}
