// What findings of the gate have in common when they are told.
import { list } from '../compatibility/compatibilityWords.ts'
import { branchName, own, type SchemaNode, typeOf } from '../compatibility/schemaGraph.ts'
import type { Couple, Placed } from './couple.ts'
import type { VersionPair } from './versionPair.ts'

/** Of one kind and one pair: more than anyone reads. */
export const mostFindings = 1_000

/** What the two are called: `v1`, `v2`. */
export type Sides = { readonly older: string; readonly newer: string }

export const sidesOf = ({ older, newer }: VersionPair): Sides => ({
  older: `v${older.version}`,
  newer: `v${newer.version}`,
})

/** `union [null, int]`, `record n.R`, `bytes (decimal, precision 4, scale 2)`: whatever attributes tell two apart. */
export function shown({ node }: Placed): string {
  if (node.kind === 'union') return `union ${list(node.branches.map(typeOf).map(branchName))}`
  const notes = notesOf(node)
  const name = 'fullName' in node ? `${node.kind} ${node.fullName}` : node.kind
  return notes.length === 0 ? name : `${name} (${notes.join(', ')})`
}

function notesOf(node: SchemaNode): readonly string[] {
  const of = (key: string): unknown => own(node.json, key)
  const logical = of('logicalType')
  return [
    ...(typeof logical === 'string' ? [logical] : []),
    ...(logical === 'decimal'
      ? [`precision ${valueText(of('precision'))}`, `scale ${valueText(of('scale') ?? 0)}`]
      : []),
    ...(node.kind === 'fixed' ? [`size ${node.size}`] : []),
    ...(isBigint(node) ? ['"typescript": "bigint"'] : []),
  ]
}

const isBigint = ({ kind, json }: SchemaNode): boolean => kind === 'long' && own(json, 'typescript') === 'bigint'

/** What to keep of a couple, in a hint: the older, and that it has not what the newer has. */
export const kept = ({ older, newer }: Couple): string =>
  isBigint(newer.node) && older.node.kind === 'long' && !isBigint(older.node)
    ? `${shown(older)} without "typescript"`
    : shown(older)

const longest = 100

/** JSON, but short. It may be nested deeper than JSON.stringify goes. */
export function valueText(value: unknown): string {
  if (typeof value === 'object' && value !== null && Object.keys(value).length > 0)
    return Array.isArray(value) ? '[…]' : '{…}'
  const text = JSON.stringify(value) ?? String(value)
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text
}
