// A schema as its types, nodes that know each other: a named type is one node however often it is used.
import type { SchemaPath } from './schemaPath.ts'

export const primitives = ['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string'] as const
export type Primitive = (typeof primitives)[number]

/** Where it is written, and what is written there. */
type Written = { readonly path: SchemaPath; readonly json: unknown }
/** `aliases` are full names, as Java compares them. */
type Named = Written & { readonly name: string; readonly fullName: string; readonly aliases: ReadonlySet<string> }

export type SchemaField = Written & {
  readonly name: string
  readonly type: SchemaUse
  readonly aliases: readonly string[]
  readonly hasDefault: boolean
}
export type RecordNode = Named & {
  readonly kind: 'record'
  readonly fields: readonly SchemaField[]
  readonly byName: ReadonlyMap<string, SchemaField>
}
export type EnumNode = Named & {
  readonly kind: 'enum'
  readonly symbols: readonly string[]
  readonly default: string | undefined
}
export type FixedNode = Named & { readonly kind: 'fixed'; readonly size: number }
export type NamedNode = RecordNode | EnumNode | FixedNode
export type UnionNode = Written & { readonly kind: 'union'; readonly branches: readonly SchemaUse[] }
export type SchemaNode =
  | (Written & { readonly kind: Primitive })
  | (Written & { readonly kind: 'array'; readonly items: SchemaUse })
  | (Written & { readonly kind: 'map'; readonly values: SchemaUse })
  | UnionNode
  | NamedNode

/** The name of a type that is defined later, or around it. */
export type Reference = Written & { readonly kind: 'reference'; readonly fullName: string; target?: NamedNode }
export type SchemaUse = SchemaNode | Reference

/** What is an object, and what it has of its own at a key. */
export type Json = { readonly [key: string]: unknown }
export const isObject = (json: unknown): json is Json =>
  typeof json === 'object' && json !== null && !Array.isArray(json)
export const own = (json: unknown, key: string): unknown =>
  isObject(json) && Object.hasOwn(json, key) ? json[key] : undefined

/** The type that is used there. */
export const typeOf = (use: SchemaUse): SchemaNode => (use.kind === 'reference' ? use.target! : use)

/** `array` and the like, or a named type's full name: what tells branches of a union apart. */
export const branchName = (node: SchemaNode): string => ('fullName' in node ? node.fullName : node.kind)
