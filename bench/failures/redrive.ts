// How fast letters are redriven, against a plain produce of the same records by our own producer: same keys, values, headers
// and partitions. A redrive reads the letters, and writes copies and states in transactions.
import { randomBytes, randomUUID } from 'node:crypto'
import type { App } from '../../app/app.ts'
import { defineApp, event, type RecordType, subscriber } from '../../app/index.ts'
import { applyTopics } from '../../bin/topics.ts'
import { letterDesk } from '../../consumers/letters/letterDesk.ts'
import { catalogue as catalogueOf } from '../../kafka/catalogue.ts'
import { writeHeaders } from '../../kafka/headers.ts'
import { newJourney } from '../../kafka/journey.ts'
import { letterHeaders } from '../../kafka/letter.ts'
import type { Log, NewRecord } from '../../kafka/log.ts'
import { partitionFor } from '../../kafka/partition.ts'
import { systemClock } from '../../process/clock.ts'
import { newSecret, parseKeyring } from '../../process/keyring.ts'
import { createLog } from '../../process/log.ts'
import { Producer } from '../../producers/producer.ts'
import { Codec } from '../../schemas/codec.ts'
import { platformSchemas } from '../../schemas/platform/platform.ts'
import { registerSubjects } from '../../schemas/registry/register.ts'
import { createRegistry } from '../../schemas/registry/registry.ts'
import { type Bench, type Case, median, ratio, rounds, type Samples } from '../rounds.ts'
import { benchLog } from '../workers/member.ts'

const partitions = 12
/** So many that a second is not over too soon. */
const lettersPerSecond = 10_000
/** Sends under way at once in the plain produce. */
const inFlight = 5_000
const batchLetters = 500

type Noted = { readonly note: string }
type Sample = { readonly perSecond: number }

const Noted: RecordType<Noted> = {
  name: 'bench.Noted',
  schema: { type: 'record', name: 'Noted', namespace: 'bench', fields: [{ name: 'note', type: 'string' }] },
}
const noted = event('noted', Noted, { key: ({ note }) => note })

const app = defineApp({
  ...{ name: 'bench', partitions, events: [noted] },
  subscribers: { reader: subscriber(noted, async () => undefined, { from: 'earliest' }) },
}) as App

export const redrive: Bench = async ({ cluster, repetitions, seconds, onProgress }) => {
  await using opened = new AsyncDisposableStack()
  const log = opened.adopt(benchLog(cluster.brokers), (each) => each.close())
  const producer = opened.adopt(new Producer({ kafka: log, log: createLog('error') }), (each) => each.close())
  const registry = createRegistry({ url: cluster.registryUrl })
  const letters = lettersPerSecond * seconds
  const redriving: Case<Sample> = {
    name: 'redrive',
    measure: async () => {
      const system = await openSystem(log, producer, registry)
      await system.die(letters)
      const startMs = performance.now()
      let sent = 0
      const options = { by: 'bench', signal: new AbortController().signal }
      for await (const event of system.desk.redrive('subscribers.reader', {}, options))
        if (event.kind === 'redriven') sent += event.letters
      if (sent !== letters) throw new Error(`${sent} of ${letters} letters were redriven`)
      return { perSecond: (letters * 1_000) / (performance.now() - startMs) }
    },
  }
  const producing: Case<Sample> = {
    name: 'produce',
    measure: async () => {
      const system = await openSystem(log, producer, registry)
      const records = system.records(letters)
      const startMs = performance.now()
      const one = async (): Promise<void> => {
        for (let record = records.pop(); record; record = records.pop())
          await producer.send(system.retry, record, { kind: 'key' })
      }
      await Promise.all(Array.from({ length: inFlight }, one))
      return { perSecond: (letters * 1_000) / (performance.now() - startMs) }
    },
  }
  const samples = await rounds([redriving, producing], { repetitions, seconds, onProgress })
  report(samples)
  return { redriveVsProduce: ratio(samples, ['redrive', 'produce'], ({ perSecond }) => perSecond) }
}

/** An app of its own, with its topics. */
async function openSystem(log: Log, producer: Producer, registry: ReturnType<typeof createRegistry>) {
  const namespace = `bench-${randomBytes(4).toString('hex')}`
  const catalogue = catalogueOf(app, namespace, platformSchemas)
  await registerSubjects(registry, catalogue.subjects)
  await applyTopics(log.admin, catalogue, { allowSingleReplica: true })
  const { id: group, failures } = catalogue.groups.find(({ role }) => role === 'subscribers')!
  const { retry, dead } = failures!
  const topic = catalogue.event('noted')
  const codec = new Codec({ registry })
  const encode = await codec.encoder(`${topic}-value`, Noted)
  const value = Buffer.from(encode({ note: 'x'.repeat(190) }))
  const timeMs = Date.now()
  const death = { code: 'permanent', message: 'it broke', atMs: timeMs, group, worker: 'bench/1' }
  const records = (count: number): NewRecord[] =>
    Array.from({ length: count }, () => {
      const id = randomUUID()
      const headers = writeHeaders({ id, type: 'noted', source: catalogue.source, timeMs, run: 1 })
      return { key: Buffer.from(id), value, headers }
    })
  /** Writes so many letters, straight to their partitions. */
  const die = async (count: number): Promise<void> => {
    const places = Array.from({ length: partitions }, () => [] as NewRecord[])
    for (const [offset, record] of records(count).entries()) {
      const partition = partitionFor(record.key!, partitions)
      const from = { topic, partition, offset: BigInt(offset), timestampMs: timeMs }
      const way = { ...newJourney({ ...from, ...record }), attempts: 5, firstFailedAtMs: timeMs }
      places[partition]!.push({ ...record, headers: letterHeaders(record, way, death) })
    }
    const writer = await log.writer()
    const write = async (letters: readonly NewRecord[], partition: number): Promise<void> => {
      for (let at = 0; at < letters.length; at += batchLetters)
        await writer.append({ topic: dead, partition }, letters.slice(at, at + batchLetters))
    }
    await Promise.all(places.map(write))
    await writer.close()
  }
  const logger = createLog('error')
  const keyring = parseKeyring(newSecret(), namespace)
  const desk = letterDesk({ app, catalogue, log, producer, codec, keyring, clock: systemClock, logger })
  return { desk, retry, records, die }
}

function report(samples: Samples<Sample>): void {
  console.log()
  for (const [name, all] of samples)
    console.log(`${name.padEnd(24)}${median(all.map(({ perSecond }) => perSecond)).toFixed(0)} records/s`)
}
