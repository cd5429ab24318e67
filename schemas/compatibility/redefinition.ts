// Is a second definition of a name the same as the first? Then Java Avro lets it stand; otherwise the schema is broken.
import { type Deep, run } from './deep.ts'
import {
  type EnumNode,
  type FixedNode,
  isObject,
  type NamedNode,
  own,
  type RecordNode,
  type SchemaField,
  type SchemaNode,
  type SchemaUse,
} from './schemaGraph.ts'

/**
 * As Java's `equals` while it reads: docs, aliases and an enum's default do not count, properties of no meaning do, and a
 * name that is not defined yet is like nothing else. Named types within have been through this: their names say it.
 */
export function isRedefinition(first: NamedNode, second: NamedNode): boolean {
  if (first.kind !== second.kind || !sameProperties(first, second)) return false
  if (first.kind === 'fixed') return first.size === (second as FixedNode).size
  if (first.kind === 'enum') return sameJson(first.symbols, (second as EnumNode).symbols)
  const { fields } = second as RecordNode
  return first.fields.length === fields.length && first.fields.every((field, index) => sameField(field, fields[index]!))
}

const sameField = (first: SchemaField, second: SchemaField): boolean =>
  first.name === second.name &&
  orderOf(first) === orderOf(second) &&
  sameJson(own(first.json, 'default'), own(second.json, 'default')) &&
  sameJson(propertiesOf(first.json, ofFields), propertiesOf(second.json, ofFields)) &&
  run(sameUse(first.type, second.type))

function* sameUse(first: SchemaUse, second: SchemaUse): Deep<boolean> {
  if (first.kind === 'reference' || second.kind === 'reference') return first === second
  if ('fullName' in first) return 'fullName' in second && first.fullName === second.fullName
  if (first.kind !== second.kind || !sameProperties(first, second)) return false
  const parts = partsOf(first)
  const others = partsOf(second)
  if (parts.length !== others.length) return false
  for (const [index, part] of parts.entries()) if (!(yield sameUse(part, others[index]!))) return false
  return true
}

const partsOf = (node: SchemaNode): readonly SchemaUse[] => {
  if (node.kind === 'array') return [node.items]
  if (node.kind === 'map') return [node.values]
  return node.kind === 'union' ? node.branches : []
}

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
export function sameJson(first: unknown, second: unknown): boolean {
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
