// Arbitrary Avro schemas, records outermost, with names that are each used once. Values come from avsc's own generator.
import fc from 'fast-check'
import type { AvroSchema } from '../../../app/record.ts'

type Draft = AvroSchema

const primitive = fc.constantFrom<Draft[]>('null', 'boolean', 'int', 'long', 'float', 'double', 'string', 'bytes')
const timestamp = fc.constant<Draft>({ type: 'long', logicalType: 'timestamp-millis' })
const symbols = fc.uniqueArray(fc.constantFrom('RED', 'GREEN', 'BLUE'), { minLength: 1 })
const enumeration = symbols.map<Draft>((each) => ({ type: 'enum', name: '', symbols: each }))
const fixed = fc.integer({ min: 0, max: 8 }).map<Draft>((size) => ({ type: 'fixed', name: '', size }))

const { schema } = fc.letrec<{ schema: Draft; branch: Draft }>((tie) => ({
  branch: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'avro' },
    fc.oneof(primitive, timestamp, enumeration, fixed),
    tie('schema').map((items): Draft => ({ type: 'array', items })),
    tie('schema').map((values): Draft => ({ type: 'map', values })),
    fc.array(tie('schema'), { maxLength: 4 }).map(recordOf),
  ),
  schema: fc.oneof(
    { maxDepth: 3, depthIdentifier: 'avro' },
    tie('branch'),
    fc.uniqueArray(tie('branch'), { minLength: 1, maxLength: 4, selector: branchName }).map((branches) => branches),
  ),
}))

/** Named types may be in a union several times, others once. */
function branchName(draft: Draft): unknown {
  if (typeof draft === 'string') return draft
  const type = 'type' in draft ? draft.type : draft
  return type === 'record' || type === 'enum' || type === 'fixed' ? draft : type
}

function recordOf(types: readonly Draft[]): Draft {
  return { type: 'record', name: '', fields: types.map((type, index) => ({ name: `f${index}`, type })) }
}

/** Gives every named type a name of its own. */
function name(draft: Draft, next: () => string): Draft {
  if (typeof draft === 'string') return draft
  if (Array.isArray(draft)) return draft.map((each) => name(each, next))
  return Object.fromEntries(
    Object.entries(draft).map(([key, value]) => {
      if (key === 'name') return [key, next()]
      if (key === 'items' || key === 'values') return [key, name(value as Draft, next)]
      if (key !== 'fields') return [key, value]
      const fields = value as readonly { readonly name: string; readonly type: Draft }[]
      return [key, fields.map((field) => ({ ...field, type: name(field.type, next) }))]
    }),
  ) as Draft
}

export const recordSchema: fc.Arbitrary<AvroSchema> = fc.array(schema, { minLength: 1, maxLength: 5 }).map((types) => {
  let count = 0
  return name(recordOf(types), () => `tests.Type${count++}`)
})
