// What leaves through delay: retries whose wait is too long to hold anything, and requests that are not due.
import { expect, onTestFinished, test } from 'vitest'
import type { App } from '../../app/app.ts'
import type { Logger } from '../../app/context.ts'
import { defineApp, event, type RecordType, request, subscriber } from '../../app/index.ts'
import { applyTopics } from '../../bin/topics.ts'
import type { Handle, Message } from '../../consumers/message.ts'
import { subscribers } from '../../consumers/subscribers/subscribers.ts'
import { workers } from '../../consumers/workers/workers.ts'
import { catalogue as catalogueOf } from '../../kafka/catalogue.ts'
import { writeHeaders } from '../../kafka/headers.ts'
import { readJourney, readWaiting } from '../../kafka/journey.ts'
import type { Headers, LogRecord } from '../../kafka/log.ts'
import { memoryCluster } from '../../kafka/memory/log.ts'
import { underChance } from '../../process/chance.ts'
import { newSecret, parseKeyring } from '../../process/keyring.ts'
import { silentLog } from '../../process/log.ts'
import { newRequestId } from '../../process/requestId.ts'
import { type Envelope, seal } from '../../process/seal.ts'
import { Producer } from '../../producers/producer.ts'
import { Codec } from '../../schemas/codec.ts'
import { platformSchemas } from '../../schemas/platform/platform.ts'
import { memoryRegistry } from '../../schemas/registry/memoryRegistry.ts'
import { manualClock } from '../../testing/manualClock.ts'

const hourMs = 3_600_000
const startMs = Date.UTC(2030, 0, 1)
const Text: RecordType<{ readonly text: string }> = {
  name: 't.Text',
  schema: { type: 'record', name: 'Text', namespace: 't', fields: [{ name: 'text', type: 'string' }] },
}
const taken = event('taken', Text, { topic: 'orders', format: 'json' })
const longRetries = { retry: { attempts: 8, firstWaitMs: hourMs, maxWaitMs: 4 * hourMs } }
const fails = async (): Promise<never> => {
  throw new Error('no')
}
const app = defineApp({
  name: 't',
  partitions: 2,
  events: [taken],
  subscribers: { hears: subscriber(taken, fails, longRetries) },
  requests: {
    fails: request(Text, Text, fails, longRetries),
    ordered: request(Text, Text, fails, { orderingKey: true }),
  },
})

/** The groups' handles, on a log in memory. */
async function bench({ without = [] }: { readonly without?: readonly string[] } = {}) {
  const clock = manualClock(startMs)
  const keyring = parseKeyring(newSecret(), 'ns')
  const catalogue = catalogueOf(app, 'ns', platformSchemas)
  const registry = memoryRegistry()
  for (const { name, schema } of catalogue.subjects) await registry.register(name, schema)
  const log = memoryCluster({ clock }).open()
  await log.admin.create([{ name: 'orders', partitions: 2, replicas: 1, config: {} }])
  const topics = catalogue.topics.filter(({ name }) => !without.includes(name))
  await applyTopics(log.admin, { ...catalogue, topics }, { allowSingleReplica: true })
  const told: string[] = []
  const say = (event: string): void => void told.push(event)
  const logger: Logger = { debug: () => undefined, info: say, warn: say, error: say, child: () => logger }
  const producer = new Producer({ kafka: log, log: silentLog, clock })
  onTestFinished(async () => {
    await producer.close()
    await log.close()
  })
  const handles = new Map<string, Handle>()
  const platform = {
    ...{ app: app as App, catalogue, log, producer, keyring, clock, logger },
    codec: new Codec({ registry }),
    around: ({ name }: { readonly name: string }, handle: Handle) => {
      handles.set(name, handle)
      return handle
    },
    onFailed: () => undefined,
  }
  await workers(platform, {}, new Set())
  subscribers(platform, {}, new Set())
  const read = async (topic: string): Promise<readonly LogRecord[]> => {
    const all: LogRecord[] = []
    for await (const each of log.read(topic, { from: 'earliest' })) all.push(each)
    return all
  }
  return {
    ...{ keyring, read, told },
    handle: (name: string, record: Partial<LogRecord>, message: Partial<Message> = {}) =>
      underChance(
        () => 0.9,
        () =>
          handles.get(name)!({
            record: {
              topic: 'x',
              partition: 1,
              offset: 7n,
              timestampMs: startMs,
              key: null,
              value: null,
              headers: new Map(),
              ...record,
            },
            ...{ attempt: 1, signal: new AbortController().signal, ...message },
          }),
      ),
    /** What waits, by tier. */
    waiting: async () => {
      const tiers = catalogue.topics.filter(({ name }) => /^ns\.delay\.\d/.test(name))
      const all = await Promise.all(
        tiers.map(async ({ name }) => (await read(name)).map((each) => [name, each] as const)),
      )
      return all.flat()
    },
    /** A request's record. */
    asked: async (type: string, envelope: Partial<Envelope> = {}): Promise<Partial<LogRecord>> => {
      const id = newRequestId(keyring, { type, client: 'c', timeMs: startMs })
      const value = (await platform.codec.encoder(`${catalogue.requests(type)}-value`, Text))({ text: '' })
      const sealed = seal(keyring, { kind: 'request', id, run: 1, type, value }, { client: 'c', ...envelope })
      const headers: Headers = writeHeaders({ id, type, source: '/t', timeMs: startMs, run: 1, seal: sealed })
      return { topic: catalogue.requests(type), key: Buffer.from(id), value, headers }
    },
  }
}

