// Records of Python's confluent-kafka read by our subscribers, on a real broker with a real registry, and where its keys go.
import fc from 'fast-check'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { partitionFor } from '../../../kafka/partition.ts'
import { others, patient } from './others.ts'
import { python, setUpMs } from './python.ts'

beforeAll(() => python(), setUpMs)

const order = (id: string) => ({ id, cents: 995, placed: 1_700_000_000_000, channel: 'app' })
const read = (id: string) => ({ id, cents: 995, placed: new Date(1_700_000_000_000), note: null })

describe('what Python has written', () => {
  test('in Avro, by a schema of another name and version, is handled as ours', async () => {
    const theirs = await others()
    const [place] = await theirs.produce([{ key: 'k-ö', value: order('a') }], { format: 'avro' })
    await theirs.produce([{ value: order('b') }], { format: 'avro' })
    const errand = await theirs.ours({ format: 'avro' })
    await errand.start()
    await vi.waitFor(() => expect(errand.seen).toHaveLength(2), patient)
    const seen = errand.seen.toSorted((one, other) => one.order.id.localeCompare(other.order.id))
    expect(seen.map((each) => each.order)).toEqual([read('a'), read('b')])
    expect(seen.map(({ key }) => key)).toEqual(['k-ö', null])
    expect(seen[0]!.id).toBe(`${theirs.topic}/${place!.partition}/${place!.offset}`)
  })

  test.each(['json', 'json-schema'])('in %s is handled as ours', async (format) => {
    const theirs = await others()
    const schema = { $schema: 'http://json-schema.org/draft-07/schema#', title: 'Order', type: 'object' } // what the registry is told of the second
    await theirs.produce([{ key: 'k', value: order('a') }], { format, schema })
    const errand = await theirs.ours()
    await errand.start()
    await vi.waitFor(() => expect(errand.seen.map((each) => each.order)).toEqual([read('a')]), patient)
  })

  test.each(['gzip', 'snappy', 'lz4', 'zstd'])('compressed with %s is unpacked', async (compression) => {
    const theirs = await others(1)
    const note = 'the same again and again, '.repeat(200)
    const records = Array.from({ length: 300 }, (_, index) => ({ value: { id: `${index}`, cents: index, note } }))
    await theirs.produce(records, { config: { 'compression.type': compression, 'linger.ms': 100 } })
    const errand = await theirs.ours()
    await errand.start()
    await vi.waitFor(() => expect(errand.seen).toHaveLength(300), patient)
    expect(errand.seen.every(({ order: { id, cents, note: read } }) => id === `${cents}` && read === note)).toBe(true)
  })

  test('with headers of any name and bytes, without a value, or of rubbish, stops nobody', async () => {
    const theirs = await others(1)
    const bytes = (text: string) => [...Buffer.from(text)]
    await theirs.produce(
      [
        { key: 'k', value: bytes('rubbish') },
        { key: 'k', value: null },
      ],
      { format: 'raw' },
    )
    const headers = [
      ['__proto__', bytes('x')],
      ['constructor', bytes('y')],
      ['twice', bytes('1')],
      ['twice', bytes('2')],
      ['binary', [255, 254]],
      ['none', null],
      ['ce_time', bytes('yesterday')],
      ['errand-seal', bytes('forged')],
    ] as const
    await theirs.produce([{ value: order('a'), headers }])
    const errand = await theirs.ours()
    await errand.start()
    await vi.waitFor(() => expect(errand.seen).toHaveLength(1), patient)
    expect(errand.seen[0]!.headers).toMatchObject({ constructor: 'y', twice: '1', binary: '\ufffd\ufffd' })
    await vi.waitFor(async () => expect(await errand.dead('billing')).toHaveLength(2), patient)
    expect((await errand.dead('billing')).map(({ value }) => value && String(value))).toEqual(['rubbish', null])
  })
})

describe('the partition of a key', () => {
  const keys = [...new Set(['', ' ', 'ö', '😀', 'a'.repeat(1_000), ...fc.sample(fc.string({ unit: 'grapheme' }), 300)])]

  test.each(['murmur2', 'murmur2_random'])('is ours where Python has the partitioner %s', async (partitioner) => {
    const theirs = await others(7)
    const records = keys.map((key) => ({ key, value: {} }))
    const places = await theirs.produce(records, { config: { partitioner } })
    expect(places).toHaveLength(keys.length)
    expect(new Map(places.map(({ key, partition }) => [key, partition]))).toEqual(
      new Map(keys.map((key) => [key, partitionFor(Buffer.from(key), 7)])),
    )
  })

  test('is another where Python keeps its default, consistent_random', async () => {
    const theirs = await others(7)
    const places = await theirs.produce(keys.map((key) => ({ key, value: {} })))
    const same = places.filter(({ key, partition }) => partitionFor(Buffer.from(key!), 7) === partition)
    expect(same.length).toBeLessThan(keys.length / 2)
  })
})
