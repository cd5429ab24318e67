// The schema of a record that is only read. What a writer's fields have for defaults, resolution does not look at, and Java lets
// them be anything: here they decide nothing either (I4).
import type { AvroSchema } from '../../app/record.ts'
import { avroType } from './avro.ts'

/** The schema itself, or, where it is not valid Avro, the same without any default. Throws where it is nested without end. */
export function writerSchema(schema: AvroSchema): AvroSchema {
  try {
    avroType(schema)
    return schema
  } catch {
    return lessDefaults(schema) as AvroSchema
  }
}

type Json = Readonly<Record<string, unknown>>

function lessDefaults(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(lessDefaults)
  if (typeof schema !== 'object' || schema === null) return schema
  const { fields, items, type, values } = schema as Json
  return {
    ...schema,
    ...(Array.isArray(fields) ? { fields: fields.map(lessDefault) } : {}),
    ...(items === undefined ? {} : { items: lessDefaults(items) }),
    ...(typeof type === 'object' ? { type: lessDefaults(type) } : {}),
    ...(values === undefined ? {} : { values: lessDefaults(values) }),
  }
}

function lessDefault(field: unknown): unknown {
  const { default: _, type, ...rest } = Object(field) as Json
  return { ...rest, type: lessDefaults(type) }
}
