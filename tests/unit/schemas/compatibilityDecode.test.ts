// What the checker calls compatible is decoded by avsc, which is what decodes here. `ERRAND_PAIRS=100000` is the long form.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AvroSchema } from '../../../app/record.ts'
import { avroType, type Type } from '../../../schemas/avro/avro.ts'
import { resolverOf } from '../../../schemas/avro/bodyReader.ts'
import { compareSchemas } from '../../../schemas/compatibility.ts'
import { runtimeFindings } from '../../../schemas/gate/runtimeFindings.ts'
import { schemaFindings } from '../../../schemas/gate/schemaFindings.ts'
import { descent } from './evolutionArbitrary.ts'
import { pairOf } from './gate/pairs.ts'
import { runs, slow } from './runs.ts'

const { numRuns } = runs(100)

/** What the gate says of it. Nothing where it has nothing against it but that it is no record. */
function typeOf(schema: AvroSchema): Type | undefined {
  const found = schemaFindings({ version: 1, schema }).filter(({ type }) => type !== 'NOT_A_RECORD')
  if (found.length === 0) return avroType(schema)
  expect(() => avroType(schema)).toThrow()
  return undefined
}

/** Nothing where no value ends: of a record that holds itself. */
function randomValue(type: Type): { readonly value: unknown } | undefined {
  try {
    return { value: type.random() }
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** Into a namespace of its own, as only Avro's rules for the comparison allow. */
const moved = (schema: AvroSchema): AvroSchema =>
  typeof schema === 'object' && 'type' in schema ? { ...schema, namespace: 'moved' } : schema

const count = { decoded: 0, 'found at run time': 0, 'refused by avsc, and found': 0, 'without a value': 0 }

/** As the codec does. */
function decode(reader: Type, writer: Type, value: unknown): unknown {
  const resolver = resolverOf(reader, writer)
  return reader.fromBuffer(writer.toBuffer(value), resolver)
}

test('whatever the checker calls compatible is decoded, to a value of the reader, or found by the gate', slow, () => {
  fc.assert(
    fc.property(descent, fc.nat(9), ({ reader: newer, writer }, how) => {
      const reader = how === 0 ? moved(newer) : newer
      fc.pre(compareSchemas(reader, writer).compatible)
      const [readerType, writerType] = [typeOf(reader), typeOf(writer)]
      if (!readerType || !writerType) count['refused by avsc, and found']++
      fc.pre(readerType !== undefined && writerType !== undefined)
      const made = randomValue(writerType!)
      if (!made) count['without a value']++
      fc.pre(made !== undefined)
      const found = runtimeFindings(pairOf(writer, reader)).filter(({ type }) => type !== 'NAMESPACE_MOVED')
      if (found.length > 0) {
        count['found at run time']++
        expect(() => decode(readerType!, writerType!, made!.value)).toThrow()
        return
      }
      expect(readerType!.isValid(decode(readerType!, writerType!, made!.value))).toBe(true)
      count.decoded++
    }),
    { numRuns },
  )
  expect(count.decoded).toBeGreaterThan(numRuns * 0.9)
  if (process.env.ERRAND_PAIRS) process.stderr.write(`${JSON.stringify(count)}\n`)
})

const record = (name: string, type: AvroSchema, more: object = {}): AvroSchema => ({
  type: 'record',
  name,
  fields: [{ name: 'a', type, ...more }],
})

describe('avsc refuses where Java does not', () => {
  test.each([
    [
      'a name that is defined later',
      record('R', [
        { type: 'array', items: 'F' },
        { type: 'fixed', name: 'F', size: 1 },
      ]),
    ],
    ['an empty union', record('R', [])],
    ['an enum without symbols', record('R', { type: 'enum', name: 'E', symbols: [] })],
    ['a default of the second branch', record('R', ['null', 'string'], { default: 'x' })],
    ['a default of the branch after the record itself', record('R', ['R', 'null'], { default: null })],
    ['a default of another type', record('R', 'int', { default: 'x' })],
  ])('a schema with %s', (_, schema) => {
    expect(compareSchemas(schema, schema).compatible).toBe(true)
    expect(typeOf(schema)).toBeUndefined()
  })

  test('to read a type of the same name in another namespace, without an alias', () => {
    const [reader, writer] = [record('m.R', 'int'), record('n.R', 'int')]
    expect(compareSchemas(reader, writer).compatible).toBe(true)
    expect(() => avroType(reader).createResolver(avroType(writer))).toThrow('no alias found for n.R')
  })

  test('to read what Java took for readable while it compared it, and never looked at again', () => {
    const holder = (name: string, v: AvroSchema, b: AvroSchema) =>
      ({
        type: 'record',
        name,
        fields: [
          { name: 'l', type: ['null', b] },
          { name: 'v', type: v },
        ],
      }) as const
    const b = record('B', 'A')
    const reader = record('R', [holder('A', 'int', b), { ...holder('A2', 'string', 'B'), aliases: ['A'] }])
    const writer = record('R', holder('A', 'string', b))
    expect(compareSchemas(reader, writer).compatible).toBe(true)
    const bytes = avroType(writer).toBuffer({ a: { l: { a: { l: null, v: 'inner' } }, v: 'outer' } })
    expect(() => {
      const resolver = avroType(reader).createResolver(avroType(writer))
      return avroType(reader).fromBuffer(bytes, resolver)
    }).toThrow()
  })
})

test('a record in two unions of the reader, each with another record before it, is read: avsc would keep a half-made resolver', () => {
  const three = { type: 'record', name: 'Three', fields: [] }
  const two = { ...three, name: 'Two' }
  const both = (first: AvroSchema, second: AvroSchema): AvroSchema => ({
    type: 'record',
    name: 'R',
    fields: [
      { name: 'a', type: first },
      { name: 'b', type: second },
    ],
  })
  const writer = both([two, three], ['null', 'Three'])
  const reader = both([two, three], ['null', 'Two', 'Three'])
  expect(compareSchemas(reader, writer).compatible).toBe(true)
  const resolver = avroType(reader).createResolver(avroType(writer))
  const bytes = avroType(writer).toBuffer({ a: { Three: {} }, b: { Three: {} } })
  expect(avroType(reader).fromBuffer(bytes, resolver)).toEqual({ a: { Three: {} }, b: { Three: {} } })
})
