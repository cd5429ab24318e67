// The Avro types that Errand reads and writes in its own way, each as avsc's own where nothing is to be changed:
//
//   array, map                                       a block's count is not believed
//   long, and float and double that read it          exact (avroLongs.ts)
//   record                                           resolved as a whole or not at all (resolution.ts)
//   {"type": "long", "typescript": "bigint"}         a bigint, exact over all 64 bits
//   timestamp-millis, timestamp-micros (on long)     a Date; microseconds are rounded down when read
//   decimal (on bytes, fixed)                        text such as "12.30", with all digits of its scale
//
// A logical type that Avro's specification calls invalid is ignored, and any other means nothing here: its value is that of
// the type below it. Whichever way the two versions differ in it, what lies in the bytes is read as the reader says.
import { isDate } from 'node:util/types'
import avsc, { type ForSchemaOptions, type Type } from 'avsc'
import { bigLong, numbers, type Reading, type Resolving, type Tap } from './avroLongs.ts'
import { decimalOf, isWithin, maxDigitsOf, mostBytesOf, unscaledOf } from './decimal.ts'
import { IdleRecord } from './idleRecord.ts'
import { PlainUnion, SoundRecord, WrappedUnion } from './resolution.ts'

type Options = Partial<ForSchemaOptions>
type SchemaJson = Readonly<Record<string, unknown>>

/** Items that take no bytes (null, an empty record) may be this many more than there are bytes left. */
const emptyItems = 1_024

