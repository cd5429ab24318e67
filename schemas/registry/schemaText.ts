// The one text of a schema, which a registry is given and asked with. Apicurio takes a schema whose properties are written in
// another order for a new version, with an id of its own. Here the known ones come in the order in which Java Avro writes
// them, and all others after them by name; lists and defaults are left as they are, for there the order means something.
import type { AvroSchema } from '../../app/record.ts'
import { isObject, type Json } from '../compatibility/schemaGraph.ts'

const ofTypes = [
  'type',
  'name',
  'namespace',
  'doc',
  'fields',
  'symbols',
  'items',
  'values',
  'size',
  'default',
  'aliases',
]
const ofFields = ['name', 'type', 'doc', 'default', 'order', 'aliases']

/** The same text for the same schema, however its file orders and spaces it. */
export const schemaText = (schema: AvroSchema): string => JSON.stringify(ordered(schema))

function ordered(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(ordered)
  if (!isObject(schema)) return schema
  return inOrder(schema, ofTypes, (key, value) => {
    if (key === 'fields' && Array.isArray(value)) return value.map(orderedField)
    return key === 'type' || key === 'items' || key === 'values' ? ordered(value) : value
  })
}

const orderedField = (field: unknown): unknown =>
  isObject(field) ? inOrder(field, ofFields, (key, value) => (key === 'type' ? ordered(value) : value)) : field

function inOrder(json: Json, known: readonly string[], of: (key: string, value: unknown) => unknown): object {
  const others = Object.keys(json).filter((key) => !known.includes(key))
  const keys = [...known.filter((key) => Object.hasOwn(json, key)), ...others.sort()]
  return Object.fromEntries(keys.map((key) => [key, of(key, json[key])]))
}
