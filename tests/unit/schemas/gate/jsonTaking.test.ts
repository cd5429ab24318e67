import { describe, expect, test } from 'vitest'
import type { AvroSchema } from '../../../../app/record.ts'
import { avroType, shapeOf } from '../../../../schemas/avro/avro.ts'
import { takingOf } from '../../../../schemas/gate/jsonTaking.ts'
import { parseJson, toJson } from '../../../../schemas/json/json.ts'

const decimal = (precision: number, scale: number) => ({ type: 'bytes', logicalType: 'decimal', precision, scale })
const texts = ['', 'a text', 'abcd', '12', 'RED', 'NaN', '2026-01-31T12:00:00.000Z']
const times = ['2026-01-31T12:00:00.000Z', '2026-01-31T12:00:00+02:00', 0, 1_700_000_000_000]
const colour = (...symbols: readonly string[]) => ({ type: 'enum', name: 'E', symbols })

/** Types, each with JSON that clients may send of it. */
const kinds: readonly (readonly [string, AvroSchema, readonly unknown[]])[] = [
  ['null', 'null', [null]],
  ['boolean', 'boolean', [true, false]],
  ['int', 'int', [0, -7, 2 ** 31 - 1]],
  ['long', 'long', [0, 2 ** 40]],
  ['bigint', { type: 'long', typescript: 'bigint' }, ['0', '1234', '9223372036854775807', 7]],
  ['float', 'float', [0, 1.5, 'NaN']],
  ['double', 'double', [1, 1.5, 1e300, 'Infinity']],
  ['timestamp-millis', { type: 'long', logicalType: 'timestamp-millis' }, times],
  ['timestamp-micros', { type: 'long', logicalType: 'timestamp-micros' }, times],
  ['string', 'string', texts],
  ['bytes', 'bytes', ['', 'abcd', 'AAA=']],
  ['fixed', { type: 'fixed', name: 'F', size: 3 }, ['abcd', 'AAAA']],
  ['another fixed', { type: 'fixed', name: 'F', size: 2 }, ['AAA=', 'abc=']],
  ['decimal', decimal(6, 2), ['1.25', '12', '1234']],
  ['shorter decimal', decimal(4, 1), ['1.2', '123.4']],
  ['enum', colour('RED', 'abcd'), ['RED', 'abcd']],
  ['array', { type: 'array', items: 'int' }, [[], [1]]],
  ['map', { type: 'map', values: 'int' }, [{}, { a: 1 }]],
  ['record', { type: 'record', name: 'R', fields: [{ name: 'a', type: 'int' }] }, [{ a: 1 }]],
]

describe('of the JSON of one kind another takes what is said', () => {
  const pairs = kinds.flatMap(([read, reader]) =>
    kinds.map(([written, writer, sent]) => [read, written, reader, writer, sent] as const),
  )
  test.each(pairs)('%s of %s', (_, __, reader, writer, sent) => {
    const taking = takingOf(shapeOf(avroType(reader)), shapeOf(avroType(writer)), true)
    const kept = sent.filter((json) => parseJson(writer, json).kind === 'valid')
    expect(kept.length).toBeGreaterThan(0)
    const taken = kept.filter((json) => parseJson(reader, json).kind === 'valid')
    if (taking === 'same' || taking === 'as text') expect(taken).toEqual(kept)
    if (taking === 'none') expect(taken).toEqual([])
    if (taking !== 'as text') return
    for (const json of kept) expect(toJson(reader, (parseJson(reader, json) as { value: unknown }).value)).toBe(json)
  })

  test('and not only in part, where something is always left', () => {
    const some = (reader: AvroSchema, writer: AvroSchema) =>
      takingOf(shapeOf(avroType(reader)), shapeOf(avroType(writer)), true)
    expect(some('bytes', 'string')).toBe('some')
    expect(some('string', 'bytes')).toBe('as text')
    expect(some('string', decimal(4, 2))).toBe('as text')
    expect(some('int', 'double')).toBe('some')
    expect(some('int', 'string')).toBe('none')
    expect(some('bytes', { type: 'fixed', name: 'F', size: 2 })).toBe('same')
  })
})
