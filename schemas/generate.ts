// TypeScript from Avro: per record a type and a value of the same name, so that a wrong schema is a compile error.
//
//   Avro                                   TypeScript
//   null, boolean, string                  null, boolean, string
//   int, long, float, double               number (also with a logical type)
//   bytes, fixed                           Buffer
//   enum                                   'a' | 'b', under its own name
//   record                                 an object type, under its own name
//   array, map                             readonly T[], { readonly [key: string]: T }
//   union                                  A | B; where avsc cannot tell the branches apart { readonly <branch>: A } | …
//
// These are values as decoded, so a field with a default is required.
import { ErrandError } from '../app/errors.ts'
import type { AvroSchema } from '../app/record.ts'
import { avroType, type Field, type Shape, shapeOf, type Type } from './avro.ts'

/** A record's schema and the file to name in errors. */
export type Source = { readonly path: string; readonly schema: AvroSchema }

type Named = Extract<Shape, { kind: 'record' | 'enum' }>
type Declared = { readonly path: string; readonly type: Type; readonly shape: Named }

const maxColumns = 120

/**
 * The text of `generated.ts`; the same sources give the same text. `recordTypeFrom` is the module that `RecordType` is
 * imported from. Throws `schema-conflict` where one TypeScript name would mean two things.
 */
export function generateTypes(sources: readonly Source[], { recordTypeFrom = 'errand' } = {}): string {
  const declared = new Map<string, Declared>()
  for (const { path, schema } of sources) declareNamed(avroType(schema), path, declared)
  const values = new Map(sources.map(({ schema }) => [avroType(schema).name ?? '', schema]))
  return [
    '// Written by `errand schemas generate` from the .avsc files in this folder. Do not edit.',
    `import type { RecordType } from '${recordTypeFrom}'`,
    ...[...declared].flatMap(([name, { shape }]) => [
      '',
      ...declaration(name, shape),
      ...(values.has(shape.name) ? ['', ...constant(name, shape.name, values.get(shape.name))] : []),
    ]),
    '',
  ].join('\n')
}

/** Adds every named record and enum under its TypeScript name, outermost first. */
function declareNamed(type: Type, path: string, declared: Map<string, Declared>): void {
  const shape = shapeOf(type)
  if (shape.kind === 'record' || shape.kind === 'enum') {
    const name = typeName(shape.name)
    const other = declared.get(name)
    if (other?.type === type) return
    if (other || name === 'Buffer' || name === 'RecordType') {
      if (other && JSON.stringify(other.type) === JSON.stringify(type)) return
      throw conflict(name, shape.name, path, other)
    }
    declared.set(name, { path, type, shape })
  }
  for (const each of children(shape)) declareNamed(each, path, declared)
}

function conflict(name: string, full: string, path: string, other: Declared | undefined): ErrandError {
  const taken = other ? `the different ${other.shape.name} of ${other.path}` : 'a name that generated.ts needs itself'
  return new ErrandError('schema-conflict', `${path}: ${full} would be called ${name}, like ${taken}; rename one`)
}

const children = (shape: Shape): readonly Type[] => {
  if (shape.kind === 'record') return shape.fields.map((field) => field.type)
  if (shape.kind === 'union') return shape.branches.map((branch) => branch.type)
  if (shape.kind === 'array') return [shape.items]
  return shape.kind === 'map' ? [shape.values] : []
}

/** `orders.order_line` is `Order_line`: an Avro name is an identifier, and no word of the language has a capital. */
const typeName = (full: string): string => {
  const name = full.slice(full.lastIndexOf('.') + 1)
  return name.charAt(0).toUpperCase() + name.slice(1)
}

function declaration(name: string, shape: Named): readonly string[] {
  const doc = docComment(shape.doc)
  if (shape.kind === 'enum') return [...doc, `export type ${name} = ${shape.symbols.map(quoted).join(' | ')}`]
  if (shape.fields.length === 0) return [...doc, `export type ${name} = Readonly<Record<never, never>>`]
  return [...doc, `export type ${name} = {`, ...shape.fields.flatMap(fieldLines), '}']
}

const fieldLines = ({ name, type, doc }: Field): readonly string[] =>
  [...docComment(doc), `readonly ${name}: ${typeText(type)}`].map((line) => `  ${line}`)

/** The type of the values that are decoded. */
export function typeText(type: Type): string {
  const shape = shapeOf(type)
  switch (shape.kind) {
    case 'null':
    case 'boolean':
    case 'string':
      return shape.kind
    case 'bytes':
    case 'fixed':
      return 'Buffer'
    case 'record':
    case 'enum':
      return typeName(shape.name)
    case 'array':
      return `readonly ${inArray(shape.items)}[]`
    case 'map':
      return `{ readonly [key: string]: ${typeText(shape.values)} }`
    case 'union':
      return shape.branches.map((branch) => branchText(branch, shape.wrapped)).join(' | ')
    default:
      return 'number'
  }
}

const branchText = ({ name, type }: { readonly name: string; readonly type: Type }, wrapped: boolean): string =>
  wrapped && name !== 'null'
    ? `{ readonly ${name.includes('.') ? quoted(name) : name}: ${typeText(type)} }`
    : typeText(type)

const inArray = (items: Type): string => {
  const { kind } = shapeOf(items)
  return kind === 'union' || kind === 'array' ? `(${typeText(items)})` : typeText(items)
}

const constant = (name: string, full: string, schema: unknown): readonly string[] => [
  `export const ${name}: RecordType<${name}> = {`,
  `  name: ${quoted(full)},`,
  `  schema: ${literal(schema, '  ', '  schema: '.length)},`,
  '}',
]

/** JSON, on one line where it fits. */
function literal(value: unknown, indent: string, column: number): string {
  const line = inline(value)
  if (typeof value !== 'object' || value === null || column + line.length < maxColumns) return line
  const inner = `${indent}  `
  const entries = Object.entries(value).map(([key, each]) => {
    const name = Array.isArray(value) ? '' : `${JSON.stringify(key)}: `
    return `${inner}${name}${literal(each, inner, inner.length + name.length)},\n`
  })
  return `${Array.isArray(value) ? '[' : '{'}\n${entries.join('')}${indent}${Array.isArray(value) ? ']' : '}'}`
}

function inline(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(inline).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const entries = Object.entries(value).map(([key, each]) => `${JSON.stringify(key)}: ${inline(each)}`)
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`
}

const quoted = (text: string): string => `'${text}'`

const docComment = (doc: string | undefined): readonly string[] => {
  if (doc === undefined || doc.trim() === '') return []
  const lines = doc.trim().replaceAll('*/', '*\\/').split(/\r?\n/)
  return lines.length === 1 ? [`/** ${lines[0]} */`] : ['/**', ...lines.map((line) => ` * ${line}`.trimEnd()), ' */']
}
