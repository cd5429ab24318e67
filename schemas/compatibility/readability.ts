// Can the reader's schema read whatever the writer's has written? Java Avro 1.12's SchemaCompatibility, rule by rule, with its
// memory of pairs: a pair that is still being compared counts as readable, and one that has been is not compared again.
// That memory is also why Java tells the first place of what it meets twice.
import { type Deep, run } from './deep.ts'
import {
  type EnumNode,
  type FixedNode,
  type NamedNode,
  type RecordNode,
  type SchemaField,
  type SchemaNode,
  typeOf,
  type UnionNode,
} from './schemaGraph.ts'
import { below, type SchemaPath } from './schemaPath.ts'

/** Why a pair cannot be read, where its parts do not say it. Each carries what there is to tell. */
export type Reason =
  | { readonly type: 'NAME_MISMATCH'; readonly reader: NamedNode; readonly writer: NamedNode }
  | { readonly type: 'FIXED_SIZE_MISMATCH'; readonly reader: FixedNode; readonly writer: FixedNode }
  | {
      readonly type: 'MISSING_ENUM_SYMBOLS'
      readonly reader: EnumNode
      readonly writer: EnumNode
      readonly symbols: readonly string[]
    }
  | {
      readonly type: 'READER_FIELD_MISSING_DEFAULT_VALUE'
      readonly reader: RecordNode
      readonly writer: RecordNode
      readonly field: SchemaField
    }
  | { readonly type: 'TYPE_MISMATCH'; readonly reader: SchemaNode; readonly writer: SchemaNode }
  /** `tried`: the branches that are nearest, and why not even they can read it. */
  | {
      readonly type: 'MISSING_UNION_BRANCH'
      readonly reader: UnionNode
      readonly writer: SchemaNode
      readonly tried: readonly Pair[]
    }

type Tokens = readonly (string | number)[]

/**
 * `tokens` go from the pair to the place. `lacking`: the writer's record has no such field, and the reader's is an enum with
 * a default of its own, which Java then compares with the record itself.
 */
export type Step = { readonly tokens: Tokens } & (
  | { readonly kind: 'reason'; readonly reason: Reason }
  | { readonly kind: 'part'; readonly pair: Pair; readonly lacking?: SchemaField | undefined }
)

/** A reader's type and a writer's, compared once: `base` is where Java says that it was. Readable if there are no `steps`. */
export type Pair = {
  readonly reader: SchemaNode
  readonly writer: SchemaNode
  readonly base: SchemaPath
  readonly steps: Step[]
  isOpen: boolean
}

/** A reader's field that has several fields of the writer's to read from, by its name and aliases. Java throws. */
export type Ambiguity = {
  readonly reader: RecordNode
  readonly writer: RecordNode
  readonly field: SchemaField
  readonly candidates: readonly string[]
  readonly at: SchemaPath
}

/** One comparison of two schemas. */
export class Readability {
  readonly ambiguities: Ambiguity[] = []
  /** Whether a pair was taken for readable since it was still open, and never looked at again: of types that hold themselves. */
  isAssumed = false
  readonly #pairs = new Map<SchemaNode, Map<SchemaNode, Pair>>()

  compare(reader: SchemaNode, writer: SchemaNode): Pair {
    return run(this.#compare(reader, writer, undefined, undefined))
  }

  /** `base` begins anew within a union: Java forgets there where it is. `at` is where it really is. */
  *#compare(reader: SchemaNode, writer: SchemaNode, base: SchemaPath, at: SchemaPath): Deep<Pair> {
    const known = this.#pairs.get(reader)?.get(writer)
    if (known) {
      this.isAssumed ||= known.isOpen
      return known
    }
    const pair: Pair = { reader, writer, base, steps: [], isOpen: true }
    if (canBeMetAgain(pair)) this.#pairs.set(reader, (this.#pairs.get(reader) ?? new Map()).set(writer, pair))
    checkItself(pair)
    if (hasParts(pair)) yield this.#parts(pair, at)
    pair.isOpen = false
    return pair
  }

