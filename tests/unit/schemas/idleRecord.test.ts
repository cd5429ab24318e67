// A record that makes its reader and writer late reads and writes what one does that made them at once.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { AvroSchema } from '../../../app/record.ts'
import { compile, type Type } from '../../../schemas/avro/avro.ts'
import { recordSchema } from './avroArbitrary.ts'
import { runs, slow } from './runs.ts'

const typeOf = (schema: AvroSchema, isIdle: boolean): Type | undefined => {
  const compiled = compile(schema, new Set(), { isIdle })
  return compiled.kind === 'compiled' ? compiled.type : undefined
}

/** Nothing where no value ends: of a record that holds itself. */
function bytesOf(type: Type): Buffer | undefined {
  try {
    return type.toBuffer(type.random())
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

test('an idle type takes the same schemas, and their values to and from the same bytes', slow, () => {
  fc.assert(
    fc.property(recordSchema, (schema) => {
      const [idle, eager] = [typeOf(schema, true), typeOf(schema, false)]
      expect(idle === undefined).toBe(eager === undefined)
      const bytes = eager && bytesOf(eager)
      fc.pre(bytes !== undefined)
      const value = idle!.fromBuffer(bytes!)
      expect(value).toEqual(eager!.fromBuffer(bytes!))
      expect(idle!.isValid(value)).toBe(true)
      expect(idle!.toBuffer(value)).toEqual(bytes)
      expect(idle!.createResolver(eager!)).toBeDefined()
    }),
    runs(50),
  )
})

test('defaults within defaults are checked, and filled in, all the same', () => {
  const inner = { type: 'record', name: 'I', fields: [{ name: 'a', type: 'int', default: 1 }] }
  const outer = (value: unknown) => ({
    type: 'record',
    name: 'O',
    fields: [{ name: 'i', type: inner, default: value }],
  })
  expect(typeOf(outer({}), true)!.fromBuffer(typeOf(outer({}), true)!.toBuffer({}))).toEqual({ i: { a: 1 } })
  expect(typeOf(outer({ a: 'no' }), true)).toBeUndefined()
})
