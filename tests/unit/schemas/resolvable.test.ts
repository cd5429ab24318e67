// avsc is asked whether it resolves two schemas without being made to: the answer is the one that it would give.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { AvroSchema } from '../../../app/record.ts'
import { avroType } from '../../../schemas/avro.ts'
import { resolverOf } from '../../../schemas/bodyReader.ts'
import { descent } from './evolutionArbitrary.ts'

/** avsc shows whole types, and trips over what is no record ("reading 'map'"). */
const told = [/ambiguous aliasing for [\w.]+/, /no matching field/, /no alias/, /cannot read/i]

const answerOf = (reader: AvroSchema, writer: AvroSchema, isTrial: boolean): string => {
  try {
    resolverOf(avroType(reader), avroType(writer), { isTrial })
    return 'resolves'
  } catch (error) {
    return told.find((pattern) => pattern.test(String(error)))?.source ?? String(error)
  }
}

test('a trial answers what a resolver that reads would have answered', () => {
  let refused = 0
  fc.assert(
    fc.property(descent, ({ reader, writer }) => {
      const answer = answerOf(reader, writer, false)
      if (answer !== 'resolves') refused++
      expect(answerOf(reader, writer, true)).toBe(answer)
    }),
    { numRuns: 300 },
  )
  expect(refused).toBeGreaterThan(0)
})

const record = (...fields: readonly object[]) => ({ type: 'record', name: 'n.R', fields })
const field = (name: string, more: object = {}) => ({ name, type: 'string', ...more })

test.each([
  ['an ambiguous alias', record(field('c', { aliases: ['a', 'b'] })), record(field('a'), field('b')), 'ambiguous'],
  ['a field without a default', record(field('a'), field('b')), record(field('a')), 'no matching field'],
  ['another name', { ...record(), name: 'n.S' }, record(), 'no alias'],
  ['another kind', record(), 'int', 'cannot read'],
])('%s is refused', (_what, reader, writer, answer) => {
  expect(answerOf(reader, writer, true)).toContain(answer)
})
