// JSON as it is written in a file: its value, where it is broken, and where each of its parts begins. This file alone imports
// jsonc-parser.

import { findNodeAtLocation, type Node, type ParseError, parseTree } from 'jsonc-parser'
import { ErrandError } from '../../app/errors.ts'
import { unescapedToken } from './pointerToken.ts'

/** Counted from 1, as editors do. */
export type TextPlace = { readonly line: number; readonly column: number }

/** The value. Throws `invalid-schema`, naming file, line and column. Of two values under one key nobody can say which is meant. */
export function parseText(path: string, text: string): unknown {
  const value = parsed(path, text)
  const twin = secondOfItsName(treeOf(text))
  if (!twin) return value
  const { line, column } = placeAt(text, twin.offset)
  const key = JSON.stringify(twin.value)
  throw new ErrandError('invalid-schema', `${path}:${line}:${column}: ${key} is there twice in one object; keep one`)
}

function parsed(path: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    const errors: ParseError[] = []
    treeOf(text, errors)
    const { line, column } = placeAt(text, errors[0]?.offset ?? text.length)
    const what = (cause as Error).message.replace(/, (\.\.\.)?".*|( in JSON)? at position .*/s, '')
    throw new ErrandError('invalid-schema', `${path}:${line}:${column}: ${what}`, { cause })
  }
}

/** The name of the first property whose object has it already. */
function secondOfItsName(tree: JsonTree): Node | undefined {
  const open = tree ? [tree] : []
  let first: Node | undefined
  for (let node = open.pop(); node; node = open.pop()) {
    const children = node.children ?? []
    const names = node.type === 'object' ? children.map(({ children: [name] = [] }) => name!) : []
    const seen = new Set<string>()
    for (const name of names) {
      if (seen.has(name.value) && !(first && first.offset < name.offset)) first = name
      seen.add(name.value)
    }
    for (const child of children) open.push(child)
  }
  return first
}

export type JsonTree = Node | undefined

/** Undefined where it is nested deeper than jsonc-parser can follow, and JSON.parse can. */
export function treeOf(text: string, errors: ParseError[] = []): JsonTree {
  try {
    return parseTree(text, errors, { disallowComments: true })
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** Where the part at a JSON Pointer (RFC 6901; "/" is the root) begins, or the nearest part around it that is there. */
export function placeOf(text: string, tree: JsonTree, pointer: string): TextPlace {
  if (!tree) return { line: 1, column: 1 }
  const tokens = pointer === '/' || pointer === '' ? [] : pointer.slice(1).split('/').map(unescapedToken)
  for (let depth = tokens.length; depth > 0; depth--) {
    const node = findNodeAtLocation(tree, pathOf(tree, tokens.slice(0, depth)))
    if (node) return placeAt(text, startOf(node))
  }
  return placeAt(text, tree.offset)
}

/** Tokens that are indexes become numbers, by what they lead into. */
function pathOf(tree: Node, tokens: readonly string[]): (string | number)[] {
  const path: (string | number)[] = []
  for (const token of tokens) {
    const within = findNodeAtLocation(tree, path)
    path.push(within?.type === 'array' ? Number(token) : token)
  }
  return path
}

/** A property begins with its name. */
const startOf = (node: Node): number => (node.parent?.type === 'property' ? node.parent.offset : node.offset)

function placeAt(text: string, offset: number): TextPlace {
  const before = text.slice(0, offset).split('\n')
  return { line: before.length, column: before.at(-1)!.length + 1 }
}