test('a retry of a request that has to wait for hours enters a tier as it is, with its way and where it is to come back', async () => {
  const { asked, handle, waiting, told } = await bench()
  const record = await asked('fails')
  expect(await handle('fails', record, { attempt: 3, firstFailedAtMs: startMs - 5 })).toMatchObject({ kind: 'done' })
  expect(told).toEqual(['request.handled'])
  const [[tier, copy] = [], ...others] = await waiting()
  expect(others).toEqual([])
  expect(tier).toMatch(/^ns\.delay\.(15s|1m|5m|20m|2h)$/)
  expect(copy).toMatchObject({ key: record.key, value: record.value })
  expect(copy!.headers.get('errand-seal')).toEqual(record.headers!.get('errand-seal'))
  expect(readJourney(copy!)).toEqual({
    origin: { topic: 'ns.requests.fails', partition: 1, offset: 7n },
    ...{ attempts: 3, firstFailedAtMs: startMs - 5, redrives: 0, attemptsBefore: 0 },
  })
  const { to, dueMs } = readWaiting(copy!)!
  expect(to).toEqual({ topic: 'ns.workers.fails.retry', partition: 1 })
  expect(dueMs).toBeGreaterThan(startMs + 10_000)
  expect(dueMs).toBeLessThanOrEqual(startMs + 4 * hourMs)
})

test('an event without a key may wait elsewhere; one with a key waits in place, for ten seconds at most', async () => {
  const { handle, waiting } = await bench()
  const event = { topic: 'orders', value: Buffer.from('{"text":""}') }
  expect(await handle('hears', event, { attempt: 3 })).toMatchObject({ kind: 'done' })
  expect(await waiting()).toHaveLength(1)
  const keyed = await handle('hears', { ...event, key: Buffer.from('k') }, { attempt: 3 })
  expect(keyed).toMatchObject({ kind: 'again', counted: true, found: { kind: 'up' } })
  expect(keyed.kind === 'again' && keyed.afterMs <= 10_000).toBe(true)
  expect(await waiting()).toHaveLength(1)
})

test('a request that is not due leaves without having been tried, or waits in place where it is due soon', async () => {
  const { asked, handle, waiting, told } = await bench()
  expect(await handle('fails', await asked('fails', { runAtMs: startMs + 10_000 }))).toEqual({
    ...{ kind: 'again', afterMs: 10_000, counted: false },
  })
  expect(await waiting()).toEqual([])
  expect(await handle('ordered', await asked('ordered', { runAtMs: startMs + 90_000 }))).toEqual({ kind: 'done' })
  expect(told).toEqual(['request.putOff'])
  const [[tier, copy] = []] = await waiting()
  expect(tier).toBe('ns.delay.1m')
  expect(readWaiting(copy!)).toMatchObject({ dueMs: startMs + 90_000 })
  expect(readJourney(copy!)).toMatchObject({ attempts: 0 })
  expect(readJourney(copy!)).not.toHaveProperty('firstFailedAtMs')
})

test('a time before which it is not to run counts for nothing without a seal', async () => {
  const { asked, handle, waiting } = await bench()
  const { headers, ...record } = await asked('ordered', { runAtMs: startMs + 90_000 })
  const unsealed = new Map([...headers!].filter(([name]) => name !== 'errand-seal'))
  expect(await handle('ordered', { ...record, headers: unsealed })).toMatchObject({ kind: 'again', counted: true })
  expect(await waiting()).toEqual([])
})

test('a request that is not due and cannot wait has failed, and is a dead letter', async () => {
  const { asked, handle, read } = await bench({ without: ['ns.delay.1m'] })
  const record = await asked('ordered', { runAtMs: startMs + 90_000 })
  expect(await handle('ordered', record)).toEqual({ kind: 'done' })
  const [letter] = await read('ns.workers.ordered.dead')
  expect(String(letter!.headers.get('errand-dead-code'))).toBe('unknown-topic')
  expect(await read('ns.results')).toHaveLength(1)
})

test('a request whose failure is refused for good, for its id of half a megabyte, is a dead letter all the same', async () => {
  const { handle, read } = await bench()
  const headers: Headers = new Map([['ce_id', [Buffer.alloc(524_288, 'x')]]])
  const record = { topic: 'ns.requests.ordered', value: Buffer.from('no Avro'), headers }
  expect(await handle('ordered', record)).toMatchObject({ kind: 'done' })
  expect(await read('ns.results')).toEqual([])
  expect(await read('ns.workers.ordered.dead')).toMatchObject([{ value: record.value }])
})