/** Items of the next block. avsc believes any count: one corrupt record would hold the process for hours, or all its memory. */
const blockItems = (tap: Tap): number => {
  const count = tap.readLong()
  if (count < 0) tap.readLong() // a negative count is followed by the block's size
  const items = Math.abs(count)
  if (items > tap.buf.length - tap.pos + emptyItems)
    throw new Error(`a block of ${items} items does not fit the record`)
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

/** `object[key] = value`, also for the key `__proto__`. */
export const setOwn = (object: object, key: string, value: unknown): void => {
  if (key !== '__proto__') (object as Record<string, unknown>)[key] = value
  else Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
}

/** Schemas of the types below ours, made here from those that are written. */
const belows = new WeakSet<object>()

export const isBelow = (schema: unknown): boolean => typeof schema === 'object' && schema !== null && belows.has(schema)

function belowOf(schema: SchemaJson, more: object = {}): never {
  const below = { ...schema, ...more }
  belows.add(below)
  return below as never
}

/** A type with values of its own over another's. */
abstract class OverType extends avsc.types.LogicalType {
  /** The value below it; undefined where it is none of this type. */
  protected abstract override _toValue(value: unknown): unknown

  /** What the type below has not read, because the record is truncated, is left so: avsc notices in the end. */
  _read(tap: Tap): unknown {
    const below = (this.underlyingType as unknown as Reading)._read(tap)
    return below === undefined ? undefined : this._fromValue(below)
  }

  /** Reads what another type wrote, as the type below reads it. */
  _update(resolver: Resolving, writer: Type, options: object): void {
    const written = writer instanceof avsc.types.LogicalType ? writer.underlyingType : writer
    const below = this.underlyingType.createResolver(written, options) as unknown as Reading
    resolver._read = (tap) => {
      const value = below._read(tap)
      return value === undefined ? undefined : this._fromValue(value)
    }
  }
}

const dateOf = (ms: number): Date => {
  const date = new Date(ms)
  if (Number.isNaN(date.getTime())) throw new Error('a timestamp lies beyond what a Date can hold')
  return date
}

const isTime = (value: unknown): value is Date => isDate(value) && !Number.isNaN(value.getTime())

abstract class Timestamp extends OverType {}

export class TimestampMillis extends Timestamp {
  constructor(schema: SchemaJson, options: Options) {
    if (schema.type !== 'long') throw new Error('timestamp-millis is of long')
    super(belowOf(schema), options)
  }

  protected override _fromValue(ms: number): Date {
    return dateOf(ms)
  }

  protected override _toValue(value: unknown): number | undefined {
    return isTime(value) ? value.getTime() : undefined
  }
}

/** Below it lies a bigint: 9999-12-31, which many write for "never", has more microseconds than a number is exact for. */
export class TimestampMicros extends Timestamp {
  constructor(schema: SchemaJson, options: Options) {
    if (schema.type !== 'long') throw new Error('timestamp-micros is of long')
    super(belowOf(schema, { typescript: 'bigint' }), options)
  }

  protected override _fromValue(micros: bigint): Date {
    const rest = micros % 1_000n
    return dateOf(Number((micros - (rest < 0n ? rest + 1_000n : rest)) / 1_000n))
  }

  protected override _toValue(value: unknown): bigint | undefined {
    return isTime(value) ? BigInt(value.getTime()) * 1_000n : undefined
  }
}

export class Decimal extends OverType {
  readonly precision: number
  readonly scale: number
  readonly #mostBytes: number

  constructor(schema: SchemaJson, options: Options) {
    const { type, precision, scale = 0, size } = schema
    if (type !== 'bytes' && type !== 'fixed') throw new Error('decimal is of bytes or fixed')
    if (!isWithin(precision, 1, maxDigitsOf(type, size)))
      throw new Error('decimal has a precision that numbers can be made of, and a fixed has room for it')
    if (!isWithin(scale, 0, precision)) throw new Error('the scale of a decimal is no more than its precision')
    super(belowOf(schema), options)
    this.precision = precision
    this.scale = scale
    this.#mostBytes = type === 'fixed' ? Number(size) : mostBytesOf(precision)
  }

  /** With some more digits than the precision says it is still the number that was written. */
  protected override _fromValue(bytes: Buffer): string {
    if (bytes.length > this.#mostBytes)
      throw new Error(`${bytes.length} bytes are no decimal of ${this.precision} digits`)
    return decimalOf(bytes, this.scale)
  }

  protected override _toValue(value: unknown): Buffer | undefined {
    const { size } = this.underlyingType as Type & { readonly size?: number }
    return unscaledOf(value, this, size)
  }

  protected override _export(schema: unknown): void {
    Object.assign(schema as object, { precision: this.precision, scale: this.scale })
  }
}

/** Sorts of JavaScript values: those of two branches of a union must differ, or each is wrapped as `{ <branch>: value }`. */
export type Sort = 'null' | 'boolean' | 'number' | 'bigint' | 'string' | 'bytes' | 'date' | 'array' | 'object'

const sorts: Readonly<Record<string, Sort>> = {
  null: 'null',
  boolean: 'boolean',
  int: 'number',
  long: 'number',
  float: 'number',
  double: 'number',
  'abstract:long': 'bigint',
  string: 'string',
  enum: 'string',
  bytes: 'bytes',
  fixed: 'bytes',
  array: 'array',
  map: 'object',
  record: 'object',
  error: 'object',
}

/** The sort of a type's values. The type may still be in the making, as one that holds itself is. */
export function sortOf(type: Type): Sort | undefined {
  if (type instanceof Timestamp) return 'date'
  return type instanceof Decimal ? 'string' : sorts[type.typeName]
}

export const isBigLong = (type: Type): boolean => type === bigLong

/** avsc would take a Date for the record or the map of its union as well. */
class DatedUnion extends PlainUnion {
  _getIndex(value: unknown): number | undefined {
    return isDate(value)
      ? this.types.findIndex((type) => type instanceof Timestamp)
      : (avsc.types.UnwrappedUnionType.prototype as unknown as DatedUnion)._getIndex.call(this, value)
  }
}

/** avsc's own choice, which looks at the types below, would take two sorts of text, a string and a decimal, for two things. */
function unionOf(branches: readonly unknown[], options: Options): Type {
  const types = branches.map((branch) => avsc.Type.forSchema(branch as never, options))
  const all = types.map(sortOf)
  if (new Set(all).size < all.length) return new WrappedUnion(types as never, options)
  const Union = all.includes('date') ? DatedUnion : PlainUnion
  return new Union(types as never, options)
}

/** For avsc's `typeHook`: our own type of a schema, undefined where avsc's serves. */
export function ownType(schema: unknown, options: Options): Type | undefined {
  if (Array.isArray(schema)) return unionOf(schema, options)
  if (typeof schema !== 'object' || schema === null) return numbers[String(schema)]
  const { type, typescript, logicalType } = schema as SchemaJson
  if (type === 'array') return new BoundedArray(schema as never, options)
  if (type === 'map') return new BoundedMap(schema as never, options)
  if (type === 'record' || type === 'error')
    return 'isIdle' in options ? new IdleRecord(schema as never, options) : new SoundRecord(schema as never, options)
  if (type === 'long' && typescript === 'bigint') return bigLong
  const isLogical = !isBelow(schema) && String(logicalType) in logicalTypes
  return isLogical ? undefined : numbers[String(type)]
}

/** For avsc's `logicalTypes`. Where a constructor throws, avsc takes the type below. */
export const logicalTypes = Object.assign(Object.create(null), {
  'timestamp-millis': TimestampMillis,
  'timestamp-micros': TimestampMicros,
  decimal: Decimal,
})
