// The way to a place in a schema, from the root: a list that shares its beginning with those of its siblings.

import { escapedToken } from '../json/pointerToken.ts'

export type SchemaPath =
  | { readonly up: SchemaPath; readonly token: string | number; readonly depth: number }
  | undefined

export const depthOf = (path: SchemaPath): number => path?.depth ?? 0

export const below = (path: SchemaPath, ...tokens: readonly (string | number)[]): SchemaPath =>
  tokens.reduce<SchemaPath>((up, token) => ({ up, token, depth: depthOf(up) + 1 }), path)

/** As Java Avro writes it: a JSON Pointer (RFC 6901), but for the root, which is "/". */
export function pointerOf(path: SchemaPath): string {
  const tokens: string[] = []
  for (let at = path; at; at = at.up) tokens.push(escapedToken(String(at.token)))
  return `/${tokens.reverse().join('/')}`
}
