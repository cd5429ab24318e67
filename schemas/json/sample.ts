// A value that a record's schema accepts, in its JSON form: what a person can paste to try a request out. A field's own
// `example` attribute (Avro allows any) says it best; else its default, else the least value of its type.
import type { AvroSchema } from '../../app/record.ts'
import { avroType, type Shape, shapeOf, type Type } from '../avro/avro.ts'
import { decimalOf } from '../avro/decimal.ts'
import { formOf } from './json.ts'

type RecordShape = Extract<Shape, { kind: 'record' }>
type FieldJson = { readonly type: AvroSchema; readonly example?: unknown }

/** The sample's JSON. Recursive types end at null, or at an empty list. */
export function sampleOf(schema: AvroSchema): unknown {
  return sample(avroType(schema), schema, new Map(), 0)
}

const maxDepth = 5
/** Nobody pastes more. */
const maxFixedBytes = 10_000

/** `schema` is how the type is written here: as it is defined, or by its name. */
function sample(type: Type, schema: AvroSchema, written: Map<Type, AvroSchema>, depth: number): unknown {
  const shape = shapeOf(type)
  switch (shape.kind) {
    case 'record':
      return recordSample(type, shape, schema, written, depth)
    case 'union': {
      const [first] = shape.branches
      const value = sample(first!.type, (schema as readonly AvroSchema[])[0]!, written, depth)
      return shape.wrappedInJson && first!.name !== 'null' ? { [first!.name]: value } : value
    }
    case 'enum':
      return shape.symbols[0]
    case 'fixed':
      return shape.size > maxFixedBytes ? '' : Buffer.alloc(shape.size).toString('base64')
    case 'decimal':
      return decimalOf(Buffer.alloc(1), shape.scale)
    default:
      return least[shape.kind]
  }
}

const least = {
  null: null,
  boolean: false,
  int: 0,
  long: 0,
  bigint: '0',
  float: 0,
  double: 0,
  bytes: '',
  string: 'text',
  'timestamp-millis': '1970-01-01T00:00:00.000Z',
  'timestamp-micros': '1970-01-01T00:00:00.000Z',
  array: [],
  map: {},
} as const

function recordSample(
  type: Type,
  { fields }: RecordShape,
  schema: AvroSchema,
  written: Map<Type, AvroSchema>,
  depth: number,
): unknown {
  if (depth > maxDepth) return null
  if (typeof schema !== 'string') written.set(type, schema)
  const { fields: all } = written.get(type) as unknown as { readonly fields: readonly FieldJson[] }
  return Object.fromEntries(
    fields.map((field, index) => {
      const { type: each, example } = all[index]!
      const byDefault = field.defaultValue && formOf(field.type, field.defaultValue())
      return [field.name, example ?? byDefault ?? sample(field.type, each, written, depth + 1)]
    }),
  )
}
