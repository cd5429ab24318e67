// Arbitrary schemas with everything that the table of Avro, TypeScript and JSON speaks of (logical types, bigints, defaults,
// a record that holds itself), and arbitrary values of them.
import fc from 'fast-check'
import type { AvroSchema } from '../../../app/record.ts'
import { avroType, shapeOf, type Type } from '../../../schemas/avro/avro.ts'
import { recordSchema } from './avroArbitrary.ts'

type Json = Readonly<Record<string, unknown>>

const longs: readonly AvroSchema[] = [
  'long',
  { type: 'long', typescript: 'bigint' },
  { type: 'long', logicalType: 'timestamp-millis' },
  { type: 'long', logicalType: 'timestamp-micros' },
  { type: 'long', logicalType: 'local-timestamp-millis' },
]
const bytes: readonly AvroSchema[] = [
  'bytes',
  { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 },
  { type: 'bytes', logicalType: 'decimal', precision: 40 },
  { type: 'bytes', logicalType: 'decimal', precision: 2, scale: 3 }, // invalid, so ignored
]
/** Of types that a union may follow: the default is of its first branch. */
const defaults: Readonly<Record<string, unknown>> = {
  null: null,
  boolean: true,
  int: 7,
  long: 7,
  float: 0.5,
  double: 0.5,
  string: 'none',
  bytes: '\u0001\u00ff',
  array: [],
  map: {},
}

/** Says things in more detail than they were, as `choose` has it. */
function detailed(schema: unknown, choose: (count: number) => number): unknown {
  const one = (of: readonly AvroSchema[]): AvroSchema => of[choose(of.length)]!
  if (Array.isArray(schema)) return schema.map((each) => detailed(each, choose))
  if (schema === 'long') return one(longs)
  if (schema === 'bytes') return one(bytes)
  if (typeof schema !== 'object' || schema === null) return schema
  const { type, items, values, fields, size } = schema as Json
  if (type === 'fixed' && choose(2) === 1 && Number(size) > 1)
    return { ...schema, logicalType: 'decimal', precision: 4, scale: choose(5) }
  if (items !== undefined) return { ...schema, items: detailed(items, choose) }
  if (values !== undefined) return { ...schema, values: detailed(values, choose) }
  if (!Array.isArray(fields)) return schema
  return { ...schema, fields: fields.map((field: Json) => withDefault(field, choose)) }
}

function withDefault(field: Json, choose: (count: number) => number): Json {
  const type = detailed(field.type, choose)
  const byDefault = defaultOf(type)
  return byDefault === undefined || choose(2) === 0 ? { ...field, type } : { ...field, type, default: byDefault }
}

/** Of a record, the fields that it does not fill in itself. Undefined where there is none. */
function defaultOf(type: unknown): unknown {
  const first = Array.isArray(type) ? type[0] : type
  if (typeof first === 'string') return defaults[first]
  const { type: kind, fields } = first as { readonly type: string; readonly fields?: readonly Json[] }
  const needed = fields?.filter((field) => !('default' in field)).map(({ name, type: of }) => [name, defaultOf(of)])
  if (!needed) return defaults[kind]
  return needed.some(([, value]) => value === undefined) ? undefined : Object.fromEntries(needed)
}

/** A record, in which there may be another one of its kind. */
export const typedSchema: fc.Arbitrary<AvroSchema> = fc
  .tuple(recordSchema, fc.array(fc.nat(999), { minLength: 20, maxLength: 20 }))
  .map(([schema, choices]) => {
    let made = 0
    const choose = (count: number): number => choices[made++ % choices.length]! % count
    const record = detailed(schema, choose) as Json & { readonly fields: readonly unknown[]; readonly type: string }
    const self = { name: 'self', type: ['null', record.name], ...(choose(2) === 0 ? {} : { default: null }) }
    return { ...record, fields: [...record.fields, self] } as unknown as AvroSchema
  })

const maxDepth = 4
const maxTimeMs = 8.64e15

/** Values of a type. `written`: as they may be written, with fields left out that have a default. */
export function arbitraryValue(type: Type, way: 'read' | 'written', depth = 0): fc.Arbitrary<unknown> {
  const shape = shapeOf(type)
  switch (shape.kind) {
    case 'null':
      return fc.constant(null)
    case 'boolean':
      return fc.boolean()
    case 'int':
      return fc.integer()
    case 'long':
      return fc.maxSafeInteger().map((value) => Math.trunc(value * (1 - Number.EPSILON)))
    case 'bigint':
      return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
    case 'float':
      return fc.float().map((value) => value + 0) // -0 is 0 in JSON
    case 'double':
      return fc.double().map((value) => value + 0)
    case 'string':
      return fc.string({ unit: 'grapheme', maxLength: 8 })
    case 'timestamp-millis':
    case 'timestamp-micros':
      return fc.integer({ min: -maxTimeMs, max: maxTimeMs }).map((ms) => new Date(ms))
    case 'decimal':
      return decimalText(shape)
    case 'bytes':
      return fc.uint8Array({ maxLength: 8 }).map((each) => Buffer.from(each))
    case 'fixed':
      return fc.uint8Array({ minLength: shape.size, maxLength: shape.size }).map((each) => Buffer.from(each))
    case 'enum':
      return fc.constantFrom(...shape.symbols)
    case 'array':
      return fc.array(arbitraryValue(shape.items, way, depth + 1), { maxLength: depth > maxDepth ? 0 : 2 })
    case 'map':
      return fc.dictionary(fc.string({ maxLength: 4 }), arbitraryValue(shape.values, way, depth + 1), {
        ...{ maxKeys: depth > maxDepth ? 0 : 2, noNullPrototype: true },
      })
    case 'union': {
      const nothing = shape.branches.filter(({ name }) => name === 'null')
      const branches = depth > maxDepth && nothing.length > 0 ? nothing : shape.branches
      return fc.oneof(
        ...branches.map(({ name, type: each }) => {
          const value = arbitraryValue(each, way, depth + 1)
          return shape.wrapped && name !== 'null' ? value.map((held) => ({ [name]: held })) : value
        }),
      )
    }
    case 'record':
      return fc.record(
        Object.fromEntries(shape.fields.map((field) => [field.name, arbitraryValue(field.type, way, depth + 1)])),
        {
          noNullPrototype: true,
          requiredKeys: shape.fields
            .filter(({ defaultValue }) => way === 'read' || defaultValue === undefined)
            .map((field) => field.name),
        },
      )
    default:
      return shape satisfies never
  }
}

const decimalText = ({ precision, scale }: { readonly precision: number; readonly scale: number }) =>
  fc.bigInt({ min: 1n - 10n ** BigInt(precision), max: 10n ** BigInt(precision) - 1n }).map((unscaled) => {
    const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0')
    const whole = digits.slice(0, digits.length - scale)
    return `${unscaled < 0n ? '-' : ''}${whole}${scale === 0 ? '' : `.${digits.slice(digits.length - scale)}`}`
  })

export type Case = { readonly schema: AvroSchema; readonly value: unknown }

export const typedCase = (way: 'read' | 'written'): fc.Arbitrary<Case> =>
  typedSchema.chain((schema) => arbitraryValue(avroType(schema), way).map((value) => ({ schema, value })))
