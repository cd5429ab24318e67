// Avro as avsc has it, with types of our own (avroTypes.ts, avroLongs.ts, resolution.ts), and a view of a type that can be
// walked. These files alone import avsc. Unions are plain values wherever JavaScript can tell the branches apart, else
// `{ <branch>: value }`.
import avsc, { type Type } from 'avsc'
import { ErrandError } from '../../app/errors.ts'
import type { AvroSchema } from '../../app/record.ts'
import { below, pointerOf, type SchemaPath } from '../compatibility/schemaPath.ts'
import {
  Decimal,
  isBelow,
  isBigLong,
  logicalTypes,
  ownType,
  type Sort,
  sortOf,
  TimestampMicros,
  TimestampMillis,
} from './avroTypes.ts'

export type { Type } from 'avsc'
export type { Resolver } from './resolution.ts'

type SchemaJson = {
  readonly fields?: unknown
  readonly items?: unknown
  readonly values?: unknown
}

/** Bytes that cannot be read, now or later: not framed, truncated, hostile, or of a schema that cannot be resolved. */
export const undecodable = (message: string, cause?: unknown): ErrandError =>
  new ErrandError('undecodable', message, { cause })

const types = new WeakMap<object, Type>()

/**
 * The compiled type of a schema, once per schema object. Throws `invalid-schema`, saying where in the schema. One that `isIdle`
 * costs little until it reads or writes, and then a little more each time.
 */
export function avroType(schema: AvroSchema, { isIdle = false } = {}): Type {
  const type = typeof schema === 'string' ? undefined : types.get(schema)
  if (type) return type
  const compiled = compile(schema, new Set(), { isIdle })
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
export function compile(
  schema: AvroSchema,
  withoutDefault: ReadonlySet<unknown> = new Set(),
  { isIdle = false } = {},
): Compiled {
  const seen: unknown[] = []
  const typeHook = (each: unknown, options: unknown): Type | undefined => {
    if (avsc.Type.isType(each)) return undefined
    if (!isBelow(each)) seen.push(each)
    return ownType(lessDefaults(each, withoutDefault), options as object)
  }
  try {
    const options = { omitRecordMethods: true, typeHook, logicalTypes, ...(isIdle ? { isIdle } : {}) }
    const type = avsc.Type.forSchema(schema as never, options)
    return { kind: 'compiled', type }
  } catch (cause) {
    const last = seen.at(-1)
    const nth = seen.filter((each) => each === last).length
    return { kind: 'refused', at: pointerOf(pathTo(schema, last, nth)), cause: cause as Error }
  }
}

function lessDefaults(schema: unknown, without: ReadonlySet<unknown>): unknown {
  const { fields } = Object(schema) as SchemaJson
  if (without.size === 0 || !Array.isArray(fields)) return schema
  const less = fields.map((field) => (without.has(field) ? { ...field, default: undefined } : field))
  return { ...(schema as object), fields: less }
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
    const { items, values, fields } = json as SchemaJson
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
  /** Other names that it may have been written under. */
  readonly aliases: readonly string[]
  readonly type: Type
  readonly doc?: string
  /** A fresh copy of the default; absent where the field has none. */
  readonly defaultValue?: () => unknown
}

/** A type as one can walk it: names resolved, children as types. */
export type Shape =
  | {
      readonly kind: 'record'
      readonly name: string
      /** Full names. */
      readonly aliases: readonly string[]
      readonly doc?: string
      readonly fields: readonly Field[]
    }
  | {
      readonly kind: 'enum'
      readonly name: string
      readonly doc?: string
      readonly symbols: readonly string[]
      /** What a symbol that another version wrote is read as. */
      readonly unknownAs?: string
    }
  | { readonly kind: 'fixed'; readonly size: number }
  | { readonly kind: 'array'; readonly items: Type }
  | { readonly kind: 'map'; readonly values: Type }
  | {
      readonly kind: 'union'
      readonly wrapped: boolean
      /** Also where it is `wrapped`, and where two branches are text in JSON. */
      readonly wrappedInJson: boolean
      readonly branches: readonly Branch[]
    }
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  | { readonly kind: Primitive | 'bigint' | 'timestamp-millis' | 'timestamp-micros' }

export type Primitive = 'null' | 'boolean' | 'int' | 'long' | 'float' | 'double' | 'string' | 'bytes'
export type Branch = { readonly name: string; readonly type: Type; readonly sort: Sort | undefined }

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
    return {
      kind: 'record',
      name,
      aliases: type.aliases ?? [],
      ...doc,
      fields: (type as avsc.types.RecordType).fields.map(newField),
    }
  if (avsc.Type.isType(type, 'union')) {
    const branches = (type as avsc.types.WrappedUnionType).types.map((each) => ({
      name: each.branchName ?? '',
      type: each,
      sort: sortOf(each),
    }))
    const wrapped = type.typeName === 'union:wrapped'
    const inJson = branches.flatMap(sortsInJson)
    return { kind: 'union', wrapped, wrappedInJson: wrapped || new Set(inJson).size < inJson.length, branches }
  }
  if (type instanceof Decimal) return { kind: 'decimal', precision: type.precision, scale: type.scale }
  if (type instanceof TimestampMillis) return { kind: 'timestamp-millis' }
  if (type instanceof TimestampMicros) return { kind: 'timestamp-micros' }
  if (isBigLong(type)) return { kind: 'bigint' }
  switch (type.typeName) {
    case 'enum':
      return newEnum(type as Enum, { name, ...doc })
    case 'fixed':
      return { kind: 'fixed', size: (type as avsc.types.FixedType).size }
    case 'array':
      return { kind: 'array', items: (type as avsc.types.ArrayType).itemsType }
    case 'map':
      return { kind: 'map', values: (type as avsc.types.MapType).valuesType }
    default:
      return { kind: type.typeName as Primitive }
  }
}

/** `default` is not in avsc's declarations. */
type Enum = avsc.types.EnumType & { readonly default?: string }

const newEnum = (
  { symbols, default: unknownAs }: Enum,
  named: { readonly name: string; readonly doc?: string },
): Shape => ({
  ...{ kind: 'enum', ...named, symbols },
  ...(unknownAs === undefined ? {} : { unknownAs }),
})

/** What a sort of values is in JSON. */
export const jsonSortOf = (sort: Sort): Sort =>
  sort === 'bigint' || sort === 'bytes' || sort === 'date' ? 'string' : sort

/** What the values of a branch are in JSON: a float or double that is no number there is text (scalar.ts). */
const sortsInJson = ({ type: { typeName }, sort }: Branch): readonly (Sort | undefined)[] =>
  typeName === 'float' || typeName === 'double' ? ['number', 'string'] : [sort && jsonSortOf(sort)]

const newField = (field: avsc.types.Field & { readonly doc?: string }): Field => ({
  name: field.name,
  aliases: field.aliases,
  type: field.type,
  ...(field.doc === undefined ? {} : { doc: field.doc }),
  ...(field.defaultValue() === undefined ? {} : { defaultValue: () => field.defaultValue() }),
})
