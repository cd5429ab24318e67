// What the gate compares: each type of the newer version with the one that it follows in the older, once however often both
// are used. Walked without the stack, as a schema may hold itself.
import type { AvroSchema } from '../../app/record.ts'
import { avroType, type Shape, shapeOf, type Type } from '../avro/avro.ts'
import { type NamedNode, type SchemaField, type SchemaNode, typeOf } from '../compatibility/schemaGraph.ts'
import { parsedSchema } from '../compatibility/schemaParser.ts'
import type { VersionPair } from './versionPair.ts'

/** A type as it is written, and as avsc has it. */
export type Placed = { readonly node: SchemaNode; readonly type: Type }
export type PlacedField = { readonly field: SchemaField; readonly of: Placed }
export type Couple = { readonly older: Placed; readonly newer: Placed }
export type FieldCouple = { readonly older: PlacedField; readonly newer: PlacedField }

/** What of both belongs together, and what only one has. */
export type Matched<T> = {
  readonly both: readonly { readonly older: T; readonly newer: T }[]
  readonly added: readonly T[]
  readonly gone: readonly T[]
}

/**
 * What belongs together under two names: nothing in JSON that is sent out, what the newer version's aliases say in JSON that
 * comes in, what the aliases of either say in Avro.
 */
export type Names = 'by name' | "by newer's aliases" | 'by aliases'

/** Far more than two real schemas have. */
const maxCouples = 100_000

/** Nothing where one of the two is no schema for Java or for avsc. */
export function rootsOf({ older, newer }: VersionPair): Couple | undefined {
  const [one, other] = [placedRoot(older.schema), placedRoot(newer.schema)]
  return one && other && { older: one, newer: other }
}

const walked = new WeakMap<VersionPair, Map<Names, readonly Couple[]>>()

/** Every couple from the roots on, outermost first; once for a pair. Nothing where there are no roots. */
export function couplesOf(pair: VersionPair, names: Names): readonly Couple[] {
  const known = walked.get(pair) ?? new Map<Names, readonly Couple[]>()
  walked.set(pair, known)
  const root = rootsOf(pair)
  const couples = known.get(names) ?? (root ? walk(root, names) : [])
  known.set(names, couples)
  return couples
}

function walk(root: Couple, names: Names): readonly Couple[] {
  const met = new Map<SchemaNode, Set<SchemaNode>>()
  const couples: Couple[] = []
  const open: Couple[] = [root]
  for (let couple = open.pop(); couple && couples.length < maxCouples; couple = open.pop()) {
    const others = met.get(couple.newer.node) ?? new Set()
    if (others.has(couple.older.node)) continue
    met.set(couple.newer.node, others.add(couple.older.node))
    couples.push(couple)
    open.push(...partsOf(couple, names).toReversed())
  }
  return couples
}

const roots = new WeakMap<object, { readonly placed: Placed | undefined }>()

function placedRoot(schema: unknown): Placed | undefined {
  if (typeof schema !== 'object' || schema === null) return newPlaced(schema)
  const root = roots.get(schema) ?? { placed: newPlaced(schema) }
  roots.set(schema, root)
  return root.placed
}

function newPlaced(schema: unknown): Placed | undefined {
  const parsed = parsedSchema(schema)
  if (parsed.kind === 'invalid') return undefined
  try {
    return { node: parsed.root, type: avroType(schema as AvroSchema, { isIdle: true }) }
  } catch {
    return undefined // schemaFindings says why
  }
}

function partsOf(couple: Couple, names: Names): readonly Couple[] {
  const { older, newer } = couple
  if (isUnion(older) || isUnion(newer)) return branchesOf(couple).both
  const fields = fieldsOf(couple, names).both
  if (fields.length > 0) return fields.map((field) => ({ older: field.older.of, newer: field.newer.of }))
  const [one, other] = [itemsOf(older), itemsOf(newer)]
  return one && other && older.node.kind === newer.node.kind ? [{ older: one, newer: other }] : []
}

export const shapeAt = ({ type }: Placed): Shape => shapeOf(type)

