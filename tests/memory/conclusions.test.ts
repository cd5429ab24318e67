// How attempts end when what they leave cannot be written, or comes too late.
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { App } from '../../app/app.ts'
import { defineApp, event, type RecordType, RejectedError, request, subscriber } from '../../app/index.ts'
import { applyTopics } from '../../bin/topics.ts'
import { subscribers } from '../../consumers/subscribers/subscribers.ts'
import { workers } from '../../consumers/workers/workers.ts'
import { catalogue as catalogueOf } from '../../kafka/catalogue.ts'
import { writeHeaders } from '../../kafka/headers.ts'
import { readDeath } from '../../kafka/letter.ts'
import type { LogRecord } from '../../kafka/log.ts'
import { memoryCluster } from '../../kafka/memory/log.ts'
import { systemClock } from '../../process/clock.ts'
import { newSecret, parseKeyring } from '../../process/keyring.ts'
import { silentLog } from '../../process/log.ts'
import { newRequestId } from '../../process/requestId.ts'
import { seal } from '../../process/seal.ts'
import { Producer } from '../../producers/producer.ts'
import { Codec } from '../../schemas/codec.ts'
import { platformSchemas } from '../../schemas/platform/platform.ts'
import { memoryRegistry } from '../../schemas/registry/memoryRegistry.ts'

const record = (name: string): RecordType<{ readonly text: string }> => ({
  name: `t.${name}`,
  schema: { type: 'record', name, namespace: 't', fields: [{ name: 'text', type: 'string' }] },
})
const [Input, Result, Told, Retold] = [record('Input'), record('Result'), record('Told'), record('Retold')]
const huge = 'x'.repeat(1_200_000)
const told = event('told', Told, { key: () => 'k' })
const retold = event('retold', Retold, { key: () => 'k' })

function appOf(runs: { rejecting: number; retelling: number }) {
  return defineApp({
    name: 't',
    partitions: 1,
    events: [told, retold],
    subscribers: {
      one: subscriber(
        told,
        async ({ text }, { send }) => {
          runs.retelling += 1
          send(retold, { text: text === 'huge' ? huge : 'from one' })
        },
        { from: 'earliest', retry: { attempts: 2 } },
      ),
      two: subscriber(
        told,
        async ({ text }, { send }) => {
          if (text !== 'huge') send(retold, { text: 'from two' })
        },
        { from: 'earliest' },
      ),
    },
    requests: {
      rejecting: request(
        Input,
        Result,
        async () => {
          runs.rejecting += 1
          throw new RejectedError('no', 'no', { text: huge })
        },
        { retry: { attempts: 2 } },
      ),
      slow: request(
        Input,
        Result,
        async (_, { signal }) => {
          await sleep(60_000, undefined, { signal })
          return { text: '' }
        },
        { retry: { attempts: 1 } },
      ),
    },
  })
}

async function running() {
  const runs = { rejecting: 0, retelling: 0 }
  const app = appOf(runs) as App
  const keyring = parseKeyring(newSecret(), 'ns')
  const catalogue = catalogueOf(app, 'ns', platformSchemas)
  const registry = memoryRegistry()
  for (const { name, schema } of catalogue.subjects) await registry.register(name, schema)
  const log = memoryCluster({ clock: systemClock }).open()
  await applyTopics(log.admin, catalogue, { allowSingleReplica: true })
  const producer = new Producer({ kafka: log, log: silentLog })
  const codec = new Codec({ registry })
  const platform = {
    app,
    catalogue,
    log,
    producer,
    codec,
    keyring,
    clock: systemClock,
    logger: silentLog,
    onFailed: () => undefined,
  }
  const groups = [...(await workers(platform, {}, new Set())), ...subscribers(platform, {}, new Set())]
  await Promise.all(groups.map(({ member }) => member.start()))
  onTestFinished(async () => {
    await Promise.all(groups.map(({ member }) => member.stop(1)))
    await producer.close()
    await log.close()
  })
  return {
    runs,
    catalogue,
    dead: (name: string): string => catalogue.groups.find((group) => group.name === name)!.failures!.dead,
    records: async (topic: string): Promise<readonly LogRecord[]> => {
      const all: LogRecord[] = []
      for await (const each of log.read(topic, { from: 'earliest' })) all.push(each)
      return all
    },
    tell: async (text: string) => {
      const topic = catalogue.event('told')
      const value = (await codec.encoder(`${topic}-value`, Told))({ text })
      await producer.send(topic, { key: Buffer.from('k'), value, headers: new Map() }, { kind: 'key' })
    },
    ask: async (type: string, rest: { deadlineMs?: number } = {}) => {
      const id = newRequestId(keyring, { type, client: 'c', timeMs: Date.now() })
      const value = (await codec.encoder(`${catalogue.requests(type)}-value`, Input))({ text: '' })
      const sealed = seal(keyring, { kind: 'request', id, run: 1, type, value }, { client: 'c', ...rest })
      const headers = writeHeaders({ id, type, source: '/t', timeMs: Date.now(), run: 1, seal: sealed })
      await producer.send(catalogue.requests(type), { key: Buffer.from(id), value, headers }, { kind: 'turn' })
    },
  }
}

test('a rejection that is too large to be told ends as a failure and a dead letter, after one run', async () => {
  const errand = await running()
  await errand.ask('rejecting')
  await vi.waitFor(async () => expect(await errand.records(errand.dead('rejecting'))).toHaveLength(1), 4_000)
  const [letter] = await errand.records(errand.dead('rejecting'))
  expect(readDeath(letter!)).toMatchObject({ code: 'result-too-large', message: expect.stringContaining('ns.results') })
  expect(await errand.records(errand.catalogue.results)).toHaveLength(1)
  expect(errand.runs.rejecting).toBe(1)
})

test('a subscriber whose event is too large to be sent leaves a dead letter, after one run', async () => {
  const errand = await running()
  await errand.tell('huge')
  await vi.waitFor(async () => expect(await errand.records(errand.dead('one'))).toHaveLength(1), 4_000)
  const [letter] = await errand.records(errand.dead('one'))
  expect(readDeath(letter!)).toMatchObject({ code: 'record-too-large' })
  expect(errand.runs.retelling).toBe(1)
  expect(await errand.records(errand.catalogue.event('retold'))).toEqual([])
})

test('what two subscribers send because of one event has two ids', async () => {
  const errand = await running()
  await errand.tell('small')
  await vi.waitFor(async () => expect(await errand.records(errand.catalogue.event('retold'))).toHaveLength(2))
  const ids = (await errand.records(errand.catalogue.event('retold'))).map(({ headers }) =>
    String(headers.get('ce_id')),
  )
  expect(new Set(ids).size, ids.join(' | ')).toBe(2)
})

test('a request whose deadline ends its last attempt is expired, not failed', async () => {
  const errand = await running()
  await errand.ask('slow', { deadlineMs: Date.now() + 200 })
  await vi.waitFor(async () => expect(await errand.records(errand.catalogue.results)).toHaveLength(1), 4_000)
  const [result] = await errand.records(errand.catalogue.results)
  expect(String(result!.headers.get('ce_type'))).toBe('slow.expired')
  expect(await errand.records(errand.dead('slow'))).toEqual([])
})
