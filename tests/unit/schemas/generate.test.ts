import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import type { AvroSchema } from '../../../app/record.ts'
import { generateTypes } from '../../../schemas/codegen/generate.ts'
import { readSeries, type Series } from '../../../schemas/folder/folder.ts'
import { defaultSettings } from '../../../schemas/folder/subjectSettings.ts'

const record = (name: string, ...types: readonly AvroSchema[]): AvroSchema => ({
  type: 'record',
  name,
  fields: types.map((type, index) => ({ name: `f${index}`, type })),
})
/** A series of these versions. */
const series = (name: string, ...versions: readonly AvroSchema[]): Series => ({
  ...{ name, of: name, part: '', settings: defaultSettings },
  versions: versions.map((schema, index) => ({ version: index + 1, path: `${name}.avsc`, text: '', schema })),
})
const generated = (...schemas: readonly AvroSchema[]) =>
  generateTypes(schemas.map((schema, index) => series(String(index), schema)))
/** The type of a field of this type. */
const typeOf = (type: AvroSchema): string | undefined => /readonly f0: (.*)/.exec(generated(record('T', type)))?.[1]

test("the platform's generated.ts is what its schemas give", async () => {
  const text = generateTypes(await readSeries('schemas/platform'), { recordTypeFrom: '../../app/record.ts' })
  expect(await readFile('schemas/platform/generated.ts', 'utf8')).toBe(text)
})

