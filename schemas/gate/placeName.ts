// A place in a schema by names instead of numbers: /fields/2/type/1 is /fields/origin/type/string. It stays the same when
// another field comes before it.

import { isObject, own } from '../compatibility/schemaGraph.ts'
import { unescapedToken } from '../json/pointerToken.ts'

export function placeName(schema: unknown, pointer: string): string {
  let at = schema
  const tokens = pointer.split('/').slice(1).filter(Boolean)
  const named = tokens.map((token) => {
    const isListed = Array.isArray(at)
    at = isListed ? (at as readonly unknown[])[Number(token)] : own(at, unescapedToken(token))
    return isListed ? (nameOf(at) ?? token) : token
  })
  return `/${named.join('/')}`
}

/** Of a field, a named type, another type. */
function nameOf(json: unknown): string | undefined {
  if (typeof json === 'string') return json
  if (!isObject(json)) return undefined
  const name = own(json, 'name') ?? own(json, 'type')
  return typeof name === 'string' ? name : undefined
}
