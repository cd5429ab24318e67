// What json.ts says of each Avro type, kind by kind.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AvroSchema } from '../../../app/record.ts'
import { avroType } from '../../../schemas/avro/avro.ts'
import { parseJson, toJson } from '../../../schemas/json/json.ts'
import { sampleOf } from '../../../schemas/json/sample.ts'
import { runs, slow } from './runs.ts'
import { typedSchema } from './typedArbitrary.ts'

const only = (type: AvroSchema): AvroSchema => ({
  type: 'record',
  name: 'tests.Thing',
  fields: [{ name: 'it', type }],
})
const valueFrom = (schema: AvroSchema, json: unknown) => {
  const parsed = parseJson(schema, json)
  return parsed.kind === 'valid' ? parsed.value : parsed.problems
}
const refused = (type: AvroSchema, json: unknown): readonly string[] => {
  const parsed = parseJson(only(type), { it: json })
  return parsed.kind === 'invalid' ? parsed.problems.map(({ message }) => message) : []
}
const taken = (type: AvroSchema, json: unknown) => (valueFrom(only(type), { it: json }) as { it: unknown }).it

test('the sample of any schema is a value of it', slow, () => {
  fc.assert(
    fc.property(typedSchema, (schema) => {
      expect(parseJson(schema, JSON.parse(JSON.stringify(sampleOf(schema))))).toMatchObject({ kind: 'valid' })
    }),
    runs(100),
  )
})

test('a sample has the examples that the schema gives, where they are given', () => {
  const passenger: AvroSchema = {
    type: 'record',
    name: 'n.Passenger',
    fields: [
      { name: 'name', type: 'string', example: 'Ann' },
      { name: 'paid', type: { type: 'bytes', logicalType: 'decimal', precision: 4, scale: 2 } },
    ],
  }
  const fields = [
    { name: 'first', type: passenger },
    { name: 'second', type: 'n.Passenger' },
    { name: 'at', type: timestamp, default: 5 },
    { name: 'big', type: { type: 'long', typescript: 'bigint' } },
  ]
  expect(sampleOf({ type: 'record', name: 'n.Booking', fields })).toEqual({
    first: { name: 'Ann', paid: '0.00' },
    second: { name: 'Ann', paid: '0.00' },
    at: '1970-01-01T00:00:00.005Z',
    big: '0',
  })
})

describe('numbers', () => {
  test.each<[AvroSchema, unknown]>([
    ['int', 2 ** 31],
    ['int', 1.5],
    ['int', '1'],
    ['long', 2 ** 53],
    ['long', JSON.parse('9007199254740993')],
    ['long', Number.MAX_SAFE_INTEGER],
    ['float', 1e300],
    ['double', JSON.parse('1e999')],
    ['double', '1.5'],
    ['boolean', 1],
  ])('%s refuses %s', (type, json) => expect(refused(type, json)).toHaveLength(1))

  test('a long goes as far as avsc goes', () => {
    const largest = Number.MAX_SAFE_INTEGER - 1
    expect(taken('long', -largest)).toBe(-largest)
    expect(() => avroType(only('long')).toBuffer({ it: largest })).not.toThrow()
  })

  test('what JSON has no number for is a string', () => {
    expect(toJson(only('double'), { it: Number.NaN })).toEqual({ it: 'NaN' })
    expect(taken('double', '-Infinity')).toBe(Number.NEGATIVE_INFINITY)
  })
})

const timestamp = { type: 'long', logicalType: 'timestamp-millis' }

