import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ErrandError } from '../../../app/errors.ts'
import type { AvroSchema, RecordType } from '../../../app/record.ts'
import { avroType } from '../../../schemas/avro/avro.ts'
import { Codec } from '../../../schemas/codec.ts'
import { toJson } from '../../../schemas/json/json.ts'
import { memoryRegistry } from '../../../schemas/registry/memoryRegistry.ts'
import type { Registry } from '../../../schemas/registry/registry.ts'
import { recordSchema } from './avroArbitrary.ts'
import { runs, slow } from './runs.ts'

type Field = { readonly name: string; readonly type: AvroSchema; readonly default?: unknown; readonly doc?: string }
const record = <T = unknown>(...fields: readonly Field[]): RecordType<T> => ({
  name: 'tests.Flight',
  schema: { type: 'record', name: 'tests.Flight', fields },
})
type Flight = { readonly origin: string }
const v1 = record<Flight>({ name: 'origin', type: 'string' })
const v2 = record<Flight & { readonly gate: string }>(
  { name: 'origin', type: 'string' },
  { name: 'gate', type: 'string', default: '?' },
)

/** A codec whose registry holds these, each under the subject `s`, with ids from 1. */
async function codecOf(...records: readonly RecordType[]) {
  const registry = memoryRegistry()
  for (const { schema } of records) await registry.register('s', schema)
  const asked: number[] = []
  const counting: Registry = {
    ...registry,
    schema: (id) => {
      asked.push(id)
      return registry.schema(id)
    },
  }
  return { codec: new Codec({ registry: counting }), registry, asked }
}

const framed = (id: number, ...body: readonly number[]): Buffer => Buffer.from([0, 0, 0, 0, id, ...body])
const failure = async (act: () => unknown): Promise<ErrandError> => {
  try {
    await act()
  } catch (error) {
    if (error instanceof ErrandError) return error
    throw error
  }
  throw new Error('it did not fail')
}

describe('encoding', () => {
  test('writes magic 0, the schema id in four bytes, and the body', async () => {
    const { codec } = await codecOf(v1)
    const encode = await codec.encoder('s', v1)
    expect(encode({ origin: 'AMS' })).toEqual(framed(1, 6, ...Buffer.from('AMS')))
  })

  test('bytes once given are never written over, however many and however large others come', async () => {
    const { codec } = await codecOf(v1)
    const encode = await codec.encoder('s', v1)
    const lengths = [...Array.from({ length: 3_000 }, (_, index) => index % 200), 200_000, 65_530, 65_536, 3]
    const all = lengths.map((length) => encode({ origin: 'x'.repeat(length) }))
    const decoded = await Promise.all(all.map((bytes) => codec.decode(bytes, v1)))
    expect(decoded.map(({ origin }) => origin.length)).toEqual(lengths)
  })

  test('needs a subject that holds exactly this schema, and says how to get there', async () => {
    const { codec } = await codecOf(v1)
    const error = await failure(() => codec.encoder('s', v2))
    expect(error).toMatchObject({ code: 'schema-not-registered', retriable: false })
    expect(error.message).toMatch(/"s".*errand schemas register/)
  })

  test('a value that does not fit is refused by its places, without its data', async () => {
    const { codec } = await codecOf(v1)
    const encode = await codec.encoder('s', v1)
    const error = await failure(() => encode({ origin: ['secret'] } as never))
    expect(error).toMatchObject({
      code: 'invalid-record',
      message: 'the value is no tests.Flight: /origin is no string',
    })
    expect(encode({ origin: 'A' })).toEqual(framed(1, 2, 65))
  })
})