function itemsOf({ node, type }: Placed): Placed | undefined {
  const shape = shapeOf(type)
  if (node.kind === 'array' && shape.kind === 'array') return { node: typeOf(node.items), type: shape.items }
  return node.kind === 'map' && shape.kind === 'map' ? { node: typeOf(node.values), type: shape.values } : undefined
}

export const isUnion = ({ node }: Placed): boolean => node.kind === 'union'

/** Itself, where it is no union. */
export function alternativesOf(placed: Placed): readonly Placed[] {
  const { node, type } = placed
  const shape = shapeOf(type)
  if (node.kind !== 'union' || shape.kind !== 'union') return [placed]
  return node.branches.map((branch, index) => ({ node: typeOf(branch), type: shape.branches[index]!.type }))
}

function placedFields({ node, type }: Placed): readonly PlacedField[] {
  const shape = shapeOf(type)
  if (node.kind !== 'record' || shape.kind !== 'record') return []
  return node.fields.map((field, index) => ({
    field,
    of: { node: typeOf(field.type), type: shape.fields[index]!.type },
  }))
}

/** The fields of two records; none where one is something else. */
export function fieldsOf({ older, newer }: Couple, names: Names): Matched<PlacedField> {
  if (older.node.kind !== 'record' || newer.node.kind !== 'record') return { both: [], added: [], gone: [] }
  return match(placedFields(older), placedFields(newer), ({ field }) => field.name, renamings[names])
}

/** The branches of two unions, the nearest together: of a type that is no union, itself. */
export const branchesOf = ({ older, newer }: Couple): Matched<Placed> =>
  match(alternativesOf(older), alternativesOf(newer), keyOf, [hasAlias, hasShortName, hasKind, hasFamily])

type Test<T> = (one: T, other: T) => boolean

/** Those of the same key, then what the first test says so of: each is of one couple. */
function match<T>(
  older: readonly T[],
  newer: readonly T[],
  key: (each: T) => string,
  tests: readonly Test<T>[],
): Matched<T> {
  const byKey = new Map(older.map((each) => [key(each), each]))
  const both: { readonly older: T; readonly newer: T }[] = []
  const gone = new Set(older)
  let added = newer
  for (const find of [
    (other: T) => byKey.get(key(other)),
    ...tests.map((test) => (other: T) => [...gone].find((one) => test(one, other))),
  ]) {
    const left: T[] = []
    for (const other of added) {
      const one = find(other)
      if (one !== undefined && gone.delete(one)) both.push({ older: one, newer: other })
      else left.push(other)
    }
    added = left
  }
  return { both, added, gone: [...gone] }
}

const isFormer: Test<PlacedField> = ({ field: one }, { field: other }) => other.aliases.includes(one.name)
const renamings: Readonly<Record<Names, readonly Test<PlacedField>[]>> = {
  'by name': [],
  "by newer's aliases": [isFormer],
  'by aliases': [isFormer, (one, other) => isFormer(other, one)],
}

const keyOf = ({ node }: Placed): string => ('fullName' in node ? `${node.kind} ${node.fullName}` : node.kind)

/** Two named types of one kind. */
const areNamed = (one: SchemaNode, other: SchemaNode, test: Test<NamedNode>): boolean =>
  'fullName' in one && 'fullName' in other && one.kind === other.kind && test(one, other)

const isAlias: Test<NamedNode> = (one, other) => one.aliases.has(other.fullName) || other.aliases.has(one.fullName)

const hasAlias: Test<Placed> = (one, other) => areNamed(one.node, other.node, isAlias)
const hasShortName: Test<Placed> = (one, other) => areNamed(one.node, other.node, (a, b) => a.name === b.name)
const hasKind: Test<Placed> = (one, other) => one.node.kind === other.node.kind

const families: Readonly<Record<string, string>> = {
  ...{ int: 'number', long: 'number', float: 'number', double: 'number' },
  ...{ string: 'text', bytes: 'text' },
}

const hasFamily: Test<Placed> = (one, other) =>
  families[one.node.kind] !== undefined && families[one.node.kind] === families[other.node.kind]
