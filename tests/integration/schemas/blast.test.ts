// The blast radius of a proposed version on a real topic: its records, its real dead letters, and what is in the way of counting.
import { randomUUID } from 'node:crypto'
import { expect, inject, test, vi } from 'vitest'
import { type App, defineApp } from '../../../app/app.ts'
import { event } from '../../../app/event.ts'
import type { AvroSchema } from '../../../app/record.ts'
import { subscriber } from '../../../app/subscriber.ts'
import { readBlast, recordsToRead } from '../../../bin/schemas/blast.ts'
import { kafkajsLog } from '../../../kafka/kafkajs/log.ts'
import { silentLog } from '../../../process/log.ts'
import { type Blast, blastFindings } from '../../../schemas/gate/blast.ts'
import { blastTopic } from '../../../schemas/gate/blastTopic.ts'
import { createRegistry } from '../../../schemas/registry/registry.ts'
import { subscribing } from '../../subscribing.ts'
import { asRecord, flight, seriesOf } from '../../unit/schemas/gate/blastParts.ts'

const { brokers, registryUrl } = inject('system')
const registry = createRegistry({ url: registryUrl })
const open = () => kafkajsLog({ clientId: 'blast', kafka: { brokers }, log: silentLog })

/** Flights of which only v1 is handled by the app: what v2 wrote becomes dead letters, and so do bytes that are none. */
async function flights() {
  const landed = event('flight.landed', asRecord<object>(flight.v1), { key: () => '' })
  const app = defineApp({
    ...{ name: 'flights', events: [landed], partitions: 3 },
    subscribers: { archive: subscriber(landed, async () => undefined, { from: 'earliest' }) },
  }) as App
  const errand = await subscribing(app, { namespace: `blast-${randomUUID().slice(0, 8)}`, open, registry })
  const topic = errand.catalogue.event('flight.landed')
  expect(await registry.register(`${topic}-value`, flight.v2)).toMatchObject({ kind: 'registered' })
  const log = open()
  const [v1, v2] = await Promise.all(
    [flight.v1, flight.v2].map((schema) => errand.codec.encoder(`${topic}-value`, asRecord(schema))),
  )
  return {
    errand,
    topic,
    v1: (index: number) => v1!({ origin: `A${index}`, status: 'LATE' }),
    v2: (index: number) => v2!({ origin: `A${index}`, status: index % 2 === 0 ? 'DIVERTED' : 'LATE' }),
    send: async (count: number, value: (index: number) => Buffer | null) => {
      await Promise.all(
        Array.from({ length: count }, (_, index) =>
          errand.producer.send(
            topic,
            { key: null, value: value(index), headers: new Map() },
            { kind: 'partition', partition: index % 3 },
          ),
        ),
      )
    },
    blast: async (versions: readonly AvroSchema[], sinceMs?: number, asked = registry) => {
      const of = blastTopic(app, errand.catalogue, [seriesOf('flight.landed', ...versions)], 'flight.landed')
      const system = { app, kafka: log, registry: asked, codec: errand.codec, log: silentLog }
      const { signal } = new AbortController()
      const [toRead, blast] = [
        await recordsToRead(system, of, sinceMs),
        await readBlast(system, of, { sinceMs, signal }),
      ]
      return { toRead, blast, findings: blastFindings(blast, of) }
    },
    close: () => log.close(),
  }
}

const byType = ({ reasons }: Blast['records']) =>
  Object.fromEntries(reasons.map(({ type, records, broken }) => [type, { records, broken }]))

test('a proposal that would break 37 of 1,000 records says 37, by reason, and counts the dead letters apart', async () => {
  const { errand, topic, send, blast, v1, v2, close } = await flights()
  await send(940, v1)
  await send(37, v2)
  await send(10, () => Buffer.from('not framed'))
  await send(8, (index) => v1(index).subarray(0, 8))
  const { stop } = await errand.start()
  await vi.waitFor(async () => expect(await errand.dead('archive')).toHaveLength(37 + 18), {
    timeout: 60_000,
    interval: 200,
  })
  await stop()
  const before = [...(await errand.records(topic)), ...(await errand.dead('archive'))]
  const lastMs = Math.max(...before.map(({ timestampMs }) => timestampMs))
  await vi.waitUntil(() => Date.now() > lastMs)
  await send(3, () => Buffer.from([0, 0x7f, 0xff, 0xff, 0xff, 0]))
  await send(2, () => null)

  const worse = await blast([flight.v1, flight.v2, flight.v3])
  expect(worse.toRead).toBe(1_000)
  expect(worse.blast.isWhole).toBe(true)
  expect(worse.blast.records).toMatchObject({ records: 1_000, alike: 0, otherwise: 940, fails: 60, broken: 37 })
  expect(byType(worse.blast.records)).toEqual({
    MISSING_ENUM_SYMBOLS: { records: 37, broken: 37 },
    NOT_FRAMED: { records: 10, broken: 0 },
    UNDECODABLE: { records: 8, broken: 0 },
    UNKNOWN_SCHEMA: { records: 3, broken: 0 },
    NO_VALUE: { records: 2, broken: 0 },
  })
  expect(worse.blast.records.writers).toMatchObject([
    { version: 1, records: 948 },
    { version: 2, records: 37 },
  ])
  expect(worse.blast.letters).toMatchObject([{ group: 'subscribers.archive', records: 55, fails: 55, broken: 37 }])
  expect(worse.findings.map(({ type, message }) => [type, message.split(',')[0]])).toEqual([
    ['RECORDS_FAIL', 'v3 does not read 37 of 1000 records that v2 reads'],
    ['RECORDS_FAIL', 'v3 does not read 37 of 55 open dead letters of subscribers.archive that v2 reads'],
  ])

  const better = await blast([flight.v1, flight.v2])
  expect(better.blast.records).toMatchObject({ alike: 977, fails: 23, broken: 0 })
  expect(better.blast.letters).toMatchObject([{ records: 55, fails: 18, broken: 0, mended: 37 }])
  expect(better.findings).toEqual([])

  const late = await blast([flight.v1, flight.v2, flight.v3], lastMs + 1)
  expect(late.toRead).toBe(5)
  expect(late.blast).toMatchObject({ records: { records: 5, fails: 5, broken: 0 }, letters: [] })
  await close()
})

test('an empty topic needs no registry; one with records is not counted without', async () => {
  const { errand, send, blast, v1, close } = await flights()
  const away = createRegistry({ url: 'http://127.0.0.1:1' })
  expect(await blast([flight.v1, flight.v2], undefined, away)).toMatchObject({
    toRead: 0,
    blast: { isWhole: true, records: { records: 0 }, letters: [] },
    findings: [],
  })
  await send(1, v1)
  await expect(blast([flight.v1, flight.v2], undefined, away)).rejects.toMatchObject({ code: 'registry-unavailable' })
  expect(errand.logged.filter(({ level }) => level === 'error')).toEqual([])
  await close()
})
