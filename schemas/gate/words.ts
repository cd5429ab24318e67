// What findings of the gate have in common when they are told.
import { list, show } from '../compatibility/compatibilityWords.ts'
import { branchName, typeOf } from '../compatibility/schemaGraph.ts'
import type { Placed } from './couple.ts'
import type { VersionPair } from './versionPair.ts'

/** Of one kind and one pair: more than anyone reads. */
export const mostFindings = 1_000

/** What the two are called: `v1`, `v2`. */
export type Sides = { readonly older: string; readonly newer: string }

export const sidesOf = ({ older, newer }: VersionPair): Sides => ({
  older: `v${older.version}`,
  newer: `v${newer.version}`,
})

/** `union [null, int]`, `record n.R` */
export const shown = ({ node }: Placed): string =>
  node.kind === 'union' ? `union ${list(node.branches.map(typeOf).map(branchName))}` : show(node)

const longest = 100

/** JSON, but short. It may be nested deeper than JSON.stringify goes. */
export function valueText(value: unknown): string {
  if (typeof value === 'object' && value !== null && Object.keys(value).length > 0)
    return Array.isArray(value) ? '[…]' : '{…}'
  const text = JSON.stringify(value) ?? String(value)
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text
}
