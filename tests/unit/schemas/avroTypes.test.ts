// The table of Avro, TypeScript and JSON, against random schemas and values, and against Avro's specification.
import avsc from 'avsc'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AvroSchema } from '../../../app/record.ts'
import { avroType, shapeOf } from '../../../schemas/avro/avro.ts'
import { parseJson, toJson } from '../../../schemas/json/json.ts'
import { runs, slow } from './runs.ts'
import { typedCase } from './typedArbitrary.ts'

const only = (type: unknown, more: object = {}): AvroSchema => ({
  type: 'record',
  name: 'tests.Thing',
  fields: [{ name: 'it', type, ...more }],
})
const bytesOf = (type: unknown, it: unknown): Buffer => avroType(only(type)).toBuffer({ it })
const read = (type: unknown, bytes: Buffer): unknown => avroType(only(type)).fromBuffer(bytes).it
/** What a reader has of what another wrote. */
const resolved = (reader: unknown, writer: unknown, bytes: Buffer): unknown => {
  const [to, from] = [avroType(only(reader)), avroType(only(writer))]
  return to.fromBuffer(bytes, to.createResolver(from)).it
}

const millis = { type: 'long', logicalType: 'timestamp-millis' }
const micros = { type: 'long', logicalType: 'timestamp-micros' }
const big = { type: 'long', typescript: 'bigint' }
const decimal = (precision: number, scale = 0) => ({ type: 'bytes', logicalType: 'decimal', precision, scale })

describe('for any schema', () => {
  test('a value is the same after bytes', slow, () => {
    fc.assert(
      fc.property(typedCase('read'), ({ schema, value }) => {
        const type = avroType(schema)
        expect(type.isValid(value)).toBe(true)
        expect(plain(type.fromBuffer(type.toBuffer(value)))).toEqual(value)
      }),
      runs(60),
    )
  })

  test('JSON is the same after value, bytes and value', slow, () => {
    fc.assert(
      fc.property(typedCase('read'), ({ schema, value }) => {
        const type = avroType(schema)
        const json = JSON.parse(JSON.stringify(toJson(schema, value)))
        const parsed = parseJson(schema, json)
        expect(parsed).toMatchObject({ kind: 'valid' })
        const bytes = type.toBuffer((parsed as { value: unknown }).value)
        expect(bytes).toEqual(type.toBuffer(value))
        expect(JSON.parse(JSON.stringify(toJson(schema, type.fromBuffer(bytes))))).toEqual(json)
      }),
      runs(60),
    )
  })

  test('what was left out is its default, in bytes and in JSON', slow, () => {
    fc.assert(
      fc.property(typedCase('written'), ({ schema, value }) => {
        const type = avroType(schema)
        const bytes = type.toBuffer(value)
        const parsed = parseJson(schema, JSON.parse(JSON.stringify(toJson(schema, value))))
        expect(type.toBuffer((parsed as { value: unknown }).value)).toEqual(bytes)
        expect(type.toBuffer(type.fromBuffer(bytes))).toEqual(bytes)
      }),
      runs(60),
    )
  })
})

/** Records and branches of avsc's have constructors of their own. */
const plain = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value) || value instanceof Date) return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]))
}

describe('longs', () => {
  test('are exact as far as a number is, also where avsc takes -(2^52 + 1) for a number above zero', () => {
    const edges = [2 ** 52, 2 ** 52 + 1, 2 ** 53 - 2].flatMap((value) => [value, -value])
    for (const value of edges) {
      expect(read('long', bytesOf('long', value))).toBe(value)
      expect(read(big, bytesOf('long', value))).toBe(BigInt(value))
      expect(bytesOf(big, BigInt(value))).toEqual(bytesOf('long', value))
      for (const writer of ['long', big, { type: 'long' }])
        expect(resolved('double', writer, bytesOf('long', value))).toBe(value)
      expect(Math.sign(resolved('float', 'long', bytesOf('long', value)) as number)).toBe(Math.sign(value))
    }
    for (const value of [2 ** 53, -(2 ** 53), 0.5, Number.NaN, Number.NEGATIVE_INFINITY, 1n, '1'])
      expect(() => bytesOf('long', value)).toThrow()
  })

  test('are the bytes that avsc writes, where avsc is right', () => {
    fc.assert(
      fc.property(fc.integer({ min: -(2 ** 52), max: 2 ** 53 - 2 }), (value) => {
        expect(bytesOf('long', value)).toEqual(avsc.Type.forSchema('long').toBuffer(value))
      }),
    )
  })
})

