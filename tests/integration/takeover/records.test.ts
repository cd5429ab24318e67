// Records of Python's confluent-kafka read by our subscribers, and ours by it, on a real broker with a real registry.
import fc from 'fast-check'
import { beforeAll, describe, expect, inject, test, vi } from 'vitest'
import { partitionFor } from '../../../kafka/partition.ts'
import { newSecret } from '../../../process/keyring.ts'
import { command } from '../../e2e/commands.ts'
import { type Others, others, patient } from './others.ts'
import { python, setUpMs } from './python.ts'

beforeAll(() => python(), setUpMs)

const order = (id: string) => ({ id, cents: 995, placed: 1_700_000_000_000, channel: 'app' })
const read = (id: string) => ({ id, cents: 995, placed: 1_700_000_000_000, note: null })

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

/** `errand produce` as an operator runs it. */
async function produce({ topic, namespace }: Others, format: 'avro' | 'json', lines: readonly object[]): Promise<void> {
  const { brokers, registryUrl } = inject('system')
  const env = {
    ...{ KAFKA_BROKERS: brokers.join(','), SCHEMA_REGISTRY_URL: registryUrl, ERRAND_NAMESPACE: namespace },
    ...{ ERRAND_SECRET: newSecret(), SHOP_TOPIC: topic, SHOP_FORMAT: format },
  }
  const app = ['--app', 'tests/integration/takeover/shop.ts']
  const errand = async (...args: readonly string[]) => {
    const ran = command('errand', [...args, ...app], env)
    return { code: await ran.ended, output: ran.output() }
  }
  if (format === 'avro') {
    const left = await errand('schemas', 'register')
    expect([left.code, left.output]).toEqual([1, expect.stringContaining('errand schemas register --taken-over')])
    expect(await errand('schemas', 'register', '--taken-over')).toMatchObject({ code: 0 })
  }
  const ndjson = lines.map((line) => JSON.stringify(line)).join('\n')
  const ran = command('sh', ['-c', `printf '%s\\n' "$NDJSON" | errand produce orders ${app.join(' ')}`], {
    ...env,
    NDJSON: ndjson,
  })
  expect([await ran.ended, ran.output()]).toEqual([0, expect.stringContaining(`${lines.length} sent, 0 refused`)])
}

describe('what `errand produce` writes', () => {
  test.each(['avro', 'json'] as const)('in %s is read by Python, headers and all', async (format) => {
    const theirs = await others()
    await produce(theirs, format, [{ id: 'ö-1', cents: 5, note: 'n' }])
    const reader = theirs.consume(`reader-${theirs.namespace}`, { format, count: 1 })
    await reader.ended
    const [line] = reader.lines.filter(({ offset }) => offset !== undefined)
    // Python's deserializer makes a datetime of a timestamp in Avro; confluent.py prints its milliseconds
    expect(line).toMatchObject({ key: 'ö-1', value: { id: 'ö-1', cents: 5, note: 'n', placed: 0 } })
    expect(line!.headers).toMatchObject({
      'content-type': `application/${format}`,
      ce_type: 'orders',
      ce_source: `/${theirs.namespace}`,
    })
    expect(line!.partition).toBe(partitionFor(Buffer.from('ö-1'), 3))
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
