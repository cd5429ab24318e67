// Values of a schema that show what reading it can go wrong with: every branch of a union, every symbol of an enum, lists and
// maps with and without items, numbers at their ends, Unicode. The same schema gives the same values, few and small ones.
//
// A number says which value it is, from 0. Whatever has alternatives takes the one of that number; a union takes its branch by
// the remainder and hands the quotient down, so that the alternatives within a branch are met as well.
import type { AvroSchema } from '../../app/record.ts'
import { avroType, type Shape, shapeOf, type Type } from '../avro/avro.ts'
import { setOwn } from '../avro/avroTypes.ts'
import { parseJson } from '../json/json.ts'
import { sampleOf } from '../json/sample.ts'
import { parseScalar } from '../json/scalar.ts'

const maxCases = 12
/** Of one value; from there on, and within itself, a type takes its shortest form. */
const maxParts = 500
/** A type that goes on beyond has no end. */
const maxDepth = 60
/** A larger fixed is beyond what people read, and soon beyond what a record may have. */
const maxFixedBytes = 10_000

/** JSON of values without parts; of other kinds whatever fits of all of them. */
const scalars: Readonly<Record<string, readonly unknown[]>> = {
  null: [null],
  boolean: [false, true],
  int: [0, -(2 ** 31), 2 ** 31 - 1],
  long: [0, -(2 ** 53 - 2), 2 ** 53 - 2],
  float: [-1.5, 3.4028234663852886e38, 'NaN'],
  double: [-0.1, Number.MAX_VALUE, '-Infinity'],
  string: ['', 'naïve "東京"\n🛫'],
  bytes: ['', 'AH+A/w=='],
}
const bigLongs = ['-9223372036854775808', '9223372036854775807']
const times = ['1970-01-01T00:00:00Z', '1969-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z']
const decimals = ['0', '-1', '1', '0.1', '-0.01']

/** The bodies of the values, by name. None where no value of the schema ends. */
export function goldenCases(schema: AvroSchema): ReadonlyMap<string, Buffer> {
  const type = avroType(schema)
  const bodies = new Map<string, Buffer>()
  const add = (name: string, value: unknown): void => {
    const body = type.toBuffer(value)
    if (![...bodies.values()].some((other) => other.equals(body))) bodies.set(name, body)
  }
  const sample = parseJson(schema, sampleOf(schema))
  if (sample.kind === 'valid') add('sample', sample.value)
  const maker = new Maker()
  const count = maker.alternatives(type)
  for (let number = 0; number < count; number++) {
    const made = maker.make(type, number)
    if (made) add(`value ${number + 1}`, made.value)
  }
  return bodies
}

class Endless extends Error {}

type Around = { readonly types: readonly Type[]; readonly isInList: boolean }

class Maker {
  readonly #alternatives = new Map<Type, number>()
  #parts = 0

  /** How many values it takes to meet all of them, within reason. */
  alternatives(type: Type): number {
    const known = this.#alternatives.get(type)
    if (known !== undefined) return known
    this.#alternatives.set(type, 1) // within itself
    const count = Math.max(1, Math.min(maxCases, this.#count(shapeOf(type))))
    this.#alternatives.set(type, count)
    return count
  }

  #count(shape: Shape): number {
    switch (shape.kind) {
      case 'record':
        return Math.max(...shape.fields.map((field) => this.alternatives(field.type)))
      case 'union':
        return shape.branches.length * Math.max(...shape.branches.map((branch) => this.alternatives(branch.type)))
      case 'array':
        return 1 + Math.ceil(this.alternatives(shape.items) / 2)
      case 'map':
        return 1 + Math.ceil(this.alternatives(shape.values) / 2)
      case 'fixed':
        return 2
      default:
        return scalarsOf(shape).length
    }
  }

  make(type: Type, number: number): { readonly value: unknown } | undefined {
    this.#parts = 0
    try {
      return { value: this.#value(type, number, { types: [], isInList: false }) }
    } catch (error) {
      if (error instanceof Endless) return undefined
      throw error
    }
  }

  #value(type: Type, number: number, around: Around): unknown {
    this.#parts++
    if (around.types.length > maxDepth) throw new Endless()
    const shape = shapeOf(type)
    const isShort = this.#parts > maxParts || new Set(around.types).size < around.types.length
    const within = { ...around, types: [...around.types, type] }
    switch (shape.kind) {
      case 'record': {
        const record = {}
        for (const field of shape.fields) setOwn(record, field.name, this.#value(field.type, number, within))
        return record
      }
      case 'union': {
        const { branches, wrapped } = shape
        const branch = isShort ? branches.toSorted(byLength)[0]! : branches[number % branches.length]!
        const value = this.#value(branch.type, Math.floor(number / branches.length), within)
        return wrapped && value !== null ? { [branch.name]: value } : value
      }
      case 'array':
        return isShort ? [] : this.#items(type, shape.items, number, within)
      case 'map': {
        const map = {}
        const values = isShort ? [] : this.#items(type, shape.values, number, within)
        for (const [index, value] of values.entries()) setOwn(map, ['key', 'ключ'][index]!, value)
        return map
      }
      default: {
        const all = scalarsOf(shape)
        return all[number % all.length]
      }
    }
  }

  /** None, then two different ones, or within a list one. */
  #items(list: Type, items: Type, number: number, around: Around): readonly unknown[] {
    const turn = number % this.alternatives(list)
    if (turn === 0) return []
    const numbers = around.isInList ? [turn - 1] : [2 * turn - 2, 2 * turn - 1]
    return numbers.map((each) => this.#value(items, each, { ...around, isInList: true }))
  }
}

const lengths = ['null', 'array', 'map']
const lengthOf = (kind: string): number =>
  kind === 'record' ? lengths.length + 1 : lengths.includes(kind) ? lengths.indexOf(kind) : lengths.length

const byLength = (one: { readonly type: Type }, other: { readonly type: Type }): number =>
  lengthOf(shapeOf(one.type).kind) - lengthOf(shapeOf(other.type).kind)

/** At least one. */
function scalarsOf(shape: Shape): readonly unknown[] {
  if (shape.kind === 'enum') return shape.symbols
  if (shape.kind === 'fixed' && shape.size > maxFixedBytes) throw new Endless()
  if (shape.kind === 'fixed') return [Buffer.alloc(shape.size), Buffer.alloc(shape.size, 0xff)]
  const forms = scalars[shape.kind] ?? [...times, ...decimals, ...bigLongs]
  return forms.map((form) => parseScalar(shape, form)).filter((value) => value !== undefined)
}