describe('bigints', () => {
  test('read what was written as an int or a number, and the other way round', () => {
    expect(resolved(big, 'int', bytesOf('int', -7))).toBe(-7n)
    expect(resolved(['null', big], 'int', bytesOf('int', -7))).toBe(-7n)
    expect(read(big, bytesOf('long', -7))).toBe(-7n)
    expect(read('long', bytesOf(big, -7n))).toBe(-7)
    expect(resolved('double', big, bytesOf(big, 3n))).toBe(3)
    expect(() => read('long', bytesOf(big, 2n ** 60n))).toThrow('precision')
  })

  test.each([2n ** 63n, 1, '1', null])('%s is none', (value) => expect(() => bytesOf(big, value)).toThrow())

  test('may have a default, of digits that JSON keeps', () => {
    expect(avroType(only(big, { default: 5 })).clone({})).toEqual({ it: 5n })
    expect(() => avroType(only(big, { default: 2 ** 63 }))).toThrow('incompatible field default')
    expect(() => avroType(only(big, { default: '5' }))).toThrow('incompatible field default')
  })
})

describe('timestamps', () => {
  test.each([millis, micros])('%j: an invalid Date is refused, and so is a number', (type) => {
    for (const wrong of [new Date(Number.NaN), 0, '2026-01-01T00:00:00Z', null])
      expect(() => bytesOf(type, wrong)).toThrow()
    expect(avroType(only(type)).isValid({ it: new Date(Number.NaN) })).toBe(false)
  })

  test('a long beyond what a Date can hold is refused when it is read', () => {
    expect(() => read(millis, bytesOf('long', 8.64e15 + 1))).toThrow('beyond what a Date can hold')
    expect(() => read(micros, bytesOf(big, 2n ** 63n - 1n))).toThrow('beyond what a Date can hold')
  })

  test('microseconds are rounded down, before 1970 too, and 9999-12-31 is exact', () => {
    expect(
      [1_999n, 0n, -1n, -1_000n, -1_001n].map((each) => (read(micros, bytesOf(big, each)) as Date).getTime()),
    ).toEqual([1, 0, -1, -1, -2])
    const never = new Date('9999-12-31T23:59:59.999Z')
    expect(read(micros, bytesOf(micros, never))).toEqual(never)
    expect(read(big, bytesOf(micros, never))).toBe(BigInt(never.getTime()) * 1_000n)
  })

  test('a version with and one without the logical type read each other, each in its own way', () => {
    const at = new Date(86_400_000)
    for (const [reader, writer, written, value] of [
      ['long', millis, at, 86_400_000],
      [millis, 'long', 86_400_000, at],
      [['null', millis], 'long', 86_400_000, at],
      ['long', [millis], at, 86_400_000],
      [['null', 'long'], millis, at, 86_400_000],
      [['int', 'double'], millis, at, { double: 86_400_000 }],
      [millis, 'int', 86_400, new Date(86_400)],
      [micros, millis, at, new Date(86_400)],
      [millis, micros, new Date(5), new Date(5_000)],
    ] as const) {
      expect(plain(resolved(reader, writer, bytesOf(writer, written)))).toEqual(value)
    }
    expect(() => resolved(millis, 'string', bytesOf('string', 'x'))).toThrow('cannot read')
  })

  test('each default is a Date of its own', () => {
    const type = avroType(only(millis, { default: 5 }))
    const [one, other] = [type.clone({}).it as Date, type.clone({}).it as Date]
    one.setTime(6)
    expect(other).toEqual(new Date(5))
  })
})

