// What holds of all findings over arbitrary schemas: silence means that it works, sameness has none, and nothing throws.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AvroSchema, RecordType } from '../../../../app/record.ts'
import { avroType, shapeOf, type Type } from '../../../../schemas/avro/avro.ts'
import { Codec } from '../../../../schemas/codec.ts'
import { compareSchemas } from '../../../../schemas/compatibility.ts'
import type { Found } from '../../../../schemas/gate/finding.ts'
import { httpFindings } from '../../../../schemas/gate/httpFindings.ts'
import { meaningFindings } from '../../../../schemas/gate/meaningFindings.ts'
import { runtimeFindings } from '../../../../schemas/gate/runtimeFindings.ts'
import { schemaFindings } from '../../../../schemas/gate/schemaFindings.ts'
import { shapeFindings } from '../../../../schemas/gate/shapeFindings.ts'
import type { VersionPair } from '../../../../schemas/gate/versionPair.ts'
import { recordSchema } from '../avroArbitrary.ts'
import { descent } from '../evolutionArbitrary.ts'
import { runs, slow } from '../runs.ts'
import { pairOf } from './pairs.ts'

const both = { directions: ['backward', 'forward'] } as const
const all = (pair: VersionPair): readonly Found[] => [
  ...schemaFindings(pair.older),
  ...schemaFindings(pair.newer),
  ...[runtimeFindings, shapeFindings, meaningFindings, httpFindings].flatMap((findings) => findings(pair)),
]

const parts = fc.constantFrom('', 'input', 'result')

test('of a schema and itself nothing is found', slow, () => {
  fc.assert(
    fc.property(recordSchema, parts, (schema, part) => {
      const copy = JSON.parse(JSON.stringify(schema))
      expect(all(pairOf(schema, copy, { ...both, part }))).toEqual([])
    }),
    runs(40),
  )
})

/** The value as the codec reads it from the bytes that it wrote. */
async function throughCodec(writer: AvroSchema, reader: AvroSchema, value: unknown): Promise<unknown> {
  const codec = new Codec({ registry: { schema: async () => writer, idOf: async () => 1 } })
  const written: RecordType = { name: 'R', schema: writer }
  return codec.decode((await codec.encoder('s', written))(value), { name: 'R', schema: reader })
}

/** Into a namespace of its own: what registries take, and avsc does not. */
const moved = (schema: AvroSchema): AvroSchema =>
  typeof schema === 'object' && 'type' in schema ? { ...schema, namespace: 'moved' } : schema

test(
  'where nothing is found that runs against it, what one wrote is read with the other, whatever its namespace',
  slow,
  async () => {
    await fc.assert(
      fc.asyncProperty(descent, fc.boolean(), async ({ reader, writer }, isMoved) => {
        const newer = isMoved ? moved(reader) : reader
        fc.pre(schemaFindings({ version: 1, schema: writer }).every(({ type }) => type === 'NOT_A_RECORD'))
        fc.pre(schemaFindings({ version: 2, schema: newer }).every(({ type }) => type === 'NOT_A_RECORD'))
        fc.pre(compareSchemas(newer, writer).compatible)
        fc.pre(runtimeFindings(pairOf(writer, newer)).every(({ type }) => type === 'NAMESPACE_MOVED'))
        const value = finite(() => avroType(writer).random())
        fc.pre(value !== undefined)
        expect(avroType(newer).isValid(await throughCodec(writer, newer, value))).toBe(true)
      }),
      runs(40),
    )
  },
)

/** What JavaScript has there: of a wrapped union its key, too. */
function sortOf(type: Type, value: unknown): string {
  const shape = shapeOf(type)
  if (value === null) return 'null'
  if (shape.kind === 'union' && shape.wrapped) return `wrapped ${Object.keys(value as object)}`
  if (Buffer.isBuffer(value)) return 'bytes'
  if (value instanceof Date) return 'date'
  return Array.isArray(value) ? 'array' : typeof value
}

/** The type of the value itself, and what a wrapped one holds. */
function unwrapped(type: Type, value: unknown): readonly [Type, unknown] {
  const shape = shapeOf(type)
  if (shape.kind !== 'union' || value === null) return [type, value]
  const key = shape.wrapped ? Object.keys(value as object)[0] : undefined
  const branch = shape.branches.find((each) => (shape.wrapped ? each.name === key : each.type.isValid(value)))!
  return [branch.type, shape.wrapped ? (value as Record<string, unknown>)[branch.name] : value]
}