describe('generated types', () => {
  test('a record is a type and a value of one name, with its docs', () => {
    const schema = {
      type: 'record',
      name: 'Landed',
      namespace: 'flights',
      doc: 'A flight.\nOn the ground */',
      fields: [
        { name: 'origin', type: 'string', doc: 'IATA code.' },
        { name: 'gate', type: 'string', default: 'unknown' },
      ],
    }
    expect(
      generated(schema),
    ).toBe(`// Written by \`errand schemas generate\` from the .avsc files in this folder. Do not edit.
import type { RecordType } from 'errand'

/**
 * A flight.
 * On the ground *\\/
 */
export type Landed = {
  /** IATA code. */
  readonly origin: string
  readonly gate: string
}

/** A Landed that is to be written: what has a default may be left out. */
export type LandedInit = {
  /** IATA code. */
  readonly origin: string
  readonly gate?: string
}

export const Landed: RecordType<Landed, LandedInit> = {
  name: 'flights.Landed',
  schema: {
    "type": "record",
    "name": "Landed",
    "namespace": "flights",
    "doc": "A flight.\\nOn the ground */",
    "fields": [
      { "name": "origin", "type": "string", "doc": "IATA code." },
      { "name": "gate", "type": "string", "default": "unknown" },
    ],
  },
}
`)
  })

  test.each<[AvroSchema, string]>([
    ['null', 'null'],
    ['boolean', 'boolean'],
    ['int', 'number'],
    ['long', 'number'],
    [{ type: 'long', typescript: 'bigint' }, 'bigint'],
    [{ type: 'long', logicalType: 'timestamp-millis' }, 'Date'],
    [{ type: 'long', logicalType: 'timestamp-micros' }, 'Date'],
    [{ type: 'long', logicalType: 'timestamp-micros', typescript: 'bigint' }, 'bigint'],
    [{ type: 'long', logicalType: 'local-timestamp-millis' }, 'number'],
    [{ type: 'int', logicalType: 'timestamp-millis' }, 'number'],
    [{ type: 'int', logicalType: 'date' }, 'number'],
    [{ type: 'string', logicalType: 'uuid' }, 'string'],
    [{ type: 'bytes', logicalType: 'decimal', precision: 4, scale: 2 }, 'string'],
    [{ type: 'fixed', name: 'F', size: 2, logicalType: 'decimal', precision: 4 }, 'string'],
    [{ type: 'fixed', name: 'F', size: 2, logicalType: 'decimal', precision: 5 }, 'Buffer'],
    [{ type: 'bytes', logicalType: 'decimal', precision: 4, scale: 5 }, 'Buffer'],
    [{ type: 'bytes', logicalType: 'decimal' }, 'Buffer'],
    [{ type: 'bytes', logicalType: 'constructor' }, 'Buffer'],
    [['null', { type: 'long', logicalType: 'timestamp-millis' }], 'null | Date'],
    [['int', { type: 'long', logicalType: 'timestamp-millis' }], 'number | Date'],
    [['int', { type: 'long', typescript: 'bigint' }], 'number | bigint'],
    [
      ['null', 'string', { type: 'bytes', logicalType: 'decimal', precision: 4 }],
      'null | { readonly string: string } | { readonly bytes: string }',
    ],
    ['bytes', 'Buffer'],
    [{ type: 'fixed', name: 'F', size: 2 }, 'Buffer'],
    [{ type: 'enum', name: 'n.kind', symbols: ['a', 'b'] }, 'Kind'],
    [record('n.Inner', 'int'), 'Inner'],
    [{ type: 'array', items: 'string' }, 'readonly string[]'],
    [{ type: 'array', items: ['null', 'string'] }, 'readonly (null | string)[]'],
    [{ type: 'array', items: { type: 'array', items: 'int' } }, 'readonly (readonly number[])[]'],
    [{ type: 'map', values: 'double' }, '{ readonly [key: string]: number }'],
    [['null', 'string'], 'null | string'],
    [['null', 'int', 'double'], 'null | { readonly int: number } | { readonly double: number }'],
    [
      ['string', record('n.A'), record('n.B')],
      "{ readonly string: string } | { readonly 'n.A': A } | { readonly 'n.B': B }",
    ],
  ])('%j is %s', (type, expected) => expect(typeOf(type)).toBe(expected))

  test('nested records and enums are types too, once each', () => {
    const kind = { type: 'enum', name: 'n.Kind', symbols: ['a', 'b'] }
    const text = generated(record('n.T', { type: 'array', items: record('n.Inner', kind) }), record('n.U', kind))
    expect(text.match(/^export type \w+/gm)).toEqual(['T', 'Inner', 'Kind', 'U'].map((name) => `export type ${name}`))
    expect(text).toContain("export type Kind = 'a' | 'b'")
  })

  test('a record without fields is a type that no name of a record takes the meaning of', () => {
    expect(generated(record('n.Record'), record('n.Readonly'))).toContain('export type Record = object\n')
  })

  test('the schema is that of the file, also where it has a key that JavaScript takes for the prototype', () => {
    const schema = JSON.parse('{ "type": "record", "name": "T", "fields": [], "__proto__": { "a": 1 } }')
    for (const each of [schema, { ...schema, doc: 'long '.repeat(30) }]) {
      const [, text] = /schema: (.*),\n\}/s.exec(generated(each))!
      expect(JSON.stringify(new Function(`return ${text}`)())).toBe(JSON.stringify(each))
    }
  })

  test('a record may hold itself', () => {
    expect(generated(record('n.Node', ['null', 'n.Node']))).toContain('readonly f0: null | Node')
  })

  test('one name for two things is refused, with both files', () => {
    expect(() => generated(record('a.T', 'int'), record('b.T', 'int'))).toThrow(
      '1.avsc: b.T would be called T, like the different a.T of 0.avsc',
    )
    for (const name of ['Buffer', 'Date', 'RecordType'])
      expect(() => generated(record(name, 'bytes'))).toThrow(`would be called ${name}`)
    expect(() => generated(record('a.T', { type: 'enum', name: 'b.K', symbols: ['A'] }), record('c.K'))).toThrow(
      '1.avsc: c.K would be called K, like the different b.K of 0.avsc',
    )
    const typed = (long: AvroSchema) => record('a.T', long)
    expect(() => generated(typed('long'), typed({ type: 'long', typescript: 'bigint' }))).toThrow('1.avsc: a.T')
  })
})

