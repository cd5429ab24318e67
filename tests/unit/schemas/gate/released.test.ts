// I6: what of a released version may be written otherwise, and what makes it another.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { defaultLevel } from '../../../../schemas/folder/subjectSettings.ts'
import { releasedFindings } from '../../../../schemas/gate/releasedFindings.ts'
import { schemaDifference } from '../../../../schemas/gate/schemaDifference.ts'
import { recordSchema } from '../avroArbitrary.ts'
import { record, series } from './series.ts'

const field = (more: object = {}) => ({ name: 'a', type: 'int', ...more })
const holding = (type: unknown, more: object = {}) => record({ name: 'a', type, ...more })

describe('the same schema', () => {
  test.each([
    ['with other docs', { ...holding('int'), doc: 'x' }, holding('int', { doc: 'y' })],
    ['its keys in another order', { fields: [], name: 'R', type: 'record' }, { type: 'record', name: 'R', fields: [] }],
    ['a primitive as an object', holding('int'), holding({ type: 'int' })],
    ['its namespace in its name', record(), { type: 'record', name: 'flights.Landed', fields: [] }],
    [
      'an inner type called by its full name',
      record({ name: 'a', type: { type: 'fixed', name: 'F', size: 1 } }, { name: 'b', type: 'F' }),
      record({ name: 'a', type: { type: 'fixed', name: 'flights.F', size: 1 } }, { name: 'b', type: 'flights.F' }),
    ],
    ['the usual order written out', holding('int'), holding('int', { order: 'ascending' })],
    ['no aliases, as an empty list', record(), { ...record(), aliases: [] }],
    [
      'its aliases in full, in another order',
      { ...record(), aliases: ['B', 'A'] },
      { ...record(), aliases: ['flights.A', 'flights.B'] },
    ],
    [
      'a default with its keys in another order',
      holding('int', { default: { x: 1, y: [2] } }),
      holding('int', { default: { y: [2], x: 1 } }),
    ],
  ])('%s', (_how, older, newer) => {
    expect([schemaDifference(older, newer), schemaDifference(newer, older)]).toEqual([undefined, undefined])
  })

  test('after it was written to a file and read again', () => {
    fc.assert(
      fc.property(recordSchema, (schema) => {
        expect(schemaDifference(schema, JSON.parse(JSON.stringify(schema)))).toBeUndefined()
      }),
    )
  })
})

describe('another schema', () => {
  test.each([
    ['a type', holding('int'), holding('long'), '/fields/0/type'],
    ['a field more', record(field()), record(field(), field({ name: 'b' })), '/fields'],
    [
      'fields in another order',
      record(field(), field({ name: 'b' })),
      record(field({ name: 'b' }), field()),
      '/fields/0/name',
    ],
    ['a default', holding('int', { default: 1 }), holding('int', { default: 2 }), '/fields/0/default'],
    ['a default of null', holding(['null', 'int']), holding(['null', 'int'], { default: null }), '/fields/0/default'],
    ['a logical type', holding('long'), holding({ type: 'long', logicalType: 'timestamp-millis' }), '/fields/0/type'],
    [
      'a scale',
      holding({ type: 'bytes', logicalType: 'decimal', precision: 4 }),
      holding({ type: 'bytes', logicalType: 'decimal', precision: 4, scale: 2 }),
      '/fields/0/type/scale',
    ],
    ['an alias', record(), { ...record(), aliases: ['Old'] }, '/aliases'],
    ["a field's alias", holding('int'), holding('int', { aliases: ['b'] }), '/fields/0/aliases'],
    ['an order', holding('int'), holding('int', { order: 'ignore' }), '/fields/0/order'],
    [
      'a property of no meaning to Avro',
      holding({ type: 'long' }),
      holding({ type: 'long', typescript: 'bigint' }),
      '/fields/0/type',
    ],
    ['the namespace', record(), { ...record(), namespace: 'other' }, '/'],
    [
      'a symbol',
      holding({ type: 'enum', name: 'E', symbols: ['A'] }),
      holding({ type: 'enum', name: 'E', symbols: ['B'] }),
      '/fields/0/type/symbols/0',
    ],
    ['a branch', holding(['null', 'int']), holding(['null', 'long']), '/fields/0/type/1'],
    [
      'a doc within a default',
      holding('int', { default: { doc: 'x' } }),
      holding('int', { default: { doc: 'y' } }),
      '/fields/0/default/doc',
    ],
  ])('%s', (_what, older, newer, at) => {
    expect(schemaDifference(older, newer)).toBe(at)
    expect(schemaDifference(newer, older)).toBeDefined()
  })

  test('a hundred thousand levels down', () => {
    const deep = (end: string): unknown =>
      JSON.parse(`${'{"type":"array","items":'.repeat(100_000)}${end}${'}'.repeat(100_000)}`)
    expect(schemaDifference(deep('"int"'), deep('"int"'))).toBeUndefined()
    expect(schemaDifference(deep('"int"'), deep('"long"'))?.length).toBe('/items'.length * 100_000)
  })
})

