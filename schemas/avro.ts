// Avro as avsc has it, made safe for bytes that anyone may write, and a view of a type that can be walked. This file alone
// imports avsc. Unions are plain values wherever avsc can tell the branches apart, else `{ <branch>: value }`.
import avsc, { type Type } from 'avsc'
import { ErrandError } from '../app/errors.ts'
import type { AvroSchema } from '../app/record.ts'

export type { Type } from 'avsc'
/** How a type reads what another wrote; avsc does not export its name. */
export type Resolver = ReturnType<Type['createResolver']>

/** Bytes that cannot be read, now or later: not framed, truncated, hostile, or of a schema that cannot be resolved. */
export const undecodable = (message: string, cause?: unknown): ErrandError =>
  new ErrandError('undecodable', message, { cause })

/** What avsc reads from; not in its declarations. */
type Tap = { readonly buf: Buffer; readonly pos: number; readLong(): number; readString(): string }
type Reading = { _read(tap: Tap): unknown }
type HookedSchema = { readonly type?: unknown; readonly logicalType?: unknown }

/** Items that take no bytes (null, an empty record) may be this many more than there are bytes left. */
const emptyItems = 1_024

/** Items of the next block. avsc believes any count: one corrupt record would hold the process for hours, or all its memory. */
const blockItems = (tap: Tap): number => {
  const count = tap.readLong()
  if (count < 0) tap.readLong() // a negative count is followed by the block's size
  const items = Math.abs(count)
  if (items > tap.buf.length - tap.pos + emptyItems)
    throw undecodable(`a block of ${items} items does not fit the record`)
  return items
}

class BoundedArray extends avsc.types.ArrayType {
  /** Also called by resolvers, whose `itemsType` reads as the reader's. */
  _read(this: { readonly itemsType: Reading }, tap: Tap): unknown[] {
    const values: unknown[] = []
    for (let items = blockItems(tap); items > 0; items = blockItems(tap))
      for (; items > 0; items--) values.push(this.itemsType._read(tap))
    return values
  }
}

class BoundedMap extends avsc.types.MapType {
  _read(this: { readonly valuesType: Reading }, tap: Tap): object {
    const values = {}
    for (let items = blockItems(tap); items > 0; items = blockItems(tap))
      for (; items > 0; items--) setOwn(values, tap.readString(), this.valuesType._read(tap))
    return values
  }
}

/** A long that JSON may also write as an RFC 3339 time. */
class TimestampMillis extends avsc.types.LongType {}

/** `object[key] = value`, also for the key `__proto__`. */
export const setOwn = (object: object, key: string, value: unknown): void => {
  if (key !== '__proto__') (object as Record<string, unknown>)[key] = value
  else Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
}

const ownTypes = ({ type, logicalType }: HookedSchema): (new (schema: never, options: unknown) => Type) | undefined => {
  if (type === 'array') return BoundedArray
  if (type === 'map') return BoundedMap
  return type === 'long' && logicalType === 'timestamp-millis' ? TimestampMillis : undefined
}

const types = new WeakMap<object, Type>()

/** The compiled type of a schema, once per schema object. Throws `invalid-schema`, saying where in the schema. */
export function avroType(schema: AvroSchema): Type {
  if (typeof schema === 'string') return compile(schema)
  const type = types.get(schema) ?? compile(schema)
  types.set(schema, type)
  return type
}

function compile(schema: AvroSchema): Type {
  let last: unknown = schema
  const typeHook = (each: unknown, options: unknown): Type | undefined => {
    last = each
    const Own = typeof each === 'object' && each !== null && !avsc.Type.isType(each) ? ownTypes(each) : undefined
    return Own && new Own(each as never, options)
  }
  try {
    return avsc.Type.forSchema(schema as never, { omitRecordMethods: true, typeHook })
  } catch (cause) {
    const at = pointerTo(schema, last) || '/'
    throw new ErrandError('invalid-schema', `not valid Avro at ${at}: ${(cause as Error).message}`, { cause })
  }
}

/** Where `wanted` lies, looking only where Avro has schemas, in the order in which avsc compiles them. */
function pointerTo(schema: unknown, wanted: unknown): string | undefined {
  if (schema === wanted) return ''
  if (typeof schema !== 'object' || schema === null) return undefined
  const keys = Array.isArray(schema) ? Object.keys(schema) : ['type', 'items', 'values', 'fields']
  for (const key of keys) {
    const found = pointerTo((schema as Record<string, unknown>)[key], wanted)
    if (found !== undefined) return `/${key}${found}`
  }
  return undefined
}

export type Field = {
  readonly name: string
  readonly type: Type
  readonly doc?: string
  /** A fresh copy of the default; absent where the field has none. */
  readonly defaultValue?: () => unknown
}

/** A type as one can walk it: names resolved, children as types. */
export type Shape =
  | { readonly kind: 'record'; readonly name: string; readonly doc?: string; readonly fields: readonly Field[] }
  | { readonly kind: 'enum'; readonly name: string; readonly doc?: string; readonly symbols: readonly string[] }
  | { readonly kind: 'fixed'; readonly size: number }
  | { readonly kind: 'array'; readonly items: Type }
  | { readonly kind: 'map'; readonly values: Type }
  | { readonly kind: 'union'; readonly wrapped: boolean; readonly branches: readonly Branch[] }
  | { readonly kind: Primitive | 'timestamp-millis' }

export type Primitive = 'null' | 'boolean' | 'int' | 'long' | 'float' | 'double' | 'string' | 'bytes'
export type Branch = { readonly name: string; readonly type: Type }

const shapes = new WeakMap<Type, Shape>()

/** The shape of a type, made once. */
export function shapeOf(type: Type): Shape {
  const shape = shapes.get(type) ?? newShape(type)
  shapes.set(type, shape)
  return shape
}

function newShape(type: Type): Shape {
  const doc = type.doc === undefined ? {} : { doc: type.doc }
  const name = type.name ?? ''
  if (avsc.Type.isType(type, 'record', 'error'))
    return { kind: 'record', name, ...doc, fields: (type as avsc.types.RecordType).fields.map(newField) }
  if (avsc.Type.isType(type, 'union')) {
    const branches = (type as avsc.types.WrappedUnionType).types.map((each) => ({
      name: each.branchName ?? '',
      type: each,
    }))
    return { kind: 'union', wrapped: type.typeName === 'union:wrapped', branches }
  }
  switch (type.typeName) {
    case 'enum':
      return { kind: 'enum', name, ...doc, symbols: (type as avsc.types.EnumType).symbols }
    case 'fixed':
      return { kind: 'fixed', size: (type as avsc.types.FixedType).size }
    case 'array':
      return { kind: 'array', items: (type as avsc.types.ArrayType).itemsType }
    case 'map':
      return { kind: 'map', values: (type as avsc.types.MapType).valuesType }
    default:
      return { kind: type instanceof TimestampMillis ? 'timestamp-millis' : (type.typeName as Primitive) }
  }
}

const newField = (field: avsc.types.Field & { readonly doc?: string }): Field => ({
  name: field.name,
  type: field.type,
  ...(field.doc === undefined ? {} : { doc: field.doc }),
  ...(field.defaultValue() === undefined ? {} : { defaultValue: () => field.defaultValue() }),
})