describe('types of values to be written', () => {
  const withDefault = (name: string): AvroSchema => ({
    type: 'record',
    name,
    fields: [{ name: 'note', type: ['null', 'string'], default: null, doc: 'Any text.' }],
  })

  test('there is none where nothing has a default', () => {
    const text = generated(record('T', ['null', 'int'], record('U', 'string')))
    expect(text).not.toContain('Init')
    expect(text).toContain('RecordType<T>')
  })

  test('records within have theirs, in arrays, maps and unions too', () => {
    const text = generated(
      record(
        'n.T',
        withDefault('n.U'),
        { type: 'array', items: 'n.U' },
        { type: 'map', values: 'n.U' },
        ['null', 'n.U'],
        ['n.U', record('n.V')],
      ),
    )
    expect(/export type TInit = \{(.*?)\n\}/s.exec(text)?.[1]).toBe(`
  readonly f0: UInit
  readonly f1: readonly UInit[]
  readonly f2: { readonly [key: string]: UInit }
  readonly f3: null | UInit
  readonly f4: { readonly 'n.U': UInit } | { readonly 'n.V': V }`)
    expect(/export type UInit = \{(.*?)\n\}/s.exec(text)?.[1]).toBe(
      '\n  /** Any text. */\n  readonly note?: null | string',
    )
    expect(text).not.toContain('VInit')
  })

  test('a record that holds itself has one where any of it has a default', () => {
    const fields = [
      { name: 'next', type: ['null', 'n.Node'] },
      { name: 'weight', type: 'int', default: 1 },
    ]
    expect(generated({ type: 'record', name: 'n.Node', fields })).toContain(`export type NodeInit = {
  readonly next: null | NodeInit
  readonly weight?: number
}`)
  })

  test('one whose name is taken is refused, with both files', () => {
    expect(() => generated(withDefault('a.T'), record('b.TInit'))).toThrow(
      '0.avsc: a.T has fields with defaults, so that its values to be written would be called TInit, like b.TInit of 1.avsc; rename one',
    )
    expect(() => generated(record('a.T'), record('b.TInit'))).not.toThrow()
  })
})

describe('what else a record says', () => {
  test('its level is told where it is not the usual one', () => {
    const usual = series('a', record('T'))
    expect(generateTypes([usual])).not.toContain('compatibility')
    expect(generateTypes([{ ...usual, settings: { ...defaultSettings, compatibility: 'FULL' } }])).toContain(
      "  compatibility: 'FULL',\n}",
    )
  })

  test('fields that any earlier version had are retired, by their record', () => {
    const version = (name: string, fields: readonly object[], inner: readonly string[], more: object = {}) => ({
      ...{ type: 'record', name, ...more },
      fields: [
        ...fields,
        {
          name: 'list',
          type: {
            ...{ type: 'array' },
            items: { type: 'record', name: 'n.Inner', fields: inner.map((each) => ({ name: each, type: 'int' })) },
          },
        },
      ],
    })
    const text = generateTypes([
      series(
        'a',
        version('n.Old', [{ name: 'first', type: 'int' }], ['x']),
        version('n.T', [{ name: 'second', type: 'int' }], ['x', 'y'], { aliases: ['n.Old'] }),
        version('n.T', [{ name: 'third', type: 'int', aliases: ['second'] }], ['y'], { aliases: ['n.Old'] }),
      ),
    ])
    expect(text).toContain(`  retired: { "n.Inner": ["x"], "n.T": ["first"] },\n}`)
    expect(generateTypes([series('a', record('T', 'int'), record('T', 'int', 'int'))])).not.toContain('retired')
  })

  test('an older version that is not Avro is told with its file', () => {
    expect(() => generateTypes([series('a', 'strng', record('T'))])).toThrow('a.avsc: not valid Avro')
  })
})