/** Where the values that two readers have of the same bytes are of other sorts, though both have the place. */
function differences(one: Type, other: Type, before: unknown, now: unknown, at = ''): readonly string[] {
  const [was, is] = [sortOf(one, before), sortOf(other, now)]
  if (was !== is) return [`${at}: ${was}, now ${is}`]
  const [[a, x], [b, y]] = [unwrapped(one, before), unwrapped(other, now)]
  const [shape, next] = [shapeOf(a), shapeOf(b)]
  if (shape.kind === 'array' && next.kind === 'array')
    return (x as unknown[]).flatMap((each, i) =>
      differences(shape.items, next.items, each, (y as unknown[])[i], `${at}/${i}`),
    )
  if (shape.kind !== 'record' || next.kind !== 'record') return []
  return shape.fields.flatMap(({ name, type }) => {
    const field = next.fields.find((each) => each.name === name)
    const [held, holds] = [x as Record<string, unknown>, y as Record<string, unknown>]
    return field ? differences(type, field.type, held[name], holds[name], `${at}/${name}`) : []
  })
}

test('where no shape is found to have changed, handlers get values of the same sorts from the same bytes', slow, () => {
  fc.assert(
    fc.property(descent, ({ reader, writer }) => {
      fc.pre([writer, reader].every((schema) => schemaFindings({ version: 1, schema }).length === 0))
      fc.pre(compareSchemas(reader, writer).compatible)
      const pair = pairOf(writer, reader)
      fc.pre(runtimeFindings(pair).length === 0 && shapeFindings(pair).length === 0)
      const [older, newer] = [avroType(writer), avroType(reader)]
      const value = finite(() => older.random())
      fc.pre(value !== undefined)
      const bytes = older.toBuffer(value)
      const now = newer.fromBuffer(bytes, newer.createResolver(older))
      expect(differences(older, newer, older.fromBuffer(bytes), now)).toEqual([])
    }),
    runs(25),
  )
})

/** Nothing of a record that holds itself, of which no value ends. */
function finite(random: () => unknown): unknown {
  try {
    return random()
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

describe('nothing throws, and every finding is whole', () => {
  const check = (older: unknown, newer: unknown, part: string): void => {
    for (const { type, at, message, hint } of all(pairOf(older, newer, { ...both, part }))) {
      expect(type).toMatch(/^[A-Z]+(_[A-Z]+)*$/)
      expect(at).toMatch(/^\//)
      expect(message).toMatch(/^.*v[12].*\.$/s)
      expect(hint).toMatch(/\.$/)
    }
  }

  test('over two schemas of one descent', slow, () => {
    fc.assert(
      fc.property(descent, parts, ({ reader, writer }, part) => check(writer, reader, part)),
      runs(40),
    )
  })

  test('over two schemas that have nothing in common', slow, () => {
    fc.assert(fc.property(recordSchema, recordSchema, parts, check), runs(40))
  })

  const words = ['type', 'record', 'enum', 'fixed', 'array', 'map', 'name', 'fields', 'items', 'values', 'symbols']
  const more = [
    'size',
    'default',
    'aliases',
    'namespace',
    'null',
    'int',
    'logicalType',
    'decimal',
    'R',
    '',
    '__proto__',
  ]
  const word = fc.constantFrom(...words, ...more)
  const { json } = fc.letrec((tie) => ({
    json: fc.oneof(
      { maxDepth: 4 },
      word,
      fc.jsonValue(),
      fc.array(tie('json'), { maxLength: 3 }),
      fc.dictionary(word, tie('json'), { maxKeys: 5 }),
    ),
  }))

  test('over any JSON', slow, () => {
    fc.assert(fc.property(json, json, parts, check), runs(300))
  })

  test('over schemas of thousands of levels, and over such as hold themselves in every way', () => {
    let deep: unknown = 'int'
    for (let level = 0; level < 5_000; level++) deep = { type: 'array', items: [deep, 'null'] }
    check(
      { type: 'record', name: 'R', fields: [{ name: 'a', type: deep }] },
      { type: 'record', name: 'R', fields: [] },
      'input',
    )
    const selves = (...names: readonly string[]) => ({
      type: 'record',
      name: 'R',
      fields: names.map((name) => ({
        name,
        type: ['null', 'R', { type: 'array', items: 'R' }, { type: 'map', values: ['R', 'int'] }],
      })),
    })
    check(selves('a', 'b'), selves('b', 'c'), 'result')
  })
})
