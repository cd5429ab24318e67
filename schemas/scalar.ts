// The JSON form of what has no parts; json.ts has the table.
import type { Shape } from './avro.ts'

/** avsc refuses one less than Number.MAX_SAFE_INTEGER. */
const maxLong = Number.MAX_SAFE_INTEGER - 1
const minInt = -(2 ** 31)
const maxInt = 2 ** 31 - 1
const maxSymbolsNamed = 20
const rfc3339 = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/
const notFinite = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
])

/** The value, or undefined where the JSON is not of this kind; undefined for kinds with parts. */
export function parseScalar(shape: Shape, json: unknown): unknown {
  switch (shape.kind) {
    case 'null':
      return json === null ? null : undefined
    case 'boolean':
      return typeof json === 'boolean' ? json : undefined
    case 'int':
      return wholeNumber(json, minInt, maxInt)
    case 'long':
      return wholeNumber(json, -maxLong, maxLong)
    case 'timestamp-millis':
      return wholeNumber(parseTime(json), -maxLong, maxLong)
    case 'float':
      return Number.isFinite(json) && !Number.isFinite(Math.fround(json as number)) ? undefined : parseNumber(json)
    case 'double':
      return parseNumber(json)
    case 'string':
      return typeof json === 'string' && json.isWellFormed() ? json : undefined
    case 'enum':
      return typeof json === 'string' && shape.symbols.includes(json) ? json : undefined
    case 'bytes':
      return parseBase64(json)
    case 'fixed':
      return parseBase64(json)?.length === shape.size ? parseBase64(json) : undefined
    default:
      return undefined
  }
}

const wholeNumber = (json: unknown, min: number, max: number): number | undefined =>
  Number.isInteger(json) && (json as number) >= min && (json as number) <= max ? (json as number) : undefined

/** A number too large for a double comes out of JSON.parse as Infinity: it is refused, not rounded. */
const parseNumber = (json: unknown): number | undefined =>
  Number.isFinite(json) ? (json as number) : notFinite.get(json as string)

const parseTime = (json: unknown): unknown => (typeof json === 'string' && rfc3339.test(json) ? Date.parse(json) : json)

/** Strict: what Buffer would skip or complete is refused. */
function parseBase64(json: unknown): Buffer | undefined {
  if (typeof json !== 'string') return undefined
  const bytes = Buffer.from(json, 'base64')
  return bytes.toString('base64') === json ? bytes : undefined
}

/** The JSON of a value without parts. */
export function scalarToJson(value: unknown): unknown {
  if (Buffer.isBuffer(value)) return value.toString('base64')
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value
}

/** What the JSON must be, in words. */
export function expected(shape: Shape): string {
  switch (shape.kind) {
    case 'boolean':
      return 'true or false'
    case 'int':
      return `a whole number from ${minInt} to ${maxInt}`
    case 'long':
      return `a whole number from ${-maxLong} to ${maxLong}`
    case 'timestamp-millis':
      return 'milliseconds since the epoch or an RFC 3339 time'
    case 'float':
      return 'a number that fits 32 bits'
    case 'double':
      return 'a number'
    case 'string':
      return 'a string of well-formed Unicode'
    case 'enum':
      return `one of ${shape.symbols.slice(0, maxSymbolsNamed).join(', ')}${shape.symbols.length > maxSymbolsNamed ? ', …' : ''}`
    case 'bytes':
      return 'bytes in base64'
    case 'fixed':
      return `${shape.size} bytes in base64`
    case 'record':
    case 'map':
      return 'an object'
    case 'array':
      return 'an array'
    default:
      return shape.kind
  }
}
