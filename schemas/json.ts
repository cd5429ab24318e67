// The JSON form of a record, as HTTP has it, to and from the value that Avro has. Every problem is found at once, each with
// its JSON Pointer (RFC 6901).
//
//   Avro                 JSON
//   int, long            a whole number; a long up to ±(2^53 − 2), beyond which JavaScript and avsc lose digits
//   float, double        a number, or "NaN", "Infinity", "-Infinity", for which JSON has no numbers
//   timestamp-millis     milliseconds since the epoch, or on the way in an RFC 3339 time as well
//   bytes, fixed         base64 (RFC 4648 §4, padded)
//   enum, string         a string of well-formed Unicode
//   union                the branch's own form; where JSON cannot tell the branches apart { "<branch>": form }
import type { AvroSchema } from '../app/record.ts'
import { avroType, type Branch, type Field, type Shape, setOwn, shapeOf, type Type } from './avro.ts'
import { expected, parseScalar, scalarToJson } from './scalar.ts'

/** `message` completes a sentence about what `pointer` points at: "must be a whole number …". It never repeats the value. */
export type Problem = { readonly pointer: string; readonly message: string }

export type Parsed =
  | { readonly kind: 'valid'; readonly value: unknown }
  | { readonly kind: 'invalid'; readonly problems: readonly Problem[] }

const maxProblems = 100
const maxDepth = 100

/**
 * The value for a codec's encoder, defaults filled in, or the problems: the first 100, found to a depth of 100. `pointer`
 * says where `json` lies in what the caller was sent. Fields that the schema does not have are a client's mistake, but in a
 * topic a newer producer's: there they are `ignored`, as Avro does.
 */
export function parseJson(
  schema: AvroSchema,
  json: unknown,
  pointer = '',
  unknownFields: 'refused' | 'ignored' = 'refused',
): Parsed {
  const walk = new Walk(pointer, unknownFields === 'refused')
  const value = parse(avroType(schema), json, walk)
  return walk.problems.length === 0 ? { kind: 'valid', value } : { kind: 'invalid', problems: walk.problems }
}

/** Where a parse is and what it has found. Pointers are made only for problems. */
class Walk {
  readonly problems: Problem[] = []
  readonly refusesUnknown: boolean
  readonly #root: string
  readonly #path: (string | number)[] = []

  constructor(root: string, refusesUnknown: boolean) {
    this.#root = root
    this.refusesUnknown = refusesUnknown
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

const segment = (key: string | number): string => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`

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
      return value === undefined ? walk.problem(`must be ${expected(shape)}`) : value
    }
  }
}

function parseRecord({ name, fields }: Extract<Shape, { kind: 'record' }>, json: unknown, walk: Walk): unknown {
  if (!isObject(json)) return walk.problem('must be an object')
  const record: Record<string, unknown> = {}
  for (const field of fields) setOwn(record, field.name, parseField(field, json, walk))
  if (walk.refusesUnknown)
    for (const key of Object.keys(json))
      if (!Object.hasOwn(record, key)) walk.problemAt(key, `is not a field of ${name}`)
  return record
}

function parseField({ name, type, defaultValue }: Field, json: Readonly<Record<string, unknown>>, walk: Walk): unknown {
  if (Object.hasOwn(json, name)) return walk.into(name, type, json[name])
  return defaultValue ? defaultValue() : walk.problemAt(name, 'is missing')
}

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
  if (wrappedInJson(union)) return parseWrapped(union, json, walk)
  const branch =
    branchFor(union, json) ?? union.branches.find(({ type }) => parseScalar(shapeOf(type), json) !== undefined)
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

/** Where avsc wraps, and where a string could be text or base64. */
export const wrappedInJson = ({ wrapped, branches }: Union): boolean => {
  const kinds = new Set<string>(branches.map(({ type }) => shapeOf(type).kind))
  return wrapped || ((kinds.has('string') || kinds.has('enum')) && (kinds.has('bytes') || kinds.has('fixed')))
}

/** The branch of an unwrapped union for this sort of JSON, or of value. There is at most one for each. */
const branchFor = ({ branches }: Union, value: unknown): Branch | undefined =>
  branches.find(({ type }) => sortOfShape(shapeOf(type).kind) === sortOf(value))

const sortOf = (value: unknown): string => {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  return Buffer.isBuffer(value) ? 'bytes' : typeof value
}

const sortOfShape = (kind: Shape['kind']): string => {
  if (kind === 'record' || kind === 'map') return 'object'
  if (kind === 'enum') return 'string'
  if (kind === 'fixed') return 'bytes'
  return ['null', 'boolean', 'string', 'bytes', 'array'].includes(kind) ? kind : 'number'
}

const alternatives = (union: Union): string => {
  const wrapped = wrappedInJson(union)
  return union.branches
    .map(({ name, type }) => (wrapped && name !== 'null' ? `{"${name}": …}` : expected(shapeOf(type))))
    .join(' or ')
}

const isObject = (json: unknown): json is Readonly<Record<string, unknown>> =>
  typeof json === 'object' && json !== null && !Array.isArray(json)

/** The JSON form of a value that `schema` decoded. */
export const toJson = (schema: AvroSchema, value: unknown): unknown => formOf(avroType(schema), value)

function formOf(type: Type, value: unknown): unknown {
  const shape = shapeOf(type)
  switch (shape.kind) {
    case 'record':
      return objectOf(shape.fields.map(({ name, type: each }) => [name, formOf(each, (value as Values)[name])]))
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

type Values = Readonly<Record<string, unknown>>

/** Safe for the key `__proto__`, as assignment is not. */
const objectOf = (entries: readonly (readonly [string, unknown])[]): Values => Object.fromEntries(entries)

function unionForm(union: Union, value: unknown): unknown {
  if (value === null) return null
  const name = union.wrapped ? Object.keys(value as Values)[0] : branchFor(union, value)?.name
  const branch = union.branches.find((each) => each.name === name)
  if (!branch) throw new TypeError('the value is of no branch of its union')
  const form = formOf(branch.type, union.wrapped ? (value as Values)[branch.name] : value)
  return wrappedInJson(union) ? { [branch.name]: form } : form
}
