// The JSON form of a record, as HTTP has it, to and from the value that Avro has. Every problem is found at once, each with
// its JSON Pointer (RFC 6901).
//
//   Avro                 JSON
//   int, long            a whole number; a long up to ±(2^53 − 2), beyond which JavaScript and avsc lose digits
//   long as bigint       a string of digits, exact over 64 bits; on the way in a whole number as well
//   float, double        a number, or "NaN", "Infinity", "-Infinity", for which JSON has no numbers
//   timestamp-millis     an RFC 3339 time in UTC, "2026-01-31T12:00:00.000Z"; on the way in of any zone, and milliseconds
//   timestamp-micros     since the epoch as well
//   decimal              a string with all digits of its scale, "12.30"; on the way in those at the end may be missing
//   bytes, fixed         base64 (RFC 4648 §4, padded)
//   enum, string         a string of well-formed Unicode
//   union                the branch's own form; where JSON cannot tell the branches apart { "<branch>": form }, as where a
//                        float or double is beside anything that is a string
//
// Any other logical type has the form of the type below it.

import { isDate } from 'node:util/types'
import type { AvroSchema } from '../../app/record.ts'
import { avroType, type Branch, type Field, jsonSortOf, type Shape, shapeOf, type Type } from '../avro/avro.ts'
import { type Sort, setOwn } from '../avro/avroTypes.ts'
import type { RetiredFields } from '../codegen/retired.ts'
import { escapedToken } from './pointerToken.ts'
import { expected, parseScalar, scalarToJson } from './scalar.ts'

/** `message` completes a sentence about what `pointer` points at: "must be a whole number …". It never repeats the value. */
export type Problem = { readonly pointer: string; readonly message: string }

export type Parsed =
  | { readonly kind: 'valid'; readonly value: unknown }
  | { readonly kind: 'invalid'; readonly problems: readonly Problem[] }

const maxProblems = 100
const maxDepth = 100

/**
 * Fields that the schema does not have are a client's mistake, but for those that it once had (retired.ts). In a topic they
 * are a newer producer's: there they are `ignored`, and a symbol that an enum does not have is its default, as in Avro.
 */
export type UnknownFields = 'refused' | 'ignored' | RetiredFields

/**
 * The value for a codec's encoder, defaults filled in, or the problems: the first 100, found to a depth of 100. `pointer`
 * says where `json` lies in what the caller was sent. A field is read by its name, else by an alias, as in Avro.
 */
export function parseJson(
  schema: AvroSchema,
  json: unknown,
  pointer = '',
  unknownFields: UnknownFields = 'refused',
): Parsed {
  const walk = new Walk(pointer, unknownFields)
  const value = parse(avroType(schema), json, walk)
  return walk.problems.length === 0 ? { kind: 'valid', value } : { kind: 'invalid', problems: walk.problems }
}

/** Where a parse is and what it has found. Pointers are made only for problems. */
class Walk {
  readonly problems: Problem[] = []
  readonly unknownFields: UnknownFields
  readonly #root: string
  readonly #path: (string | number)[] = []

  constructor(root: string, unknownFields: UnknownFields) {
    this.#root = root
    this.unknownFields = unknownFields
  }

  /** Parses `json`, which lies at `key` below here. */
  into(key: string | number, type: Type, json: unknown): unknown {
    if (this.problems.length >= maxProblems) return undefined
    this.#path.push(key)
    const value =
      this.#path.length > maxDepth ? this.problem(`is nested deeper than ${maxDepth} levels`) : parse(type, json, this)
    this.#path.pop()
    return value
  }

