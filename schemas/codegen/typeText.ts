// TypeScript for values of an Avro type, as avroTypes.ts and avsc have them; json.ts has the same table for JSON.
//
//   Avro                                       TypeScript
//   null, boolean, string                      null, boolean, string
//   int, long, float, double                   number
//   {"type": "long", "typescript": "bigint"}   bigint
//   timestamp-millis, timestamp-micros         Date
//   decimal                                    string, such as '12.30'
//   bytes, fixed                               Buffer
//   enum                                       'a' | 'b', under its own name
//   record                                     an object type, under its own name
//   array, map                                 readonly T[], { readonly [key: string]: T }
//   union                                      A | B; where JavaScript cannot tell the branches apart
//                                              { readonly <branch>: A } | …
//
// A value that was read has all its fields. One that is to be written may leave out those that have a default: where that
// makes a difference a record has a second type, `<name>Init`.
import { type Branch, type Field, type Shape, shapeOf, type Type } from '../avro/avro.ts'

export type Named = Extract<Shape, { kind: 'record' | 'enum' }>
type RecordShape = Extract<Shape, { kind: 'record' }>

/** `orders.order_line` is `Order_line`: an Avro name is an identifier, and no word of the language has a capital. */
export const typeName = (full: string): string => {
  const name = full.slice(full.lastIndexOf('.') + 1)
  return name.charAt(0).toUpperCase() + name.slice(1)
}

export const initName = (full: string): string => `${typeName(full)}Init`

/** The types within one. */
export const children = (shape: Shape): readonly Type[] => {
  if (shape.kind === 'record') return shape.fields.map((field) => field.type)
  if (shape.kind === 'union') return shape.branches.map((branch) => branch.type)
  if (shape.kind === 'array') return [shape.items]
  return shape.kind === 'map' ? [shape.values] : []
}

/** Whether a value to be written may be less than one that was read: some field in it has a default, however deep. */
export function hasInit(type: Type): boolean {
  const seen = new Set<Type>()
  const open = [type]
  for (let each = open.pop(); each !== undefined; each = open.pop()) {
    if (seen.has(each)) continue
    seen.add(each)
    const shape = shapeOf(each)
    if (shape.kind === 'record' && shape.fields.some(({ defaultValue }) => defaultValue !== undefined)) return true
    open.push(...children(shape))
  }
  return false
}

/** `export type Landed = …`, with its docs. */
export function declaration(shape: Named): readonly string[] {
  const doc = docComment(shape.doc)
  const name = typeName(shape.name)
  if (shape.kind === 'enum') return [...doc, `export type ${name} = ${shape.symbols.map(quoted).join(' | ')}`]
  if (shape.fields.length === 0) return [...doc, `export type ${name} = object`]
  return [...doc, `export type ${name} = {`, ...shape.fields.flatMap((field) => fieldLines(field, 'read')), '}']
}

/** `export type LandedInit = …`. */
export const initDeclaration = ({ name, fields }: RecordShape): readonly string[] => [
  `/** A ${typeName(name)} that is to be written: what has a default may be left out. */`,
  `export type ${initName(name)} = {`,
  ...fields.flatMap((field) => fieldLines(field, 'written')),
  '}',
]

type Way = 'read' | 'written'

function fieldLines({ name, type, doc, defaultValue }: Field, way: Way): readonly string[] {
  const mark = way === 'written' && defaultValue ? '?' : ''
  return [...docComment(doc), `readonly ${name}${mark}: ${typeText(type, way)}`].map((line) => `  ${line}`)
}

/** What a value of the type is called in TypeScript. */
export function typeText(type: Type, way: Way = 'read'): string {
  const shape = shapeOf(type)
  switch (shape.kind) {
    case 'null':
    case 'boolean':
    case 'string':
    case 'bigint':
      return shape.kind
    case 'timestamp-millis':
    case 'timestamp-micros':
      return 'Date'
    case 'decimal':
      return 'string'
    case 'bytes':
    case 'fixed':
      return 'Buffer'
    case 'enum':
      return typeName(shape.name)
    case 'record':
      return way === 'written' && hasInit(type) ? initName(shape.name) : typeName(shape.name)
    case 'array':
      return `readonly ${inArray(shape.items, way)}[]`
    case 'map':
      return `{ readonly [key: string]: ${typeText(shape.values, way)} }`
    case 'union':
      return shape.branches.map((branch) => branchText(branch, shape.wrapped, way)).join(' | ')
    default:
      return 'number'
  }
}

const branchText = ({ name, type }: Branch, wrapped: boolean, way: Way): string =>
  wrapped && name !== 'null'
    ? `{ readonly ${name.includes('.') ? quoted(name) : name}: ${typeText(type, way)} }`
    : typeText(type, way)

const inArray = (items: Type, way: Way): string => {
  const { kind } = shapeOf(items)
  return kind === 'union' || kind === 'array' ? `(${typeText(items, way)})` : typeText(items, way)
}

export const quoted = (text: string): string => `'${text}'`

const docComment = (doc: string | undefined): readonly string[] => {
  if (doc === undefined || doc.trim() === '') return []
  const lines = doc.trim().replaceAll('*/', '*\\/').split(/\r?\n/)
  return lines.length === 1 ? [`/** ${lines[0]} */`] : ['/**', ...lines.map((line) => ` * ${line}`.trimEnd()), ' */']
}
