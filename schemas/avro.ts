// Avro as avsc has it, made safe for bytes that anyone may write, and a view of a type that can be walked. With resolution.ts
// this file alone imports avsc. Unions are plain values wherever avsc can tell the branches apart, else `{ <branch>: value }`.
import avsc, { type Type } from 'avsc'
import { ErrandError } from '../app/errors.ts'
import type { AvroSchema } from '../app/record.ts'
import { SoundRecord, unionOf } from './resolution.ts'
import { below, pointerOf, type SchemaPath } from './schemaPath.ts'

export type { Type } from 'avsc'
export type { Resolver } from './resolution.ts'

/** Bytes that cannot be read, now or later: not framed, truncated, hostile, or of a schema that cannot be resolved. */
export const undecodable = (message: string, cause?: unknown): ErrandError =>
  new ErrandError('undecodable', message, { cause })

/** What avsc reads from; not in its declarations. */
type Tap = { readonly buf: Buffer; readonly pos: number; readLong(): number; readString(): string }
type Reading = { _read(tap: Tap): unknown }
type HookedSchema = {
  readonly type?: unknown
  readonly logicalType?: unknown
  readonly fields?: unknown
  readonly items?: unknown
  readonly values?: unknown
}

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
  if (type === 'record' || type === 'error') return SoundRecord
  return type === 'long' && logicalType === 'timestamp-millis' ? TimestampMillis : undefined
}

const types = new WeakMap<object, Type>()

/** The compiled type of a schema, once per schema object. Throws `invalid-schema`, saying where in the schema. */
export function avroType(schema: AvroSchema): Type {
  const type = typeof schema === 'string' ? undefined : types.get(schema)
  if (type) return type
  const compiled = compile(schema)
  if (compiled.kind === 'refused')
    throw new ErrandError('invalid-schema', `not valid Avro at ${compiled.at}: ${compiled.cause.message}`, {
      cause: compiled.cause,
    })
  if (typeof schema !== 'string') types.set(schema, compiled.type)
  return compiled.type
}

/** `at` is a JSON Pointer: the last that avsc looked at. */
export type Compiled =
  | { readonly kind: 'compiled'; readonly type: Type }
  | { readonly kind: 'refused'; readonly at: string; readonly cause: Error }

/** `withoutDefault`: fields that are taken as if they had none. Never throws. */
export function compile(schema: AvroSchema, withoutDefault: ReadonlySet<unknown> = new Set()): Compiled {
  const seen: unknown[] = []
  const typeHook = (each: unknown, options: unknown): Type | undefined => {
    seen.push(each)
    if (Array.isArray(each)) return unionOf(each.map((branch) => avsc.Type.forSchema(branch, options as never)))
    const Own = typeof each === 'object' && each !== null && !avsc.Type.isType(each) ? ownTypes(each) : undefined
    return Own && new Own(lessDefaults(each as object, withoutDefault) as never, options)
  }
  try {
    const type = avsc.Type.forSchema(schema as never, { omitRecordMethods: true, typeHook })
    return { kind: 'compiled', type }
  } catch (cause) {
    const last = seen.at(-1)
    const nth = seen.filter((each) => each === last).length
    return { kind: 'refused', at: pointerOf(pathTo(schema, last, nth)), cause: cause as Error }
  }
}

function lessDefaults(schema: HookedSchema, without: ReadonlySet<unknown>): object {
  if (without.size === 0 || !Array.isArray(schema.fields)) return schema
  const fields = schema.fields.map((field) => (without.has(field) ? { ...field, default: undefined } : field))
  return { ...schema, fields }
}

/** Where `wanted` lies for the nth time, looking only where Avro has schemas, in the order in which avsc compiles them. */
function pathTo(schema: unknown, wanted: unknown, nth: number): SchemaPath {
  const open: { readonly json: unknown; readonly path: SchemaPath }[] = [{ json: schema, path: undefined }]
  let times = 0
  for (let next = open.pop(); next; next = open.pop()) {
    const { json, path } = next
    if (json === wanted && ++times === nth) return path
    if (typeof json !== 'object' || json === null) continue
    const at = (key: string | number, each: unknown) => ({ json: each, path: below(path, key) })
    const { items, values, fields } = json as HookedSchema
    if (Array.isArray(json)) open.push(...json.map((each, index) => at(index, each)).toReversed())
    else if (Array.isArray(fields))
      for (const [index, field] of [...fields.entries()].reverse())
        open.push({ json: field?.type, path: below(path, 'fields', index, 'type') })
    else open.push(items === undefined ? at('values', values) : at('items', items))
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