describe('decoding', () => {
  test('is asynchronous once a schema id, synchronous ever after, and asks the registry once', async () => {
    const { codec, asked } = await codecOf(v1)
    const bytes = framed(1, 2, 65)
    const pending = [codec.decode(bytes, v1), codec.decode(bytes, v1), codec.decode(bytes, v2)]
    expect(pending.every((each) => each instanceof Promise)).toBe(true)
    expect(await Promise.all(pending)).toEqual([{ origin: 'A' }, { origin: 'A' }, { origin: 'A', gate: '?' }])
    expect(codec.decode(bytes, v1)).toEqual({ origin: 'A' })
    expect(asked).toEqual([1])
  })

  test('an older reader takes newer records and a newer reader older ones', async () => {
    const { codec } = await codecOf(v1, v2)
    expect(await codec.decode(framed(2, 2, 65, 2, 66), v1)).toEqual({ origin: 'A' })
    expect(await codec.decode(framed(1, 2, 65), v2)).toEqual({ origin: 'A', gate: '?' })
  })

  test.each([
    ['a record of the same name elsewhere', 'com.acme.Flight', {}],
    ['a record without a namespace', 'Flight', {}],
    ['a record that an alias names', 'com.acme.LegacyFlight', { aliases: ['com.acme.LegacyFlight'] }],
    ['a record that an alias names but for its namespace', 'LegacyFlight', { aliases: ['com.acme.LegacyFlight'] }],
  ])('%s is read', async (_, name, more) => {
    const theirs: RecordType = { name, schema: { ...(v1.schema as object), name } as never }
    const ours: RecordType = { name: v2.name, schema: { ...(v2.schema as object), ...more } as never }
    const { codec } = await codecOf(theirs)
    expect(await codec.decode(framed(1, 2, 65), ours)).toEqual({ origin: 'A', gate: '?' })
  })

  test('of two branches that differ by their namespace, the one that was written is read', async () => {
    const branch = (name: string) => ({ type: 'record', name, fields: [{ name: 'origin', type: 'string' }] })
    const any = (...more: readonly Field[]) =>
      record({ name: 'it', type: [branch('a.Flight'), branch('b.Flight')] as AvroSchema }, ...more)
    const { codec } = await codecOf(any({ name: 'gate', type: 'string' }))
    expect(await codec.decode(framed(1, 2, 2, 65, 2, 66), any())).toEqual({ it: { 'b.Flight': { origin: 'A' } } })
  })

  test('as written, it is the writer who says what is there', async () => {
    const { codec } = await codecOf(v1, v2)
    expect(await codec.decodeAsWritten(framed(2, 2, 65, 2, 66))).toEqual({
      record: { name: 'tests.Flight', schema: v2.schema },
      value: { origin: 'A', gate: 'B' },
    })
    expect(codec.decodeAsWritten(framed(2, 2, 65, 2, 66))).toMatchObject({ value: { gate: 'B' } })
  })

  test('what was encoded is decoded to the same value, for any schema', slow, async () => {
    await fc.assert(
      fc.asyncProperty(recordSchema, async (schema) => {
        const any = { name: 'tests.Type0', schema }
        const { codec } = await codecOf(any)
        const type = avroType(schema)
        const value = type.random()
        const bytes = (await codec.encoder('s', any))(value)
        expect(type.toBuffer(await codec.decode(bytes, any))).toEqual(type.toBuffer(value))
      }),
      runs(40),
    )
  })
})

