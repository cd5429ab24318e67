// Are two texts the same schema? By Avro's Parsing Canonical Form, and by what that leaves out and somebody still relies on:
// defaults, aliases, logical types, order, every other property. Docs may differ, and how names, types and order are written.

import { isObject, type Json, own, primitives } from '../compatibility/schemaGraph.ts'
import { escapedToken } from '../json/pointerToken.ts'

/** What is compared, and as what: `names` are aliases, in the namespace that stands there. */
type Pair = {
  readonly as: 'schema' | 'field' | 'names' | 'json'
  readonly older: unknown
  readonly newer: unknown
  /** The namespaces that stand there. */
  readonly spaces: readonly [older: string, newer: string]
  readonly at: string
}

/** Where in the newer one it is another, as a JSON Pointer, or undefined. Takes any JSON, of any depth; a number may be a bigint. */
export function schemaDifference(older: unknown, newer: unknown): string | undefined {
  const pairs: Pair[] = [{ as: 'schema', older, newer, spaces: ['', ''], at: '' }]
  for (let pair = pairs.pop(); pair; pair = pairs.pop()) {
    const parts = partsOf(pair)
    if (!parts) return pair.at || '/'
    pairs.push(...parts.toReversed())
  }
  return undefined
}

/** What is still to be compared, or undefined where the two differ. */
function partsOf(pair: Pair): readonly Pair[] | undefined {
  const { as, spaces, at } = pair
  const older = as === 'schema' ? plainType(pair.older) : pair.older
  const newer = as === 'schema' ? plainType(pair.newer) : pair.newer
  if (as === 'names') return sameNames(pair) ? [] : undefined
  if (as === 'schema' && typeof older === 'string' && typeof newer === 'string')
    return fullName(older, spaces[0]) === fullName(newer, spaces[1]) ? [] : undefined
  if (Array.isArray(older) && Array.isArray(newer))
    return older.length === newer.length
      ? older.map((each, index) => ({ as, older: each, newer: newer[index], spaces, at: `${at}/${index}` }))
      : undefined
  if (!isObject(older) || !isObject(newer)) return older === newer ? [] : undefined
  return as === 'schema' || as === 'field' ? partsOfAvro(as, older, newer, spaces, at) : partsOfJson(older, newer, at)
}

function partsOfAvro(
  as: 'schema' | 'field',
  older: Json,
  newer: Json,
  spaces: Pair['spaces'],
  at: string,
): readonly Pair[] | undefined {
  const within: Pair['spaces'] = as === 'field' ? spaces : [spaceOf(older, spaces[0]), spaceOf(newer, spaces[1])]
  if (as === 'schema' && nameOf(older, spaces[0]) !== nameOf(newer, spaces[1])) return undefined
  const keys = [...new Set([...Object.keys(older), ...Object.keys(newer)])]
  return keys
    .filter((key) => !(as === 'schema' ? ['doc', 'name', 'namespace'] : ['doc']).includes(key))
    .map((key) => ({
      as: kindOf(as, key),
      older: valueAt(as, older, key),
      newer: valueAt(as, newer, key),
      spaces: within,
      at: `${at}/${escapedToken(key)}`,
    }))
}

function kindOf(as: 'schema' | 'field', key: string): Pair['as'] {
  if (key === 'type' || (as === 'schema' && (key === 'items' || key === 'values'))) return 'schema'
  if (key === 'aliases') return 'names'
  return as === 'schema' && key === 'fields' ? 'field' : 'json'
}

function valueAt(as: 'schema' | 'field', json: Json, key: string): unknown {
  const value = own(json, key)
  if (as === 'field' && key === 'order') return String(value ?? 'ascending').toLowerCase()
  return value
}

function partsOfJson(older: Json, newer: Json, at: string): readonly Pair[] | undefined {
  const keys = Object.keys(newer)
  if (keys.length !== Object.keys(older).length || !keys.every((key) => Object.hasOwn(older, key))) return undefined
  return keys.map((key) => ({
    as: 'json',
    older: older[key],
    newer: newer[key],
    spaces: ['', ''],
    at: `${at}/${escapedToken(key)}`,
  }))
}

/** `{"type": "string"}` is "string". */
const plainType = (json: unknown): unknown =>
  isObject(json) && typeof json.type === 'string' && Object.keys(json).every((key) => key === 'type' || key === 'doc')
    ? json.type
    : json

const kinds: readonly string[] = [...primitives, 'record', 'error', 'enum', 'fixed', 'array', 'map']

const fullName = (name: string, space: string): string =>
  kinds.includes(name) || name.includes('.') || space === '' ? name : `${space}.${name}`

function nameOf(json: Json, space: string): string | undefined {
  const name = own(json, 'name')
  return typeof name === 'string' ? fullName(name, ownSpace(json) ?? space) : undefined
}

const ownSpace = (json: Json): string | undefined => {
  const space = own(json, 'namespace')
  return typeof space === 'string' ? space : undefined
}

/** The namespace of what is written inside it: its own name's, if it has one. */
function spaceOf(json: Json, space: string): string {
  const full = nameOf(json, space)
  return full === undefined ? space : full.slice(0, Math.max(0, full.lastIndexOf('.')))
}

/** In any order, each once. None is like an empty list. */
function sameNames({ older, newer, spaces }: Pair): boolean {
  const [one, other] = [namesOf(older, spaces[0]), namesOf(newer, spaces[1])]
  return one === other
}

const namesOf = (json: unknown, space: string): string =>
  Array.isArray(json)
    ? JSON.stringify([...new Set(json.map((each) => (typeof each === 'string' ? fullName(each, space) : each)))].sort())
    : JSON.stringify(json ?? [])
