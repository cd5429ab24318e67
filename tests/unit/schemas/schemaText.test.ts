// The one text that a registry gets of a schema.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { schemaText } from '../../../schemas/registry/schemaText.ts'

const flight = {
  type: 'record',
  name: 'Flight',
  namespace: 'flights',
  doc: 'One.',
  fields: [
    { name: 'origin', type: 'string', doc: 'IATA.', example: 'ORD' },
    { name: 'gate', type: ['null', { type: 'enum', name: 'Gate', symbols: ['B', 'A'] }], default: null },
    { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis', typescript: 'bigint' } },
    { name: 'tags', type: { type: 'map', values: { type: 'array', items: 'string' } }, default: { z: [], a: [] } },
  ],
  aliases: ['Landed'],
}

test('a schema that is written as Avro writes it is sent as it is written', () => {
  expect(schemaText(flight)).toBe(JSON.stringify(flight))
})

/** The same JSON with the properties of each schema and field in another order; defaults are values, and stay. */
function shuffled(json: unknown, next: () => number): unknown {
  if (Array.isArray(json)) return json.map((each) => shuffled(each, next))
  if (typeof json !== 'object' || json === null) return json
  const entries = Object.entries(json).map(([key, value]): [string, unknown] => [
    key,
    key === 'default' ? value : shuffled(value, next),
  ])
  return Object.fromEntries(
    entries
      .map((entry) => ({ entry, place: next() }))
      .sort((one, other) => one.place - other.place)
      .map(({ entry }) => entry),
  )
}

test('in whatever order its properties are written, it has one text, and that is the same schema', () => {
  fc.assert(
    fc.property(fc.infiniteStream(fc.double({ noNaN: true })), (places) => {
      const next = (): number => places.next().value
      const other = shuffled(flight, next)
      expect(schemaText(other as typeof flight)).toBe(schemaText(flight))
      expect(JSON.parse(schemaText(other as typeof flight))).toEqual(flight)
    }),
  )
})

test('a name alone is its own text', () => {
  expect([schemaText('string'), schemaText(['null', 'a.B'])]).toEqual(['"string"', '["null","a.B"]'])
})