  *#parts(pair: Pair, at: SchemaPath): Deep<void> {
    const { reader, writer } = pair
    if (reader.kind === 'union' && writer.kind === 'union') return yield* this.#unions(pair, reader, writer, at)
    if (reader.kind === 'union') return yield* this.#branches(pair, reader, writer, at)
    if (writer.kind === 'union')
      for (const [index, branch] of writer.branches.entries())
        yield* this.#part(pair, reader, typeOf(branch), [index], at)
    else if (reader.kind === 'array' && writer.kind === 'array')
      yield* this.#part(pair, typeOf(reader.items), typeOf(writer.items), ['items'], at)
    else if (reader.kind === 'map' && writer.kind === 'map')
      yield* this.#part(pair, typeOf(reader.values), typeOf(writer.values), ['values'], at)
    else if (reader.kind === 'record' && writer.kind === 'record') yield* this.#fields(pair, reader, writer, at)
  }

  /** Compares what lies at `tokens` in the pair. What is still open is readable. */
  *#part(
    pair: Pair,
    reader: SchemaNode,
    writer: SchemaNode,
    tokens: Tokens,
    at: SchemaPath,
    lacking?: SchemaField,
  ): Deep<void> {
    const part = yield* this.#compare(reader, writer, below(pair.base, ...tokens), below(at, ...tokens))
    if (isUnreadable(part)) pair.steps.push({ kind: 'part', tokens, pair: part, lacking })
  }

  *#unions(pair: Pair, reader: UnionNode, writer: UnionNode, at: SchemaPath): Deep<void> {
    for (const [index, use] of writer.branches.entries()) {
      const branch = typeOf(use)
      const read = yield* this.#compare(reader, branch, undefined, below(at, index))
      if (!isUnreadable(read)) continue
      const tried = read.steps.flatMap((step) =>
        step.kind === 'reason' && 'tried' in step.reason ? step.reason.tried : [],
      )
      add(pair, [index], { type: 'MISSING_UNION_BRANCH', reader, writer: branch, tried })
    }
  }

  *#branches(pair: Pair, reader: UnionNode, writer: SchemaNode, at: SchemaPath): Deep<void> {
    const tried: Pair[] = []
    for (const branch of reader.branches) {
      const read = yield* this.#compare(typeOf(branch), writer, undefined, at)
      if (!isUnreadable(read)) return
      tried.push(read)
    }
    add(pair, [], { type: 'MISSING_UNION_BRANCH', reader, writer, tried: nearest(tried) })
  }

  *#fields(pair: Pair, reader: RecordNode, writer: RecordNode, at: SchemaPath): Deep<void> {
    for (const [index, field] of reader.fields.entries()) {
      const place = ['fields', index]
      const candidates = [field.name, ...field.aliases].filter((name) => writer.byName.has(name))
      const type = typeOf(field.type)
      if (candidates.length > 1) this.ambiguities.push({ reader, writer, field, candidates, at: below(at, ...place) })
      else if (candidates.length === 1) {
        const written = writer.byName.get(candidates[0]!)!
        yield* this.#part(pair, type, typeOf(written.type), [...place, 'type'], at)
      } else if (field.hasDefault) continue
      else if (type.kind === 'enum' && type.default !== undefined)
        yield* this.#part(pair, type, writer, [...place, 'type'], at, field)
      else add(pair, place, { type: 'READER_FIELD_MISSING_DEFAULT_VALUE', reader, writer, field })
    }
  }
}

export const isUnreadable = ({ steps, isOpen }: Pair): boolean => !isOpen && steps.length > 0

/** Whether all of it can be read, and in one way only. */
export function isReadable(reader: SchemaNode, writer: SchemaNode): boolean {
  const readability = new Readability()
  return !isUnreadable(readability.compare(reader, writer)) && readability.ambiguities.length === 0
}

const numbers = ['int', 'long', 'float', 'double']
/** What a reader's type reads besides itself. */
const promotions: Readonly<Record<string, readonly string[]>> = {
  long: ['int'],
  float: ['int', 'long'],
  double: ['int', 'long', 'float'],
  bytes: ['string'],
  string: ['bytes'],
}

function add(pair: Pair, tokens: Tokens, reason: Reason): void {
  pair.steps.push({ kind: 'reason', tokens, reason })
}

/** Only a named type is used in several places: where neither is one, there is one way to both. */
const canBeMetAgain = ({ reader, writer }: Pair): boolean => 'fullName' in reader || 'fullName' in writer

/** Whether there is more to compare than the two themselves. */
const hasParts = ({ reader, writer }: Pair): boolean =>
  reader.kind === 'union' ||
  writer.kind === 'union' ||
  (reader.kind === writer.kind && (reader.kind === 'record' || reader.kind === 'array' || reader.kind === 'map'))

function checkItself(pair: Pair): void {
  const { reader, writer } = pair
  if (reader.kind === 'union' || writer.kind === 'union') return
  if ('fullName' in reader && 'fullName' in writer && reader.kind === writer.kind) {
    if (!isNamed(reader, writer)) add(pair, ['name'], { type: 'NAME_MISMATCH', reader, writer })
    if (reader.kind === 'enum' && writer.kind === 'enum') checkSymbols(pair, reader, writer)
    if (reader.kind === 'fixed' && writer.kind === 'fixed' && reader.size !== writer.size)
      add(pair, ['size'], { type: 'FIXED_SIZE_MISMATCH', reader, writer })
  } else if (reader.kind !== writer.kind && !promotions[reader.kind]?.includes(writer.kind))
    add(pair, [], { type: 'TYPE_MISMATCH', reader, writer })
}

/** Without their namespaces, unless it is an alias that matches. */
const isNamed = (reader: NamedNode, writer: NamedNode): boolean =>
  reader.name === writer.name || reader.aliases.has(writer.fullName)

function checkSymbols(pair: Pair, reader: EnumNode, writer: EnumNode): void {
  const known = new Set(reader.symbols)
  const symbols = writer.symbols.filter((symbol) => !known.has(symbol)).sort()
  if (symbols.length > 0 && reader.default === undefined)
    add(pair, ['symbols'], { type: 'MISSING_ENUM_SYMBOLS', reader, writer, symbols })
}

/** The branch of the writer's name, else those of its kind: what is written in none of them has nothing to explain. */
function nearest(tried: readonly Pair[]): readonly Pair[] {
  const alike = tried.filter(
    ({ reader, writer }) =>
      reader.kind === writer.kind || (numbers.includes(reader.kind) && numbers.includes(writer.kind)),
  )
  const ofName = alike.filter(({ reader, writer }) => 'name' in reader && 'name' in writer && isNamed(reader, writer))
  return ofName.length > 0 ? ofName : alike.length === 1 ? alike : []
}
