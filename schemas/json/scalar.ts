// The JSON form of what has no parts; json.ts has the table.
import { isDate } from 'node:util/types'
import type { Shape } from '../avro/avro.ts'
import { decimalOf, unscaledOf } from '../avro/decimal.ts'

/** avsc refuses one less than Number.MAX_SAFE_INTEGER. */
const maxLong = Number.MAX_SAFE_INTEGER - 1
const minInt = -(2 ** 31)
const maxInt = 2 ** 31 - 1
const maxSymbolsNamed = 20
const maxZerosShown = 9
/** With years of six digits, as Date writes those that have no four. */
const rfc3339 = /^((?:\d{4}|[+-]\d{6})-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/
/** What a Date can hold. */
const maxTimeMs = 8.64e15
const maxLongDigits = 20
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
    case 'bigint':
      return parseBigint(json)
    case 'timestamp-millis':
    case 'timestamp-micros':
      return parseTime(json)
    case 'decimal':
      return unscaledOf(json, shape) && json
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

function parseBigint(json: unknown): bigint | undefined {
  const isWhole =
    typeof json === 'string'
      ? /^(0|-?[1-9]\d*)$/.test(json) && json.length <= maxLongDigits
      : Number.isSafeInteger(json)
  if (!isWhole) return undefined
  const value = BigInt(json as string | number)
  return BigInt.asIntN(64, value) === value ? value : undefined
}

function parseTime(json: unknown): Date | undefined {
  const ms = wholeNumber(typeof json === 'string' ? parseTimeText(json) : json, -maxTimeMs, maxTimeMs)
  return ms === undefined ? undefined : new Date(ms)
}

/** NaN where there is no such time: Date.parse alone takes 30 February for 2 March. */
function parseTimeText(text: string): number {
  const [, date, time, fraction = '', zone = ''] = rfc3339.exec(text) ?? []
  const whole = `${date}T${time}`
  const local = Date.parse(`${whole}Z`)
  if (Number.isNaN(local) || !new Date(local).toISOString().startsWith(whole)) return Number.NaN
  return Date.parse(`${whole}${fraction.slice(0, 4)}${zone.toUpperCase()}`)
}

/** Strict: what Buffer would skip or complete is refused. */
function parseBase64(json: unknown): Buffer | undefined {
  if (typeof json !== 'string') return undefined
  const bytes = Buffer.from(json, 'base64')
  return bytes.toString('base64') === json ? bytes : undefined
}

/** The JSON of a value without parts. */
export function scalarToJson(value: unknown): unknown {
  if (Buffer.isBuffer(value)) return value.toString('base64')
  if (isDate(value)) return value.toISOString()
  if (typeof value === 'bigint') return String(value)
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
    case 'bigint':
      return 'a whole number of 64 bits, as a string of digits'
    case 'timestamp-millis':
    case 'timestamp-micros':
      return 'an RFC 3339 time, such as 2030-01-31T12:00:00Z, or milliseconds since the epoch'
    case 'decimal':
      return `a decimal in a string, such as "${decimalOf(Buffer.alloc(1), Math.min(shape.scale, maxZerosShown))}": ${shape.precision} digits at most, ${shape.scale} of them after the point`
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