test('any two texts are compared without an error, and each is itself', () => {
  fc.assert(
    fc.property(fc.json(), fc.json(), (one, other) => {
      schemaDifference(JSON.parse(one), JSON.parse(other))
      expect(schemaDifference(JSON.parse(one), JSON.parse(one))).toBeUndefined()
    }),
  )
})

describe('against a commit', () => {
  const released = (version: number, schema: unknown) => ({
    series: 'flight.landed',
    version,
    path: `schemas/flight.landed/v${version}.avsc`,
    text: typeof schema === 'string' ? schema : JSON.stringify(schema, null, 4),
    level: defaultLevel,
  })
  const briefly = (now: Readonly<Record<number, unknown>>, ...then: Parameters<typeof released>[]) =>
    releasedFindings(
      [series(now)],
      then.map((each) => released(...each)),
      'main',
    ).map(({ type, version, at }) => [type, version, at])

  test('a version that is laid out anew, and one that is new and the highest, are no findings', () => {
    expect(briefly({ 1: holding('int'), 2: holding('long') }, [1, holding('int')])).toEqual([])
  })
  test('one that changed is, at the first place where it did', () => {
    expect(briefly({ 1: holding('long') }, [1, holding('int')])).toEqual([['CHANGED', 1, '/fields/0/type']])
  })
  test('a default beyond 2^53 is what is written, not what a number is rounded to', () => {
    const written = (last: string) =>
      `{"type":"record","name":"R","fields":[{"name":"a","type":"long","default":900719925474099${last}}]}`
    const was = { ...released(1, written('2')), path: 'p' }
    const now = series({ 1: JSON.parse(written('3')) })
    const found = (text: string) =>
      releasedFindings([{ ...now, versions: [{ ...now.versions[0]!, text }] }], [was], 'main').map(({ type, at }) => [
        type,
        at,
      ])
    expect(found(written('3'))).toEqual([['CHANGED', '/fields/0/default']])
    expect(found(` ${written('2')}`)).toEqual([])
  })
  test('one that is gone is', () => {
    expect(briefly({ 2: holding('int') }, [1, holding('int')], [2, holding('int')])).toEqual([['DELETED', 1, '/']])
  })
  test('a new one is that is not the highest', () => {
    expect(briefly({ 1: record(), 2: record(), 3: record() }, [1, record()], [3, record()])).toEqual([
      ['NOT_LATEST', 2, '/'],
    ])
  })
  test('what was no JSON then cannot be compared, whether it is there or gone', () => {
    expect(briefly({ 1: record() }, [1, '{'], [2, ''])).toEqual([
      ['UNREADABLE', 1, '/'],
      ['UNREADABLE', 2, '/'],
    ])
  })
})
