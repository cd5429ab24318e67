// Is a second definition of a name the same as the first? Then Java Avro lets it stand; otherwise the schema is broken.
import type { Deep } from './deep.ts'
import { isObject, own, type SchemaField, type SchemaNode, type SchemaUse } from './schemaGraph.ts'

/**
 * As Java's `equals` while it reads: docs, aliases and an enum's default do not count, properties of no meaning do, and a
 * name that is not defined yet is like nothing else.
 */
export function* isRedefinition(first: SchemaUse, second: SchemaUse): Deep<boolean> {
  if (first === second) return true
  if (first.kind === 'reference' || second.kind === 'reference' || first.kind !== second.kind) return false
  if (!sameProperties(first, second)) return false
  if ('fullName' in first && first.fullName !== (second as typeof first).fullName) return false
  switch (first.kind) {
    case 'array':
      return (yield isRedefinition(first.items, (second as typeof first).items)) as boolean
    case 'map':
      return (yield isRedefinition(first.values, (second as typeof first).values)) as boolean
    case 'union': {
      const { branches } = second as typeof first
      if (branches.length !== first.branches.length) return false
      for (const [index, branch] of first.branches.entries())
        if (!(yield isRedefinition(branch, branches[index]!))) return false
      return true
    }
    case 'fixed':
      return first.size === (second as typeof first).size
    case 'enum':
      return sameJson(first.symbols, (second as typeof first).symbols)
    case 'record': {
      const { fields } = second as typeof first
      if (fields.length !== first.fields.length) return false
      for (const [index, field] of first.fields.entries()) {
        const other = fields[index]!
        if (!sameField(field, other) || !(yield isRedefinition(field.type, other.type))) return false
      }
      return true
    }
    default:
      return true
  }
}

const sameField = (first: SchemaField, second: SchemaField): boolean =>
  first.name === second.name &&
  orderOf(first) === orderOf(second) &&
  sameJson(own(first.json, 'default'), own(second.json, 'default')) &&
  sameJson(propertiesOf(first.json, ofFields), propertiesOf(second.json, ofFields))

const orderOf = ({ json }: SchemaField): string => String(own(json, 'order') ?? 'ascending').toLowerCase()

const ofTypes = ['doc', 'fields', 'items', 'name', 'namespace', 'size', 'symbols', 'values', 'type', 'aliases']
const ofEnums = [...ofTypes, 'default']
const ofFields = ['default', 'doc', 'name', 'order', 'type', 'aliases']

const sameProperties = (first: SchemaNode, second: SchemaNode): boolean => {
  const known = first.kind === 'enum' ? ofEnums : ofTypes
  return sameJson(propertiesOf(first.json, known), propertiesOf(second.json, known))
}

const propertiesOf = (json: unknown, known: readonly string[]): unknown =>
  isObject(json) ? Object.fromEntries(Object.entries(json).filter(([key]) => !known.includes(key))) : {}

/** Without recursion: a default may be nested as deep as it likes. */
function sameJson(first: unknown, second: unknown): boolean {
  const pairs = [[first, second]]
  for (let pair = pairs.pop(); pair; pair = pairs.pop()) {
    const [a, b] = pair
    if (a === b) continue
    if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
    const keys = Object.keys(a)
    if (Array.isArray(a) !== Array.isArray(b) || keys.length !== Object.keys(b).length) return false
    for (const key of keys) {
      if (!Object.hasOwn(b, key)) return false
      pairs.push([(a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]])
    }
  }
  return true
}
