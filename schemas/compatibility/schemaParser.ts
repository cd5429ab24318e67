// Reads a schema as Java Avro 1.12 does where it compares: names of any characters, defaults of any type, empty unions. As
// strict elsewhere: what Java cannot read is `invalid`, and why, at the first place that is wrong.
import { type Deep, run } from './deep.ts'
import { isRedefinition } from './redefinition.ts'
import {
  branchName,
  type EnumNode,
  type FixedNode,
  isObject,
  type Json,
  type NamedNode,
  own,
  type Primitive,
  primitives,
  type Reference,
  type SchemaField,
  type SchemaNode,
  type SchemaUse,
  typeOf,
  type UnionNode,
} from './schemaGraph.ts'
import { below, pointerOf, type SchemaPath } from './schemaPath.ts'

export type ParsedSchema =
  | { readonly kind: 'valid'; readonly root: SchemaNode }
  /** `message` is a sentence about what `pointer` points at. */
  | { readonly kind: 'invalid'; readonly pointer: string; readonly message: string }

/** Takes any JSON. Never throws. */
export function parseSchema(json: unknown): ParsedSchema {
  try {
    return { kind: 'valid', root: new SchemaParser().parse(json) }
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    return { kind: 'invalid', pointer: pointerOf(error.path), message: error.message }
  }
}

const parsedSchemas = new WeakMap<object, ParsedSchema>()

/** The same, once for an object, which does not change from then on. */
export function parsedSchema(json: unknown): ParsedSchema {
  if (!isObject(json)) return parseSchema(json)
  const parsed = parsedSchemas.get(json) ?? parseSchema(json)
  parsedSchemas.set(json, parsed)
  return parsed
}

class Fault extends Error {
  readonly path: SchemaPath

  constructor(path: SchemaPath, message: string) {
    super(message)
    this.path = path
  }
}

const textAt = (json: unknown, key: string): string | undefined => {
  const value = own(json, key)
  return typeof value === 'string' ? value : undefined
}

class SchemaParser {
  /** By full name, from where they end: until then only a reference can name them. */
  readonly #defined = new Map<string, NamedNode>()
  readonly #references: Reference[] = []
  readonly #unions: UnionNode[] = []

  parse(json: unknown): SchemaNode {
    const root = run(this.#parse(json, undefined, undefined))
    for (const reference of this.#references) {
      const target = this.#defined.get(reference.fullName)
      if (!target) throw new Fault(reference.path, `No type is named ${show(reference.fullName)}.`)
      reference.target = target
    }
    for (const { branches, path } of this.#unions) requireDistinct(branches.map(typeOf).map(branchName), path, 'branch')
    return typeOf(root)
  }

  *#parse(json: unknown, namespace: string | undefined, path: SchemaPath): Deep<SchemaUse> {
    if (typeof json === 'string') return this.#find(json, namespace, path, json)
    if (Array.isArray(json)) return yield* this.#union(json, namespace, path)
    if (!isObject(json))
      throw new Fault(path, `A schema is a name, an object or a list of branches, not ${show(json)}.`)
    const type = textAt(json, 'type')
    switch (type) {
      case undefined:
        throw new Fault(path, 'A schema that is an object names its type in "type".')
      case 'record':
      case 'error':
        return yield* this.#record(json, namespace, path)
      case 'enum':
        return this.#define(enumOf(json, namespace, path))
      case 'fixed':
        return this.#define(fixedOf(json, namespace, path))
      case 'array':
        return { kind: 'array', path, json, items: yield* this.#inside(json, 'items', namespace, path) }
      case 'map':
        return { kind: 'map', path, json, values: yield* this.#inside(json, 'values', namespace, path) }
      default:
        return this.#find(type, namespace, path, json)
    }
  }

  *#inside(json: Json, key: string, namespace: string | undefined, path: SchemaPath): Deep<SchemaUse> {
    if (own(json, key) === undefined) throw new Fault(path, `"${key}" is missing.`)
    return (yield this.#parse(json[key], namespace, below(path, key))) as SchemaUse
  }

  *#union(json: readonly unknown[], namespace: string | undefined, path: SchemaPath): Deep<SchemaUse> {
    const branches: SchemaUse[] = []
    for (const [index, branch] of json.entries()) {
      const use = (yield this.#parse(branch, namespace, below(path, index))) as SchemaUse
      if (use.kind === 'union') throw new Fault(use.path, 'A union cannot be a branch of a union.')
      branches.push(use)
    }
    const union: UnionNode = { kind: 'union', path, json, branches }
    this.#unions.push(union)
    return union
  }

  *#record(json: Json, namespace: string | undefined, path: SchemaPath): Deep<SchemaUse> {
    const name = nameOf(json, namespace, path)
    const list = own(json, 'fields')
    if (!Array.isArray(list)) throw new Fault(path, 'A record has a list "fields".')
    const fields: SchemaField[] = []
    for (const [index, field] of list.entries())
      fields.push(yield* this.#field(field, name.namespace, below(path, 'fields', index)))
    const names = fields.map((field) => field.name)
    requireDistinct(names, below(path, 'fields'), 'field')
    const byName = new Map(fields.map((field) => [field.name, field]))
    return this.#define({ kind: 'record', path, json, ...named(json, name, path), fields, byName })
  }

  *#field(json: unknown, namespace: string | undefined, path: SchemaPath): Deep<SchemaField> {
    const name = textAt(json, 'name')
    if (name === undefined) throw new Fault(path, 'A field has a name.')
    const type = yield* this.#inside(json as Json, 'type', namespace, path)
    const order = own(json, 'order')
    if (order !== undefined && !/^(ascending|descending|ignore)$/i.test(textAt(json, 'order') ?? ''))
      throw new Fault(below(path, 'order'), 'The order is "ascending", "descending" or "ignore".')
    const value = own(json, 'default')
    if (
      (type.kind === 'float' || type.kind === 'double') &&
      typeof value === 'string' &&
      !javaDouble.test(value.trim())
    )
      throw new Fault(below(path, 'default'), `The default ${show(value)} is no number.`)
    return { path, json, name, type, aliases: aliasesOf(json, path), hasDefault: value !== undefined }
  }

  #define(node: NamedNode): NamedNode {
    const known = this.#defined.get(node.fullName)
    if (!known) this.#defined.set(node.fullName, node)
    else if (!isRedefinition(known, node))
      throw new Fault(
        node.path,
        `${show(node.fullName)} is already defined, at ${pointerOf(known.path)}, and otherwise.`,
      )
    return node
  }

  #find(name: string, namespace: string | undefined, path: SchemaPath, json: unknown): SchemaUse {
    if (isPrimitive(name)) return { kind: name, path, json }
    const fullName = namespace === undefined || name.includes('.') ? name : `${namespace}.${name}`
    const known = this.#defined.get(fullName) ?? this.#defined.get(name)
    if (known) return known
    const reference: Reference = { kind: 'reference', path, json, fullName }
    this.#references.push(reference)
    return reference
  }
}