describe('what cannot be decoded', () => {
  const incompatible = record({ name: 'origin', type: 'int' })
  const renamed = { name: 'Departure', schema: { ...(v1.schema as object), name: 'Departure' } as never }

  test.each<[string, Buffer | null]>([
    ['no value', null],
    ['an empty value', Buffer.alloc(0)],
    ['less than a header', Buffer.from([0, 0, 0, 0])],
    ['JSON', Buffer.from('{"origin":"AMS"}')],
    ['a truncated body', framed(1, 6, 65)],
    ['no body', framed(1)],
    ['bytes after the body', framed(1, 2, 65, 0)],
    ['a length below zero', framed(1, 1, 65)],
    ['an unknown schema id', framed(9, 2, 65)],
    ['a schema that does not resolve', framed(2, 2)],
    ['a record of another name', framed(3, 2, 65)],
  ])('%s is undecodable for good', async (_, bytes) => {
    const { codec } = await codecOf(v1, incompatible, renamed)
    expect(await failure(() => codec.decode(bytes, v1))).toMatchObject({ code: 'undecodable', retriable: false })
    expect(await failure(() => codec.decode(bytes, v1))).toMatchObject({ code: 'undecodable' })
  })

  test('a schema of the registry that avsc cannot read is undecodable too', async () => {
    const { codec } = await codecOf(record({ name: 'origin', type: 'nonsense' }))
    expect(await failure(() => codec.decode(framed(1, 2), v1))).toMatchObject({ code: 'undecodable' })
    expect(await failure(() => codec.decodeAsWritten(framed(1, 2)))).toMatchObject({ code: 'undecodable' })
  })

  // Java writes with it, and no reader needs a writer's defaults.
  test('a default that is no value keeps nobody from reading what its schema wrote', async () => {
    const text = { type: ['null', 'string'], default: '' }
    const list = { type: 'array', items: { type: 'record', name: 'Leg', fields: [{ name: 'gate', ...text }] } }
    const lenient = record({ name: 'origin', type: 'string' }, { name: 's', ...text }, { name: 'legs', type: list })
    const { codec } = await codecOf(lenient)
    const bytes = framed(1, 2, 65, 0, 2, 2, 2, 66, 0)
    expect(await codec.decode(bytes, v1)).toEqual({ origin: 'A' })
    const { record: written, value } = await codec.decodeAsWritten(bytes)
    expect(toJson(written.schema, value)).toEqual({ origin: 'A', s: null, legs: [{ gate: 'B' }] })
  })

  test('a count of items beyond what bytes are left is refused before it costs time or memory', async () => {
    const huge = [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f] // 2^55 − 1
    const deep = record({ name: 'a', type: { type: 'array', items: { type: 'map', values: 'null' } } })
    const { codec } = await codecOf(record({ name: 'a', type: { type: 'array', items: 'null' } }), deep)
    for (const bytes of [framed(1, ...huge), framed(2, 2, ...huge), framed(2, 1, 2, ...huge)])
      expect(await failure(() => codec.decodeAsWritten(bytes))).toMatchObject({ code: 'undecodable' })
  })

  test('a record nested without end is undecodable, not a stack overflow', async () => {
    const node = record({ name: 'next', type: ['null', 'tests.Flight'] })
    const { codec } = await codecOf(node)
    const bytes = Buffer.concat([framed(1), Buffer.alloc(1_000_000, 2), Buffer.alloc(1)])
    expect(await failure(() => codec.decode(bytes, node))).toMatchObject({ code: 'undecodable' })
  })

  test('whatever bytes come under any schema end as a value or as undecodable', slow, async () => {
    await fc.assert(
      fc.asyncProperty(recordSchema, fc.uint8Array({ maxLength: 200 }), async (schema, body) => {
        const any = { name: 'tests.Type0', schema }
        const { codec } = await codecOf(any)
        const act = async () => codec.decode(framed(1, ...body), any)
        await act().catch((error) => expect(error).toMatchObject({ code: 'undecodable' }))
      }),
      runs(100),
    )
  })

  test('a registry that is down is asked again the next time, and what it then knows is read', async () => {
    const registry = memoryRegistry()
    await registry.register('s', v1.schema)
    let down = true
    const codec = new Codec({
      registry: {
        ...registry,
        schema: (id) =>
          down
            ? Promise.reject(new ErrandError('registry-unavailable', 'down', { retriable: true }))
            : registry.schema(id),
      },
    })
    expect(await failure(() => codec.decode(framed(1, 2, 65), v1))).toMatchObject({ retriable: true })
    down = false
    expect(await codec.decode(framed(1, 2, 65), v1)).toEqual({ origin: 'A' })
  })

  test('an id that the registry did not know can be read once it does', async () => {
    const { codec, registry } = await codecOf()
    expect(await failure(() => codec.decode(framed(1, 2, 65), v1))).toMatchObject({ code: 'undecodable' })
    await registry.register('s', v1.schema)
    expect(await codec.decode(framed(1, 2, 65), v1)).toEqual({ origin: 'A' })
  })
})

test('a thousand and more schema ids are read with a bounded memory of them', slow, async () => {
  const { codec, asked } = await codecOf(
    ...Array.from({ length: 1_100 }, (_, index) => record({ name: 'origin', type: 'string', doc: `${index}` })),
  )
  const read = (id: number) => codec.decode(Buffer.from([0, 0, 0, id >> 8, id & 255, 2, 65]), v1)
  for (let id = 1; id <= 1_100; id++) expect(await read(id)).toEqual({ origin: 'A' })
  expect(asked).toHaveLength(1_100)
  expect(read(1_100)).toEqual({ origin: 'A' })
  expect(await read(1)).toEqual({ origin: 'A' })
  expect(asked).toHaveLength(1_101)
})