describe('decimals', () => {
  // The examples of two's complement, highest byte first, as Java's BigInteger has them.
  test.each([
    ['0.00', [0]],
    ['1.27', [0x7f]],
    ['1.28', [0, 0x80]],
    ['-1.28', [0x80]],
    ['-1.29', [0xff, 0x7f]],
    ['-0.01', [0xff]],
    ['12.30', [0x04, 0xce]],
  ])('%s is written as Java writes it', (text, bytes) => {
    expect(bytesOf(decimal(9, 2), text)).toEqual(bytesOf('bytes', Buffer.from(bytes)))
    expect(read(decimal(9, 2), bytesOf('bytes', Buffer.from([text.startsWith('-') ? 0xff : 0, ...bytes])))).toBe(text)
  })

  test('digits at the end may be left out, and are there when it is read', () => {
    expect(['7', '7.5', '-0', '0.10'].map((text) => read(decimal(9, 2), bytesOf(decimal(9, 2), text)))).toEqual([
      ...['7.00', '7.50', '0.00', '0.10'],
    ])
  })

  test.each(['1.234', '10000000', '9999999.999', '1e3', '', '-', '.5', '5.', '01', ' 1', 1.5, 1n, null])(
    '%s is refused where nine digits have two behind the point',
    (value) => expect(() => bytesOf(decimal(9, 2), value)).toThrow(),
  )

  test('a fixed is filled to its size, and has the digits that it has room for', () => {
    const fixed = (size: number, precision: number) => ({
      ...{ type: 'fixed', name: 'F', size },
      ...{ logicalType: 'decimal', precision },
    })
    expect(bytesOf(fixed(4, 9), '-2')).toEqual(Buffer.from([0xff, 0xff, 0xff, 0xfe]))
    const room = [1, 2, 4, 8, 16].map((size) =>
      [...Array(40).keys()].findLast((digits) => shapeOf(avroType(fixed(size, digits))).kind === 'decimal'),
    )
    expect(room).toEqual([2, 4, 9, 18, 38])
  })

  test('more digits than the precision, which another version wrote, are read', () => {
    expect(read(decimal(4, 2), bytesOf(decimal(20, 2), '123456789.01'))).toBe('123456789.01')
    expect(read(decimal(4, 1), bytesOf(decimal(4, 2), '12.34'))).toBe('123.4')
    expect(read(decimal(4, 2), bytesOf('bytes', Buffer.alloc(0)))).toBe('0.00')
    expect(resolved('bytes', decimal(4, 2), bytesOf(decimal(4, 2), '0.01'))).toEqual(Buffer.from([1]))
    expect(resolved(['null', decimal(4, 2)], 'bytes', bytesOf('bytes', Buffer.from([1])))).toBe('0.01')
  })

  test('a default is bytes in the schema, and text in the value', () => {
    expect(avroType(only(decimal(4, 2), { default: '\u0004\u00ce' })).clone({})).toEqual({ it: '12.30' })
  })
})

describe('unions', () => {
  const kinds = (type: AvroSchema) => avroType(type).typeName

  test('are plain where JavaScript tells the branches apart, else wrapped', () => {
    const map = { type: 'map', values: 'int' }
    expect(
      [
        ['null', millis],
        ['int', millis],
        [map, millis],
        ['int', big],
        ['null', decimal(4)],
      ].map(kinds),
    ).toEqual(Array(5).fill('union:unwrapped'))
    expect(
      [
        ['string', decimal(4)],
        ['int', 'double'],
      ].map(kinds),
    ).toEqual(Array(2).fill('union:wrapped'))
    for (const it of [new Date(5), { a: 1 }]) expect(read([map, millis], bytesOf([map, millis], it))).toEqual(it)
    expect(() => bytesOf([map, millis], new Date(Number.NaN))).toThrow()
    for (const it of [{ string: '1' }, { bytes: '1' }])
      expect(plain(read(['string', decimal(4)], bytesOf(['string', decimal(4)], it)))).toEqual(it)
  })
})