const isPrimitive = (name: string): name is Primitive => (primitives as readonly string[]).includes(name)

/** What `Double.parseDouble` takes: Java reads the default of a float from a string too. */
const javaDouble =
  /^[+-]?(NaN|Infinity|(\d+\.?\d*|\.\d+)(e[+-]?\d+)?[fd]?|0x([\da-f]+\.?|[\da-f]*\.[\da-f]+)p[+-]?\d+[fd]?)$/i

type Name = { readonly name: string; readonly fullName: string; readonly namespace: string | undefined }

const qualified = (name: string, namespace: string | undefined): Name => {
  const dot = name.lastIndexOf('.')
  const space = (dot < 0 ? namespace : name.slice(0, dot)) || undefined
  const simple = name.slice(dot + 1)
  return { name: simple, namespace: space, fullName: space === undefined ? simple : `${space}.${simple}` }
}

function nameOf(json: Json, namespace: string | undefined, path: SchemaPath): Name {
  const written = textAt(json, 'name')
  if (written === undefined) throw new Fault(path, `"name" is missing.`)
  const name = qualified(written, textAt(json, 'namespace') ?? namespace)
  if (/^\.+$/.test(name.fullName)) throw new Fault(below(path, 'name'), 'A name is more than dots.')
  if (isPrimitive(name.fullName)) throw new Fault(below(path, 'name'), `A type cannot be named ${show(name.fullName)}.`)
  return name
}

function named(
  json: Json,
  { name, fullName, namespace }: Name,
  path: SchemaPath,
): Pick<NamedNode, 'name' | 'fullName' | 'aliases'> {
  const full = (alias: Name) =>
    alias.namespace === undefined && namespace !== undefined ? `.${alias.name}` : alias.fullName
  return { name, fullName, aliases: new Set(aliasesOf(json, path).map((alias) => full(qualified(alias, namespace)))) }
}

function aliasesOf(json: unknown, path: SchemaPath): readonly string[] {
  const aliases = own(json, 'aliases') ?? []
  if (own(json, 'aliases') === null || !Array.isArray(aliases) || aliases.some((alias) => typeof alias !== 'string'))
    throw new Fault(below(path, 'aliases'), 'Aliases are a list of names.')
  return [...new Set(aliases as string[])]
}

function enumOf(json: Json, namespace: string | undefined, path: SchemaPath): EnumNode {
  const name = nameOf(json, namespace, path)
  const symbols = own(json, 'symbols')
  if (!Array.isArray(symbols) || symbols.some((symbol) => typeof symbol !== 'string'))
    throw new Fault(path, 'An enum has a list of names, "symbols".')
  requireDistinct(symbols, below(path, 'symbols'), 'symbol')
  const fallback = textAt(json, 'default')
  if (fallback !== undefined && !symbols.includes(fallback))
    throw new Fault(below(path, 'default'), `The default ${show(fallback)} is none of the enum's symbols.`)
  return { kind: 'enum', path, json, ...named(json, name, path), symbols, default: fallback }
}

/** The longest array that Java can make. */
const mostBytes = 2 ** 31 - 9

function fixedOf(json: Json, namespace: string | undefined, path: SchemaPath): FixedNode {
  const name = nameOf(json, namespace, path)
  const size = own(json, 'size')
  if (!Number.isInteger(size) || (size as number) < 0 || (size as number) > mostBytes)
    throw new Fault(path, `A fixed has a "size" from 0 to ${mostBytes}.`)
  return { kind: 'fixed', path, json, ...named(json, name, path), size: size as number }
}

function requireDistinct(names: readonly string[], path: SchemaPath, what: string): void {
  const seen = new Set<string>()
  for (const [index, name] of names.entries()) {
    if (seen.has(name)) throw new Fault(below(path, index), `There are two of the ${what} ${show(name)}.`)
    seen.add(name)
  }
}

/** Short, whatever it is. */
const show = (json: unknown): string => {
  const text = typeof json === 'string' ? JSON.stringify(json) : String(json)
  return text.length > 100 ? `${text.slice(0, 99)}…` : text
}
