// A value that a record's schema accepts, in its JSON form: what a person can paste to try a request out. A field's own
// `example` attribute (Avro allows any) says it best; else its default, else the least value of its type.
import type { AvroSchema } from '../app/record.ts'

type Named = ReadonlyMap<string, AvroSchema>

/** The sample's JSON. Recursive types end at null, or at an empty list. */
export function sampleOf(schema: AvroSchema): unknown {
  return sample(schema, new Map(), 0)
}

const least: Readonly<Record<string, unknown>> = {
  null: null,
  boolean: false,
  int: 0,
  long: 0,
  float: 0,
  double: 0,
  bytes: '',
  string: 'text',
  array: [],
  map: {},
}

function sample(schema: AvroSchema, named: Named, depth: number): unknown {
  if (typeof schema === 'string') return schema in least ? least[schema] : sampleOfName(schema, named, depth)
  if (isUnion(schema)) return sample(schema[0] ?? 'null', named, depth)
  const known = typeof schema.name === 'string' ? new Map([...named, [schema.name, schema]]) : named
  switch (schema.type) {
    case 'record':
      return Object.fromEntries(
        (schema.fields as readonly FieldJson[]).map((field) => [field.name, fieldSample(field, known, depth)]),
      )
    case 'enum':
      return (schema.symbols as readonly string[])[0]
    case 'fixed':
      return Buffer.alloc(Number(schema.size)).toString('base64')
    default:
      return sample(schema.type as AvroSchema, known, depth)
  }
}

type FieldJson = {
  readonly name: string
  readonly type: AvroSchema
  readonly example?: unknown
  readonly default?: unknown
}

function fieldSample({ type, example, default: byDefault }: FieldJson, named: Named, depth: number): unknown {
  return example ?? byDefault ?? sample(type, named, depth + 1)
}

const sampleOfName = (name: string, named: Named, depth: number): unknown => {
  const schema = named.get(name) ?? named.get(name.slice(name.lastIndexOf('.') + 1))
  return schema === undefined || depth > 5 ? null : sample(schema, named, depth + 1)
}

const isUnion = (schema: AvroSchema): schema is readonly AvroSchema[] => Array.isArray(schema)