  problem(message: string): undefined {
    if (this.problems.length < maxProblems)
      this.problems.push({ pointer: this.#root + this.#path.map(segment).join(''), message })
  }

  problemAt(key: string, message: string): void {
    this.#path.push(key)
    this.problem(message)
    this.#path.pop()
  }
}

const segment = (key: string | number): string => `/${escapedToken(String(key))}`

function parse(type: Type, json: unknown, walk: Walk): unknown {
  const shape = shapeOf(type)
  switch (shape.kind) {
    case 'record':
      return parseRecord(shape, json, walk)
    case 'array':
      if (!Array.isArray(json)) return walk.problem('must be an array')
      return json.map((item, index) => walk.into(index, shape.items, item))
    case 'map':
      return parseMap(shape.values, json, walk)
    case 'union':
      return parseUnion(shape, json, walk)
    default: {
      const value = parseScalar(shape, json)
      if (value !== undefined) return value
      return unknownSymbol(shape, json, walk) ?? walk.problem(`must be ${expected(shape)}`)
    }
  }
}

const unknownSymbol = (shape: Shape, json: unknown, { unknownFields }: Walk): string | undefined =>
  shape.kind === 'enum' && typeof json === 'string' && unknownFields === 'ignored' ? shape.unknownAs : undefined

type RecordShape = Extract<Shape, { kind: 'record' }>
type Values = Readonly<Record<string, unknown>>

function parseRecord(shape: RecordShape, json: unknown, walk: Walk): unknown {
  if (!isObject(json)) return walk.problem('must be an object')
  const record: Record<string, unknown> = {}
  for (const field of shape.fields) setOwn(record, field.name, parseField(field, json, walk))
  if (walk.unknownFields !== 'ignored')
    for (const key of Object.keys(json))
      if (!Object.hasOwn(record, key) && !isAlias(key, shape, json) && !isRetired(key, shape, walk.unknownFields))
        walk.problemAt(key, `is not a field of ${shape.name}`)
  return record
}

function parseField(field: Field, json: Values, walk: Walk): unknown {
  const { name, aliases, type, defaultValue } = field
  if (Object.hasOwn(json, name)) return walk.into(name, type, json[name])
  const alias = aliases.find((each) => Object.hasOwn(json, each))
  if (alias !== undefined) return walk.into(alias, type, json[alias])
  return defaultValue ? defaultValue() : walk.problemAt(name, 'is missing')
}

/** Whether a field was read under this name: its own is not there. */
const isAlias = (key: string, { fields }: RecordShape, json: Values): boolean =>
  fields.some(({ name, aliases }) => aliases.includes(key) && !Object.hasOwn(json, name))

/** No record has the name of a method of objects: avsc refuses it. */
const isRetired = (key: string, { name }: RecordShape, retired: RetiredFields | 'refused'): boolean =>
  retired !== 'refused' && (retired[name]?.includes(key) ?? false)

function parseMap(values: Type, json: unknown, walk: Walk): unknown {
  if (!isObject(json)) return walk.problem('must be an object')
  const map = {}
  for (const [key, each] of Object.entries(json)) {
    if (!key.isWellFormed()) walk.problemAt(key, 'must have a name of well-formed Unicode')
    setOwn(map, key, walk.into(key, values, each))
  }
  return map
}

type Union = Extract<Shape, { kind: 'union' }>

function parseUnion(union: Union, json: unknown, walk: Walk): unknown {
  if (union.wrappedInJson) return parseWrapped(union, json, walk)
  const sort = sortOfJson(json)
  const branch =
    union.branches.find((each) => each.sort && jsonSortOf(each.sort) === sort) ??
    union.branches.find(({ type }) => parseScalar(shapeOf(type), json) !== undefined)
  return branch ? parse(branch.type, json, walk) : walk.problem(`must be ${alternatives(union)}`)
}

function parseWrapped(union: Union, json: unknown, walk: Walk): unknown {
  const keys = json === null ? ['null'] : isObject(json) ? Object.keys(json) : []
  const branch = union.branches.find(({ name }) => name === keys[0])
  if (!branch || keys.length > 1) return walk.problem(`must be ${alternatives(union)}`)
  if (json === null) return null
  const value = walk.into(branch.name, branch.type, (json as Record<string, unknown>)[branch.name])
  return union.wrapped ? { [branch.name]: value } : value
}

const sortOfJson = (json: unknown): Sort => {
  if (json === null) return 'null'
  return Array.isArray(json) ? 'array' : (typeof json as Sort)
}

/** The branch of an unwrapped union that a value is of. There is at most one. */
export const branchOf = ({ branches }: Pick<Union, 'branches'>, value: unknown): Branch | undefined =>
  branches.find(({ sort }) => sort === sortOfValue(value))

const sortOfValue = (value: unknown): Sort => {
  if (Buffer.isBuffer(value)) return 'bytes'
  return isDate(value) ? 'date' : sortOfJson(value)
}

const alternatives = ({ wrappedInJson, branches }: Union): string =>
  branches
    .map(({ name, type }) => (wrappedInJson && name !== 'null' ? `{"${name}": …}` : expected(shapeOf(type))))
    .join(' or ')

const isObject = (json: unknown): json is Values => typeof json === 'object' && json !== null && !Array.isArray(json)

/** The JSON form of a value that `schema` decoded. */
export const toJson = (schema: AvroSchema, value: unknown): unknown => formOf(avroType(schema), value)

/** The JSON form of a value of a type. */
export function formOf(type: Type, value: unknown): unknown {
  const shape = shapeOf(type)
  switch (shape.kind) {
    case 'record':
      return objectOf(shape.fields.map((field) => [field.name, fieldForm(field, (value as Values)[field.name])]))
    case 'array':
      return (value as readonly unknown[]).map((item) => formOf(shape.items, item))
    case 'map':
      return objectOf(Object.entries(value as Values).map(([key, each]) => [key, formOf(shape.values, each)]))
    case 'union':
      return unionForm(shape, value)
    default:
      return scalarToJson(value)
  }
}

/** What is left out of a value that is yet to be written stays so. */
const fieldForm = ({ type, defaultValue }: Field, value: unknown): unknown =>
  value === undefined && defaultValue ? undefined : formOf(type, value)

/** Safe for the key `__proto__`, as assignment is not. */
const objectOf = (entries: readonly (readonly [string, unknown])[]): Values => Object.fromEntries(entries)

function unionForm(union: Union, value: unknown): unknown {
  if (value === null) return null
  const name = union.wrapped ? Object.keys(value as Values)[0] : branchOf(union, value)?.name
  const branch = union.branches.find((each) => each.name === name)
  if (!branch) throw new TypeError('the value is of no branch of its union')
  const form = formOf(branch.type, union.wrapped ? (value as Values)[branch.name] : value)
  return union.wrappedInJson ? { [branch.name]: form } : form
}
