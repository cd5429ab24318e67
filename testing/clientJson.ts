// What a test submits, as a client would send it: each part has its JSON form where it has one, and is left as it is where it
// has none or the schema does not know it, for the validation to name that place and no other.
import type { AvroSchema } from '../app/record.ts'
import { avroType, type Field, type Shape, shapeOf, type Type } from '../schemas/avro/avro.ts'
import { branchOf, formOf } from '../schemas/json/json.ts'

type Values = Readonly<Record<string, unknown>>
type Union = Extract<Shape, { kind: 'union' }>

/** More than the validation follows; a value that holds itself has no end. */
const maxDepth = 200

export const clientJson = (schema: AvroSchema, value: unknown): unknown => formed(avroType(schema), value, 0)

function formed(type: Type, value: unknown, depth: number): unknown {
  const shape = shapeOf(type)
  if (depth > maxDepth) return value
  const within = (each: Type, part: unknown): unknown => formed(each, part, depth + 1)
  switch (shape.kind) {
    case 'record':
      return isObject(value) ? recordForm(shape.fields, value, within) : value
    case 'map':
      return isObject(value) ? mapped(value, (_, each) => within(shape.values, each)) : value
    case 'array':
      return Array.isArray(value) ? value.map((item) => within(shape.items, item)) : value
    case 'union':
      return unionForm(shape, value, within)
    default:
      return scalarForm(type, value)
  }
}

type Within = (type: Type, part: unknown) => unknown

function recordForm(fields: readonly Field[], value: Values, within: Within): Values {
  const types = new Map(fields.map(({ name, type }) => [name, type]))
  return mapped(value, (name, part) => (types.has(name) ? within(types.get(name)!, part) : part))
}

function unionForm({ branches, wrapped, wrappedInJson }: Union, value: unknown, within: Within): unknown {
  if (value === null) return null
  if (wrapped) {
    if (!isObject(value)) return value
    return mapped(value, (name, part) => {
      const branch = branches.find((each) => each.name === name)
      return branch ? within(branch.type, part) : part
    })
  }
  const branch = branchOf({ branches }, value)
  if (!branch) return value
  const form = within(branch.type, value)
  return wrappedInJson ? { [branch.name]: form } : form
}

function scalarForm(type: Type, value: unknown): unknown {
  try {
    return formOf(type, value)
  } catch {
    return value // such as a Date that is none
  }
}

/** JSON has no undefined: what is left out is left out. */
const mapped = (value: Values, form: (name: string, part: unknown) => unknown): Values =>
  Object.fromEntries(
    Object.entries(value)
      .filter(([, part]) => part !== undefined)
      .map(([name, part]) => [name, form(name, part)]),
  )

const isObject = (value: unknown): value is Values =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
