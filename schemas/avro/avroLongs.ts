// Avro's longs, which have more bits than a number: as numbers that are exact or refused, and as bigints. avsc's own makes another
// number of one below -2^52, and so do its float and double where they read what was written as a long.
import avsc, { type Type } from 'avsc'

/** What avsc reads from; not in its declarations. */
export type Tap = { readonly buf: Buffer; pos: number; readLong(): number; readString(): string }
export type Reading = { _read(tap: Tap): unknown }
type Writing = { _write(tap: Tap, value: unknown): void }
export type Resolving = { _read: Reading['_read'] }

const longBytes = 8

/** All longs that are bigints. avsc hands over eight bytes, little-endian. */
export const bigLong = avsc.types.LongType.__with({
  fromBuffer: (bytes: Buffer) => bytes.readBigInt64LE(),
  toBuffer(value: bigint) {
    const bytes = Buffer.allocUnsafe(longBytes)
    bytes.writeBigInt64LE(value)
    return bytes
  },
  /** A default, or an int that another version wrote. Digits that JSON.parse has lost are nobody's default. */
  fromJSON(value: unknown) {
    if (typeof value !== 'bigint' && !Number.isSafeInteger(value)) throw new Error('not a whole number')
    return BigInt(value as number | bigint)
  },
  toJSON: (value: bigint) => (Number.isSafeInteger(Number(value)) ? Number(value) : value),
  isValid: (value: unknown) => typeof value === 'bigint' && BigInt.asIntN(64, value) === value,
  compare: (one: bigint, other: bigint) => (one === other ? 0 : one < other ? -1 : 1),
})

/** avsc doubles a long on its way to bytes and back, and a number is exact to 2^53. */
const maxDoubled = 2 ** 52
/** avsc's own bound. */
const maxLong = Number.MAX_SAFE_INTEGER - 1

function readLong(tap: Tap): number {
  const start = tap.pos
  const value = tap.readLong()
  if (value > -maxDoubled && value < maxDoubled) return value
  tap.pos = start
  return Number((bigLong as unknown as Reading)._read(tap) ?? 0)
}

class ExactLong extends avsc.types.LongType {
  /** Also called by resolvers, without this. */
  _read(tap: Tap): number {
    const value = readLong(tap)
    if (value < -maxLong || value > maxLong) throw new Error('potential precision loss')
    return value
  }

  _write(tap: Tap, value: unknown): void {
    if (!Number.isInteger(value) || (value as number) > -maxDoubled || (value as number) < -maxLong)
      (avsc.types.LongType.prototype as unknown as Writing)._write.call(this, tap, value)
    else (bigLong as unknown as Writing)._write(tap, BigInt(value as number))
  }
}

const readsLong = (Base: typeof avsc.types.FloatType | typeof avsc.types.DoubleType) =>
  class extends Base {
    _update(resolver: Resolving, writer: Type): void {
      if (writer.typeName.endsWith('long')) resolver._read = readLong
      else (Base.prototype as unknown as { _update(...of: unknown[]): void })._update.call(this, resolver, writer)
    }
  } as unknown as new () => Type

const exactLong = new ExactLong()
/** Of one name, all types are the same. */
export const numbers: Readonly<Record<string, Type>> = {
  long: exactLong,
  float: new (readsLong(avsc.types.FloatType))(),
  double: new (readsLong(avsc.types.DoubleType))(),
}
