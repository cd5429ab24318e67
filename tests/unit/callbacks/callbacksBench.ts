// The roles `callbacks` and `delay` over the log in memory: results are written as workers would, and whoever posts is the test's.
import { onTestFinished } from 'vitest'
import { type App, defineApp, type RecordType, request } from '../../../app/index.ts'
import { callbacks } from '../../../consumers/callbacks/callbacks.ts'
import type { PostOutcome } from '../../../consumers/callbacks/outcome.ts'
import type { Post, Poster } from '../../../consumers/callbacks/post.ts'
import { delay } from '../../../consumers/delay/delay.ts'
import type { Platform, RunningGroup } from '../../../consumers/role.ts'
import { recordOf } from '../../../consumers/run.ts'
import { type Catalogue, catalogue as catalogueOf } from '../../../kafka/catalogue.ts'
import type { Log, LogRecord, NewRecord } from '../../../kafka/log.ts'
import { memoryCluster } from '../../../kafka/memory/log.ts'
import { developmentClient } from '../../../process/clients.ts'
import type { Clock } from '../../../process/clock.ts'
import { newSecret, parseKeyring } from '../../../process/keyring.ts'
import { silentLog } from '../../../process/log.ts'
import { newRequestId } from '../../../process/requestId.ts'
import { persist } from '../../../producers/persist.ts'
import { Producer } from '../../../producers/producer.ts'
import { Codec } from '../../../schemas/codec.ts'
import { Delivery } from '../../../schemas/platform/generated.ts'
import { platformSchemas } from '../../../schemas/platform/platform.ts'
import { memoryRegistry } from '../../../schemas/registry/memoryRegistry.ts'
import { openSqliteStore } from '../../../store/sqlite/store.ts'
import type { Store } from '../../../store/store.ts'

const Report: RecordType<{ readonly n: number }> = {
  name: 'bench.Report',
  schema: { type: 'record', name: 'Report', namespace: 'bench', fields: [{ name: 'n', type: 'int' }] },
}

export type CallbacksBench = {
  readonly catalogue: Catalogue
  readonly store: Store
  /** Writes the result of a request, asked so long ago, that wants to be called back there; resolves with its id. */
  result(url: string, partition?: number, ageMs?: number): Promise<string>
  /** A process with the role. `kill` ends it as SIGKILL would. */
  start(poster: Poster): Promise<{ stop(): Promise<void>; kill(): void }>
  append(topic: string, partition: number, record: NewRecord): Promise<void>
  records(topic: string): Promise<readonly LogRecord[]>
  deliveries(): Promise<readonly Delivery[]>
  /** Records that are in the group's topics and not committed. */
  left(): Promise<number>
}

export async function callbacksBench({
  clock,
  waitsMs,
  partitions = 4,
}: {
  readonly clock: Clock
  readonly waitsMs: readonly number[]
  readonly partitions?: number
}): Promise<CallbacksBench> {
  const report = request(Report, Report, async (input) => input)
  const app = defineApp({ name: 'bench', partitions, requests: { report }, callbacks: { waitsMs } })
  const catalogue = catalogueOf(app, 'bench', platformSchemas)
  const keyring = parseKeyring(newSecret(), 'bench')
  const registry = memoryRegistry()
  for (const { name, schema } of catalogue.subjects) await registry.register(name, schema)
  const codec = new Codec({ registry })
  const cluster = memoryCluster({ clock })
  const outside = cluster.open()
  await outside.admin.create(catalogue.topics.map((topic) => ({ ...topic, replicas: 1 })))
  const store = await openSqliteStore({ file: ':memory:', clock })
  const client = developmentClient(keyring)
  const ours = new Producer({ kafka: outside, log: silentLog, clock })
  const platformOn = (log: Log, producer: Producer): Platform => ({
    ...{ app: app as App, catalogue, log, codec, keyring, clock, logger: silentLog, producer },
    onFailed: (error) => {
      throw error
    },
  })
  const encode = await codec.encoder(`${catalogue.results}-${Report.name}`, Report)
  const value = encode({ n: 7 })
  const over = new AbortController()
  onTestFinished(async () => {
    over.abort(new Error('the test is over'))
    await ours.close(AbortSignal.abort('over'))
    await outside.close()
    await store.close()
  })
  const records = async (topic: string): Promise<readonly LogRecord[]> => {
    const all: LogRecord[] = []
    for await (const record of outside.read(topic, { from: 'earliest' })) all.push(record)
    return all
  }
  const append = async (topic: string, partition: number, record: NewRecord): Promise<void> => {
    await persist(ours, topic, record, { kind: 'partition', partition }, { clock, signal: over.signal, log: silentLog })
  }
  const run = async (groups: readonly RunningGroup[]): Promise<() => Promise<void>> => {
    await Promise.all(groups.map(({ member }) => member.start()))
    return async () => void (await Promise.all(groups.map(({ member }) => member.stop(0).catch(() => undefined))))
  }
  onTestFinished(await run(delay(platformOn(outside, ours))))
  return {
    ...{ catalogue, store, append, records },
    result: async (callbackUrl, partition = 0, ageMs = 0) => {
      const id = newRequestId(keyring, { type: 'report', client: client.name, timeMs: clock.now() - ageMs })
      const run = { id, run: 1, type: 'report', envelope: { client: client.name, callbackUrl } }
      const telling = { kind: 'result', what: 'succeeded', value } as const
      await append(catalogue.results, partition, recordOf({ catalogue, keyring, clock }, run, telling))
      return id
    },
    start: async (poster) => {
      const log = cluster.open()
      const producer = new Producer({ kafka: log, log: silentLog, clock })
      const clients = { signing: async () => ({ kind: 'active', secrets: [client.callbackSecret] }) as const }
      const end = await run(await callbacks(platformOn(log, producer), { store, clients, poster }))
      const leave = async (): Promise<void> => {
        await end()
        await producer.close(AbortSignal.abort('stopped'))
        await log.close()
      }
      let ended = false
      onTestFinished(() => (ended ? undefined : leave()))
      return {
        stop: () => {
          ended = true
          return leave()
        },
        kill: () => {
          ended = true
          cluster.kill(log)
          void leave().catch(() => undefined)
        },
      }
    },
    deliveries: async () =>
      Promise.all((await records(catalogue.deliveries)).map((record) => codec.decode(record.value, Delivery))),
    left: async () => {
      const group = catalogue.groups.find(({ role }) => role === 'callbacks')!
      let left = 0n
      for (const topic of [...group.sources, group.failures!.retry]) {
        const committed = new Map(
          (await outside.admin.committed(group.id, [topic])).map(({ partition, offset }) => [partition, offset]),
        )
        for (const { partition, high } of await outside.admin.offsets(topic))
          left += high - (committed.get(partition) ?? 0n)
      }
      return Number(left)
    },
  }
}

export type Posted = { readonly atMs: number; readonly id: string } & Pick<Post, 'url' | 'headers' | 'body'>

/** Whoever is called answers as told; everything that was posted. */
export function answering(
  clock: Clock,
  answer: (posted: Posted) => PostOutcome | Promise<PostOutcome>,
): Poster & { readonly posted: Posted[] } {
  const posted: Posted[] = []
  return {
    posted,
    post: async ({ url, headers, body }) => {
      const each = { atMs: clock.now(), id: headers['webhook-id'] ?? '', url, headers, body }
      posted.push(each)
      return answer(each)
    },
    close: async () => undefined,
  }
}
