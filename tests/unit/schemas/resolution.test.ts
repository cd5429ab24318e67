import { describe, expect, test } from 'vitest'
import type { AvroSchema } from '../../../app/record.ts'
import { avroType } from '../../../schemas/avro/avro.ts'
import { schemaFindings } from '../../../schemas/gate/schemaFindings.ts'

const record = (type: unknown): AvroSchema => ({ type: 'record', name: 'R', fields: [{ name: 'a', type }] })

function read(written: unknown, value: unknown, as: unknown): unknown {
  const [writer, reader] = [avroType(record(written)), avroType(record(as))]
  const { a } = reader.fromBuffer(writer.toBuffer({ a: value }), reader.createResolver(writer)) as { a: unknown }
  return a
}

describe('a union reads with the branch that was written, as Java does, before one that it could be promoted to', () => {
  test.each([
    ['a number alone', 'int', 7, ['double', 'int'], { int: 7 }],
    ['a number of a union', ['null', 'int'], 7, ['null', 'double', 'int'], { int: 7 }],
    ['text', 'string', 'text', ['null', 'bytes', 'string'], 'text'],
    ['the nearest that there is', 'int', 7, ['null', 'double', 'float'], { double: 7 }],
  ])('%s', (_, written, value, as, wanted) => {
    expect(read(written, value, as)).toEqual(wanted)
  })

  test('a record of its full name', () => {
    const named = (name: string) => ({ type: 'record', name, fields: [{ name: 'x', type: 'int' }], aliases: ['b.X'] })
    expect(read(named('b.X'), { x: 1 }, [named('a.X'), named('b.X')])).toEqual({ 'b.X': { x: 1 } })
  })
})

test('a pair of records that cannot be resolved is tried once, however often it is met', () => {
  const names = (level: number) => [`P${level}`, `Q${level}`]
  const reading = (level: number): readonly unknown[] =>
    level === 60
      ? ['int']
      : names(level).map((name, index) => reader(level, name, index === 0 ? reading(level + 1) : names(level + 1)))
  const reader = (level: number, name: string, type: unknown) => ({
    type: 'record',
    name,
    aliases: [`W${level}`],
    fields: [{ name: 'a', type: level === 59 ? 'int' : type }],
  })
  const writing = (level: number): unknown =>
    level === 60 ? 'string' : { type: 'record', name: `W${level}`, fields: [{ name: 'a', type: writing(level + 1) }] }
  const [reads, writes] = [avroType(record(reading(0))), avroType(record(writing(0)))]
  expect(() => reads.createResolver(writes)).toThrow(/cannot read/)
})

test.each([
  [{ type: 'long', logicalType: 'timestamp-millis' }, 3, new Date(3)],
  [{ type: 'long', logicalType: 'timestamp-micros' }, 3_000, new Date(3)],
  [{ type: 'bytes', logicalType: 'decimal', precision: 4, scale: 2 }, '\u0004\u00ce', '12.30'],
  [{ type: 'long', typescript: 'bigint' }, 5, 5n],
  ['bytes', '\u00ff', Buffer.from([0xff])],
  [['int', 'double'], 5, { int: 5 }],
])('a default of %j is filled in within the default of its record', (type, byDefault, value) => {
  const inner = { type: 'record', name: 'N', fields: [{ name: 't', type, default: byDefault }] }
  const holding = (given: unknown) =>
    avroType({ type: 'record', name: 'R', fields: [{ name: 'a', type: inner, default: given }] })
  for (const given of [{}, { t: byDefault }]) expect(holding(given).clone({})).toEqual({ a: { t: value } })
  expect(schemaFindings({ version: 1, schema: holding({}).schema({ exportAttrs: true }) })).toEqual([])
})
