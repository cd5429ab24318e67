// The blast radius of a topic on the log in memory: its records, and those of its letters that count.
import { expect, test } from 'vitest'
import type { AvroSchema } from '../../../../app/record.ts'
import { readBlast, recordsToRead } from '../../../../bin/schemas/blast.ts'
import { newJourney } from '../../../../kafka/journey.ts'
import { blastTopic } from '../../../../schemas/gate/blastTopic.ts'
import { manualClock } from '../../../../testing/manualClock.ts'
import adder from '../../../adder.ts'
import { all, listed, memoryDesk, somebody } from '../../consumers/memoryDesk.ts'
import { asRecord, seriesOf } from './blastParts.ts'

const number = (name: string, type: string) => ({ name, type })
const input = (...fields: readonly object[]): AvroSchema => ({
  ...(adder.requests.add.input.schema as object & { readonly type: string }),
  fields,
})
/** v2 reads all that v1 wrote, and numbers that v1 cannot hold. */
const series = [
  seriesOf(
    'add/input',
    adder.requests.add.input.schema,
    input(number('a', 'long'), number('b', 'int'), { name: 'note', type: ['null', 'string'], default: null }),
  ),
]
const nobody = new AbortController()

async function summing() {
  const clock = manualClock(1_000)
  const errand = await memoryDesk(clock)
  const { catalogue, codec, registry, producer, log: kafka } = errand.platform
  const of = blastTopic(adder, catalogue, series, 'requests.add')
  const subject = `${of.topic}-value`
  const big = input(number('a', 'long'), number('b', 'int'))
  await registry.register(subject, big)
  const encodeBig = await codec.encoder(subject, asRecord(big))
  const system = { app: adder, kafka, registry, codec, log: errand.platform.logger }
  return {
    ...{ clock, errand, of },
    big: () => encodeBig({ a: 5_000_000_000, b: 1 }),
    send: (value: Buffer | null, partition = 0) =>
      producer.send(of.topic, { key: null, value, headers: new Map() }, { kind: 'partition', partition }),
    read: (options: Partial<Parameters<typeof readBlast>[2]> = {}) =>
      readBlast(system, of, { signal: nobody.signal, ...options }),
    toRead: (sinceMs?: number) => recordsToRead(system, of, sinceMs),
  }
}

test('an empty topic has no blast', async () => {
  const { read, toRead } = await summing()
  expect(await toRead()).toBe(0)
  expect(await read()).toMatchObject({ isWhole: true, records: { records: 0, reasons: [] }, letters: [] })
})

test('records are counted by what became of them, and handlers are told what changes', async () => {
  const { errand, read, send, big, toRead } = await summing()
  await send(errand.request().value, 0)
  await send(big(), 1)
  await send(Buffer.from('poison'), 2)
  await send(null, 3)
  expect(await toRead()).toBe(4)
  const seen: number[] = []
  const blast = await read({ onProgress: (done) => seen.push(done) })
  expect(blast).toMatchObject({
    isWhole: true,
    proposals: [{ series: 'add/input', version: 2, released: 1 }],
    records: { records: 4, otherwise: 2, fails: 2, broken: 0 },
    handlers: [
      {
        kind: 'handler',
        name: 'add',
        changes: expect.arrayContaining([expect.objectContaining({ path: 'input.note' })]),
      },
    ],
  })
  expect(blast.records.reasons.map(({ type }) => type).toSorted()).toEqual(['NOT_FRAMED', 'NO_VALUE'])
  expect(seen.at(-1)).toBe(4)
})

test('only what came since then is read', async () => {
  const { clock, errand, read, send, toRead } = await summing()
  await send(errand.request().value)
  await errand.die(errand.request())
  await clock.advance(1_000)
  await send(errand.request().value)
  expect(await toRead(2_000)).toBe(1)
  expect(await read({ sinceMs: 2_000 })).toMatchObject({ sinceMs: 2_000, records: { records: 1 }, letters: [] })
})

test('of dead letters the open ones count, each once, and those that a redrive would bring to be read are told', async () => {
  const { errand, of, read, big } = await summing()
  await errand.die({ value: big() }, 2)
  await errand.die({ value: big() })
  await errand.die(errand.request())
  const [{ id } = { id: '' }] = await listed(errand, 'workers.add')
  await all(errand.desk.skip('workers.add', { id }, somebody))
  const origin = (topic: string) => ({ ...newJourney({ topic, partition: 0, offset: 0n } as never) })
  await errand.die({ group: 'delay', value: big(), journey: origin(of.topic) })
  await errand.die({ group: 'delay', value: big(), journey: origin('desk.added') })
  await errand.die({ group: 'callbacks', value: big() })
  expect((await read()).letters).toMatchObject([
    { group: 'workers.add', records: 2, fails: 0 },
    { group: 'delay', records: 1, otherwise: 1, mended: 1 },
  ])
})

test('who interrupts it has what was counted so far, and is told that it is not all', async () => {
  const { errand, read, send } = await summing()
  for (let count = 0; count < 2_500; count++) await send(errand.request().value)
  const stop = new AbortController()
  const blast = await read({ signal: stop.signal, onProgress: () => stop.abort('SIGINT') })
  expect(blast).toMatchObject({ isWhole: false, records: { records: 1_000 } })
})
