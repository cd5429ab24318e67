// Values of events in JSON: what other clients write, and what they read of ours.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AvroSchema, RecordType } from '../../../app/record.ts'
import { avroType } from '../../../schemas/avro/avro.ts'
import { parseJson } from '../../../schemas/json/json.ts'
import { decodeJson, jsonEncoder } from '../../../schemas/json/jsonValue.ts'
import { recordSchema } from './avroArbitrary.ts'
import { runs, slow } from './runs.ts'

const Order: RecordType = {
  name: 'shop.Order',
  schema: {
    type: 'record',
    name: 'shop.Order',
    fields: [
      { name: 'id', type: 'string' },
      { name: 'cents', type: 'long' },
      { name: 'placed', type: { type: 'long', logicalType: 'timestamp-millis' }, default: 0 },
      { name: 'photo', type: ['null', 'bytes'], default: null },
      { name: 'tags', type: { type: 'map', values: 'string' }, default: {} },
    ],
  },
}
const written = { id: 'o-1', cents: 995, placed: new Date(7), photo: Buffer.from([1, 2]), tags: {} }
const decode = (text: string | Buffer | null) => decodeJson(text === null ? null : Buffer.from(text), Order)
const refusal = (text: string | Buffer | null): string => {
  try {
    return `decoded: ${JSON.stringify(decode(text))}`
  } catch (error) {
    expect(error).toMatchObject({ code: 'undecodable', retriable: false })
    return (error as Error).message
  }
}

test('whatever a schema can hold is written as JSON and read back to the byte', slow, () => {
  fc.assert(
    fc.property(recordSchema, (schema) => {
      const type = avroType(schema)
      const value = type.random()
      const record: RecordType = { name: 'tests.Any', schema }
      expect(type.toBuffer(decodeJson(jsonEncoder(record)(value), record))).toEqual(type.toBuffer(value))
    }),
    runs(60),
  )
})

test('whatever bytes lie in a topic, they end as a value or as undecodable', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.json().map((text) => Buffer.from(text)),
  )
  fc.assert(
    fc.property(bytes, (each) => void refusal(Buffer.from(each))),
    { numRuns: 500 },
  )
})

describe('writing', () => {
  test('is plain JSON: text, numbers, times, base64, and defaults for what is left out', () => {
    const encode = jsonEncoder(Order)
    expect(encode(written).toString()).toBe(
      '{"id":"o-1","cents":995,"placed":"1970-01-01T00:00:00.007Z","photo":"AQI=","tags":{}}',
    )
    const text = encode({ id: 'ö', cents: 1 }).toString('utf8')
    expect(JSON.parse(text)).toEqual({ id: 'ö', cents: 1, placed: '1970-01-01T00:00:00.000Z', photo: null, tags: {} })
  })

  test('refuses a value that does not fit by its places, without its data', () => {
    const encode = jsonEncoder(Order)
    for (const wrong of [{ ...written, cents: 'secret' }, { ...written, photo: 'secret' }, null, 'secret'])
      expect(() => encode(wrong)).toThrow(expect.objectContaining({ code: 'invalid-record' }))
    expect(() => encode({ ...written, cents: 'secret' })).toThrow('/cents')
    expect(() => encode({ ...written, cents: 'secret' })).not.toThrow('secret')
  })
})

describe('reading', () => {
  test('takes what json.dumps writes: any order, blanks, escapes, a byte order mark', () => {
    expect(decode('{ "cents": 995.0, "id": "\\u00f6", "placed": "2024-05-01T00:00:00Z" }')).toMatchObject({
      id: 'ö',
      cents: 995,
      placed: new Date('2024-05-01T00:00:00Z'),
    })
    expect(decode('\ufeff{"id": "x", "cents": 1}')).toMatchObject({ id: 'x' })
  })

  test('passes over fields of newer producers, as Avro does', () => {
    const value = decode('{"id":"x","cents":1,"channel":"app","constructor":1,"__proto__":{"polluted":1}}')
    expect(value).toEqual({ id: 'x', cents: 1, placed: new Date(0), photo: null, tags: {} })
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
  })

  test('takes the frame of a JSON Schema serializer off', () => {
    const frame = Buffer.from([0, 0, 0, 0, 42])
    expect(decode(Buffer.concat([frame, Buffer.from('{"id":"x","cents":1}')]))).toMatchObject({ id: 'x' })
    expect(refusal(frame)).toContain('is not JSON')
  })

  test.each([
    [null, 'has no value'],
    ['', 'is not JSON'],
    [Buffer.from([0xff, 0xfe]), 'is not UTF-8'],
    ['{"id": "x", "cents": NaN}', 'is not JSON'],
    ['[]', 'is no shop.Order: / must be an object'],
    ['{"cents": 9007199254740993}', '/id is missing; /cents must be a whole number from -9007199254740990'],
    ['{"id": "x", "cents": 1, "photo": "not base64"}', '/photo must be bytes in base64'],
  ])('%j is undecodable: %s', (text, message) => {
    expect(refusal(text as string | Buffer | null)).toContain(message)
  })

  test('names ten problems and counts the rest, and never quotes the record', () => {
    const Wide: RecordType = {
      name: 'Wide',
      schema: {
        type: 'record',
        name: 'Wide',
        fields: Array.from({ length: 14 }, (_, n) => ({ name: `f${n}`, type: 'int' })),
      },
    }
    expect(() => decodeJson(Buffer.from('{}'), Wide)).toThrow(/\/f9 is missing; and 4 more$/)
    for (const text of ['secret', '{"id":"secret","cents":"secret"}', '{"secret'])
      expect(refusal(text)).not.toContain('secret')
  })
})

test("a symbol that a newer producer knows is the enum's default, as in Avro, but not over HTTP", () => {
  const state = { type: 'enum', name: 'shop.State', symbols: ['NEW', 'OTHER'], default: 'OTHER' }
  const record = (type: AvroSchema): RecordType => ({
    name: 'shop.Order',
    schema: { type: 'record', name: 'shop.Order', fields: [{ name: 'state', type }] },
  })
  const read = (type: AvroSchema, json: unknown) =>
    decodeJson(Buffer.from(JSON.stringify({ state: json })), record(type))
  expect(read(state, 'SENT')).toEqual({ state: 'OTHER' })
  expect(read(['null', state], 'SENT')).toEqual({ state: 'OTHER' })
  expect(read(['string', state], { 'shop.State': 'SENT' })).toEqual({ state: { 'shop.State': 'OTHER' } })
  for (const [type, json] of [
    [state, 7],
    [{ ...state, default: undefined }, 'SENT'],
  ] as const)
    expect(() => read(type as AvroSchema, json)).toThrow('/state must be one of NEW, OTHER')
  expect(parseJson(record(state).schema, { state: 'SENT' })).toMatchObject({ kind: 'invalid' })
})