describe('times, bytes and text', () => {
  test.each([timestamp, { ...timestamp, logicalType: 'timestamp-micros' }])('%j is an RFC 3339 time in UTC', (type) => {
    const day = new Date(86_400_000)
    expect(taken(type, 86_400_000)).toEqual(day)
    expect(taken(['null', type], '1970-01-02T01:00:00+01:00')).toEqual(day)
    expect(taken(['null', type], 86_400_000)).toEqual(day)
    expect(toJson(only(type), { it: day })).toEqual({ it: '1970-01-02T00:00:00.000Z' })
    expect(refused(type, 'yesterday')).toEqual([
      'must be an RFC 3339 time, such as 2030-01-31T12:00:00Z, or milliseconds since the epoch',
    ])
  })

  test.each([
    '1970-02-31T00:00:00Z', // Date.parse takes it for 3 March
    '1970-02-01T99:00:00Z',
    '1970-02-01T00:00:00',
    8.64e15 + 1,
    1.5,
    Number.NaN,
  ])('no time is %s', (json) => expect(refused(timestamp, json)).toHaveLength(1))

  test('what a Date can hold is a time, before the year 0 and after 9999 too', () => {
    for (const ms of [-8.64e15, -62_198_755_200_000, 8.64e15]) {
      const json = toJson(only(timestamp), { it: new Date(ms) })
      expect(valueFrom(only(timestamp), json)).toEqual({ it: new Date(ms) })
    }
  })

  const decimal = { type: 'bytes', logicalType: 'decimal', precision: 4, scale: 2 }

  test('a decimal is text, with no more digits than it may have', () => {
    for (const text of ['0.00', '12.30', '-99.99']) expect(taken(decimal, text)).toBe(text)
    expect(taken(decimal, '7')).toBe('7')
    for (const json of ['100.00', '1.234', '1e1', '.5', '01.00', '+1', ' 1', '', 12.3, 7, null])
      expect(refused(decimal, json)).toEqual([
        'must be a decimal in a string, such as "0.00": 4 digits at most, 2 of them after the point',
      ])
  })

  const big = { type: 'long', typescript: 'bigint' }

  test('a bigint is digits, exact over 64 bits, or a whole number that JSON has kept', () => {
    for (const value of [2n ** 63n - 1n, -(2n ** 63n), 0n]) {
      expect(taken(big, String(value))).toBe(value)
      expect(toJson(only(big), { it: value })).toEqual({ it: String(value) })
    }
    expect(taken(['null', big], 42)).toBe(42n)
    for (const json of [String(2n ** 63n), 2 ** 53, 1.5, '1.0', '01', '-0', '', '9'.repeat(1_000_000)])
      expect(refused(big, json)).toHaveLength(1)
  })

  test('bytes are strict base64, and a fixed has its size', () => {
    expect(taken('bytes', 'AAE=')).toEqual(Buffer.from([0, 1]))
    expect(refused('bytes', 'AAE')).toHaveLength(1)
    expect(refused('bytes', 'A A E =')).toHaveLength(1)
    expect(refused({ type: 'fixed', name: 'F', size: 3 }, 'AAE=')).toEqual(['must be 3 bytes in base64'])
  })

  test('half a character is refused, since UTF-8 cannot carry it', () => {
    expect(refused('string', '\ud800')).toHaveLength(1)
    expect(refused({ type: 'map', values: 'int' }, { '\ud800': 1 })).toHaveLength(1)
  })

  test.each([
    ['double', 'string'],
    ['float', { type: 'enum', name: 'E', symbols: ['NaN', 'Infinity'] }],
    ['double', 'bytes'],
    ['double', timestamp],
    [decimal, 'null', 'double'],
  ] as AvroSchema[][])(
    'a float or double beside what is text in JSON is wrapped, as it may be text too',
    (...union) => {
      const [number] = union.filter((each) => each === 'float' || each === 'double') as string[]
      for (const it of [Number.NaN, Number.POSITIVE_INFINITY, 0.5]) {
        const json = JSON.parse(JSON.stringify(toJson(only(union), { it })))
        expect(Object.keys(json.it)).toEqual([number])
        expect(taken(union, json.it)).toBe(it)
      }
      expect(toJson(only(['null', 'double']), { it: Number.NaN })).toEqual({ it: 'NaN' })
    },
  )

  test('a time, a decimal or a bigint beside text is wrapped in JSON, where all are strings', () => {
    const union = ['string', timestamp]
    expect(toJson(only(union), { it: new Date(0) })).toEqual({ it: { long: '1970-01-01T00:00:00.000Z' } })
    expect(taken(union, { long: '1970-01-01T00:00:00Z' })).toEqual(new Date(0))
    expect(taken(union, { string: '1970-01-01T00:00:00Z' })).toBe('1970-01-01T00:00:00Z')
    expect(taken(['int', timestamp], 5)).toBe(5)
    expect(taken(['int', timestamp], '1970-01-01T00:00:00Z')).toEqual(new Date(0))
  })
})
