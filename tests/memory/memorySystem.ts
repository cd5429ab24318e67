// A whole system in this process over the log in memory, run by the very composition that `errand start` uses: real HTTP,
// a real store, real callbacks on loopback.
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { App } from '../../app/app.ts'
import { openToDevelopment } from '../../bin/development.ts'
import { type ReceivedCallback, startReceiver } from '../../bin/receiver.ts'
import { type Role, roles, runRoles } from '../../bin/roles.ts'
import type { System } from '../../bin/system.ts'
import { applyTopics } from '../../bin/topics.ts'
import { catalogue as catalogueOf } from '../../kafka/catalogue.ts'
import type { Log, LogRecord } from '../../kafka/log.ts'
import { type MemoryCluster, memoryCluster } from '../../kafka/memory/log.ts'
import { developmentClient } from '../../process/clients.ts'
import { systemClock } from '../../process/clock.ts'
import type { Config } from '../../process/config.ts'
import { newSecret, parseKeyring } from '../../process/keyring.ts'
import { silentLog } from '../../process/log.ts'
import { Producer } from '../../producers/producer.ts'
import { Codec } from '../../schemas/codec.ts'
import { platformSchemas } from '../../schemas/platform/platform.ts'
import { memoryRegistry } from '../../schemas/registry/memoryRegistry.ts'
import { watchedRegistry } from '../../schemas/registry/watchedRegistry.ts'
import adder from '../adder.ts'

export type MemorySystem = {
  readonly system: System
  readonly cluster: MemoryCluster
  readonly callbacks: readonly ReceivedCallback[]
  readonly receiverUrl: string
  /** Runs roles, all by default; resolves with the API's address. The function that is returned stops them. */
  start(only?: readonly Role[]): Promise<{ readonly url: string; stop(): Promise<void> }>
  ask(url: string, body: object): Promise<Response>
  get(url: string, path: string): Promise<Response>
  records(topic: string): Promise<readonly LogRecord[]>
  /** A second store, as after the first was lost. */
  loseStore(): void
}

export type MemorySystemOptions = {
  readonly failures?: number
  /** Default `fail`. */
  readonly schemas?: Config['schemas']
  /** Whether a subject is registered before anything starts. Default: all are. */
  readonly isRegistered?: (subject: string) => boolean
}

export async function memorySystem({
  failures = 0,
  schemas = 'fail',
  isRegistered = () => true,
}: MemorySystemOptions = {}): Promise<MemorySystem> {
  const folder = await mkdtemp(join(tmpdir(), 'errand-memory-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const namespace = `test-${randomBytes(4).toString('hex')}`
  const keyring = parseKeyring(newSecret(), namespace)
  const client = developmentClient(keyring)
  const callbacks: ReceivedCallback[] = []
  const receiver = await startReceiver({
    port: 0,
    secret: client.callbackSecret,
    failures,
    onCallback: (callback) => callbacks.push(callback),
  })
  onTestFinished(() => receiver.close())
  const cluster = memoryCluster({ clock: systemClock })
  const catalogue = catalogueOf(adder, namespace, platformSchemas)
  const registry = watchedRegistry(memoryRegistry(), { clock: systemClock, log: silentLog })
  for (const { name, schema } of catalogue.subjects) if (isRegistered(name)) await registry.register(name, schema)
  const setUp = cluster.open()
  await applyTopics(setUp.admin, catalogue, { allowSingleReplica: true })
  onTestFinished(() => setUp.close())
  let stores = 0
  const open = (kafka: Log): System => {
    const producer = new Producer({ kafka, log: silentLog })
    return {
      app: adder as App,
      config: {
        kafka: { brokers: [] },
        registry: { url: '' },
        secret: '',
        storeFile: join(folder, `store-${stores}.sqlite`),
        http: { host: '127.0.0.1', port: 0 },
        callbackOrigins: [receiver.url],
        drainMs: 2_000,
        schemas,
      },
      catalogue,
      keyring,
      kafka,
      registry,
      codec: new Codec({ registry }),
      producer,
      log: silentLog,
      [Symbol.asyncDispose]: async () => {
        await producer.close()
        await kafka.close()
      },
    }
  }
  const system = open(setUp)
  onTestFinished(() => system.producer.close())
  const headers = { authorization: `Bearer ${client.apiKey}`, 'content-type': 'application/json' }
  return {
    system,
    cluster,
    callbacks,
    receiverUrl: receiver.url,
    start: async (only = roles) => {
      const own = open(cluster.open())
      await openToDevelopment(own.config.storeFile, keyring)
      const running = await runRoles(own, {
        roles: new Set(only),
        only: new Set(),
        onFailed: (error) => {
          throw error
        },
      })
      let stopped: Promise<void> | undefined
      const stopAll = async (): Promise<void> => {
        await running[Symbol.asyncDispose]()
        await own[Symbol.asyncDispose]()
      }
      const stop = (): Promise<void> => (stopped ??= stopAll())
      onTestFinished(stop)
      return { url: running.url ?? '', stop }
    },
    ask: (url, body) => fetch(`${url}/v1/requests/add`, { method: 'POST', headers, body: JSON.stringify(body) }),
    get: (url, path) => fetch(`${url}${path}`, { headers }),
    records: async (topic) => {
      const all: LogRecord[] = []
      for await (const record of setUp.read(topic, { from: 'earliest' })) all.push(record)
      return all
    },
    loseStore: () => {
      stores += 1
    },
  }
}
