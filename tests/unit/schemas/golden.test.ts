// Golden payloads: what is made of a schema, what is added to a file, and what the gate says when a decode changes.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AvroSchema } from '../../../app/record.ts'
import { avroType } from '../../../schemas/avro/avro.ts'
import type { SchemaVersion, Series } from '../../../schemas/folder/folder.ts'
import { defaultSettings } from '../../../schemas/folder/subjectSettings.ts'
import { goldenFindings } from '../../../schemas/gate/goldenFindings.ts'
import { completeGoldens } from '../../../schemas/golden/golden.ts'
import { goldenCases } from '../../../schemas/golden/goldenCases.ts'
import { toJson } from '../../../schemas/json/json.ts'
import { recordSchema } from './avroArbitrary.ts'
import { runs, slow } from './runs.ts'

type Field = { readonly name: string; readonly type: AvroSchema; readonly default?: unknown }
const record = (...fields: readonly Field[]): AvroSchema => ({ type: 'record', name: 'tests.Order', fields })
const id: Field = { name: 'id', type: 'string' }
const note = (byDefault: string): Field => ({ name: 'note', type: 'string', default: byDefault })

const series = (schemas: readonly AvroSchema[], goldens: readonly (string | undefined)[] = []): readonly Series[] => [
  {
    name: 'order',
    of: 'order',
    part: '',
    settings: defaultSettings,
    versions: schemas.map((schema, index): SchemaVersion => {
      const version = { version: index + 1, path: `order/v${index + 1}.avsc`, text: JSON.stringify(schema), schema }
      return goldens[index] === undefined ? version : { ...version, golden: goldens[index] }
    }),
  },
]

/** The text of every version's file after `errand schemas generate`. */
const generated = (schemas: readonly AvroSchema[], goldens: readonly (string | undefined)[] = []): string[] => {
  const files = new Map(completeGoldens(series(schemas, goldens)).map(({ path, text }) => [path, text]))
  return schemas.map((_, index) => files.get(`order/v${index + 1}.golden.json`) ?? goldens[index] ?? '')
}
const found = (schemas: readonly AvroSchema[], goldens: readonly (string | undefined)[]) =>
  series(schemas, goldens).flatMap(goldenFindings)
const casesOf = (text: string) => JSON.parse(text).cases
const file = (cases: object): string => JSON.stringify({ cases })

describe('the cases of a schema', () => {
  const forms = (schema: AvroSchema): Record<string, unknown>[] =>
    [...goldenCases(schema).values()].map(
      (body) => toJson(schema, avroType(schema).fromBuffer(body)) as Record<string, unknown>,
    )
  const valuesOf = (type: AvroSchema): unknown[] => forms(record({ name: 'x', type })).map(({ x }) => x)

  test('have every branch of a union, also within a branch', () => {
    const inner = { type: 'record', name: 'Inner', fields: [{ name: 'y', type: ['null', 'string'] }] }
    expect(valuesOf(['null', inner])).toEqual(
      expect.arrayContaining([null, { y: null }, { y: '' }, { y: 'naïve "東京"\n🛫' }]),
    )
    expect(valuesOf(['int', 'long', 'string'])).toEqual(
      expect.arrayContaining([{ int: 0 }, { long: 0 }, { string: '' }]),
    )
  })

  test('are made at once of whatever a schema asks for, and are none where one would be immense', () => {
    const decimal = (precision: number, scale: number): AvroSchema =>
      ({ type: 'bytes', logicalType: 'decimal', precision, scale }) as AvroSchema
    const startMs = performance.now()
    for (const type of [decimal(10_000, 10_000), decimal(1_000_000_000, 100_000_000)])
      expect(valuesOf(type).length).toBeGreaterThan(1)
    expect(valuesOf({ type: 'fixed', name: 'F', size: 1_000_000_000 })).toEqual([])
    expect(valuesOf(['null', { type: 'fixed', name: 'F', size: 1_000_000_000 }])).toEqual([null])
    expect(performance.now() - startMs).toBeLessThan(5_000)
  })

  test('have every symbol of an enum, lists and maps with items and without, and numbers at their ends', () => {
    const symbols = ['A', 'B', 'C', 'D', 'E']
    expect(new Set(valuesOf({ type: 'enum', name: 'Kind', symbols }))).toEqual(new Set(symbols))
    expect(valuesOf({ type: 'array', items: 'boolean' })).toEqual([[], [false, true]])
    expect(valuesOf({ type: 'map', values: 'boolean' })).toEqual([{}, { key: false, ключ: true }])
    expect(valuesOf('int')).toEqual([0, -2147483648, 2147483647])
    expect(valuesOf('double')).toEqual(expect.arrayContaining([Number.MAX_VALUE, '-Infinity']))
  })

  test('begin with the sample, end where a type is within itself, and are none where it never ends', () => {
    const list = record({ name: 'value', type: 'int' }, { name: 'next', type: ['null', 'Order'] })
    expect(forms({ ...(list as object), namespace: undefined, name: 'Order' } as never).length).toBeGreaterThan(2)
    expect([...goldenCases(record({ ...id, example: 'o-1' } as never))][0]).toEqual([
      'sample',
      Buffer.from('\u0006o-1'),
    ])
    const endless = { type: 'record', name: 'Endless', fields: [{ name: 'self', type: 'Endless' }] }
    expect(goldenCases(endless).size).toBe(0)
  })

  test(
    'are the same each time, few and small, and complete files of whatever schema leave nothing to find',
    slow,
    () => {
      fc.assert(
        fc.property(recordSchema, (schema) => {
          const bodies = [...goldenCases(schema).values()]
          expect(bodies.length).toBeLessThanOrEqual(13)
          expect(Math.max(...bodies.map(({ length }) => length))).toBeLessThan(50_000)
          const texts = generated([schema])
          expect(generated([structuredClone(schema)])).toEqual(texts)
          expect(found([schema], texts)).toEqual([])
        }),
        runs(50),
      )
    },
  )
})

describe('errand schemas generate', () => {
  const schemas = [record(id), record(id, note('none'))]

  test('writes the bytes of each version, and what every version that can reads in them', () => {
    const [first, second] = generated(schemas)
    expect(casesOf(first!).sample).toEqual({
      avro: 'CHRleHQ=',
      readAs: { v1: { id: 'text' }, v2: { id: 'text', note: 'none' } },
    })
    expect(casesOf(second!).sample.readAs).toEqual({ v1: { id: 'text' }, v2: { id: 'text', note: 'none' } })
    expect(found(schemas, [first, second])).toEqual([])
  })

  test('adds a line for a new reader, and changes nothing else', () => {
    const [before] = generated([schemas[0]!])
    const [after] = generated(schemas, [before])
    const added = after!.split('\n').filter((line) => !before!.split('\n').includes(line))
    expect(new Set(added.map((line) => line.trim().split(':')[0]))).toEqual(new Set(['"v1"', '"v2"'])) // v1 gets a comma
    expect(after!.replaceAll(/,\n\s*"v2": .*/g, '')).toBe(before)
  })

  test('writes nothing where nothing is missing, whatever the form of the file', () => {
    const texts = generated(schemas).map((text) => JSON.stringify(JSON.parse(text)))
    expect(completeGoldens(series(schemas, texts))).toEqual([])
  })

  test('encodes a case that an author wrote in JSON, with its defaults', () => {
    const mine = file({ mine: { readAs: { v2: { id: 'o-7' } } } })
    expect(found(schemas, [generated(schemas)[0], mine])).toMatchObject([{ type: 'GOLDEN_MISSING', at: '/cases/mine' }])
    const texts = generated(schemas, [undefined, mine])
    expect(casesOf(texts[1]!)).toEqual({
      mine: { avro: 'Bm8tNwhub25l', readAs: { v1: { id: 'o-7' }, v2: { id: 'o-7', note: 'none' } } },
    })
    expect(found(schemas, texts)).toEqual([])
  })

  test('refuses a case that is no value of its version, with every place', () => {
    const wrong = file({ 'a/b': { readAs: { v1: { id: 7 } } }, c: { readAs: { v1: {} } } })
    expect(() => generated([schemas[0]!], [wrong])).toThrow(
      [
        'order/v1.golden.json: /cases/a~1b/readAs/v1/id must be a string of well-formed Unicode',
        'order/v1.golden.json: /cases/c/readAs/v1/id is missing',
      ].join('\n'),
    )
  })

  test('expects nothing of a version that cannot read an older one, and finds nothing missing', () => {
    const apart = [record(id), record({ name: 'id', type: 'int' })]
    const texts = generated(apart)
    expect(Object.keys(casesOf(texts[0]!).sample.readAs)).toEqual(['v1'])
    expect(found(apart, texts)).toEqual([])
  })
})

describe('the gate', () => {
  const schemas = [record(id), record(id, note('none'))]
  const texts = generated(schemas)

  test('says where a version, or a reader, has no golden payloads', () => {
    expect(found(schemas, [texts[0]])).toMatchObject([
      { type: 'GOLDEN_MISSING', series: 'order', version: 2, path: 'order/v2.avsc', at: '/' },
    ])
    expect(found(schemas, generated([schemas[0]!]).concat(texts[1]!))).toMatchObject([
      { type: 'GOLDEN_MISSING', version: 2, against: 1, direction: 'backward', path: 'order/v1.golden.json' },
    ])
  })

  test('finds a default that changed', () => {
    const changed = found([schemas[0]!, record(id, note('nothing'))], texts)
    expect(new Set(changed.map(({ type, version, against }) => `${type} v${version} v${against}`))).toEqual(
      new Set(['DECODE_CHANGED v2 v1']),
    )
    expect(changed[0]).toMatchObject({
      severity: 'golden',
      at: '/cases/sample/readAs/v2',
      path: 'order/v1.golden.json',
      message:
        'Bytes that v1 wrote ("sample" and 2 more) are not read as v2 as they were: /note was "none" and is "nothing".',
    })
  })

  test('finds a released schema that was edited, as its own reader and as others', () => {
    const edited = found([record({ name: 'id', type: 'bytes' }), schemas[1]!], texts)
    expect(new Set(edited.map(({ type, path, at }) => `${type} ${path} ${at.slice(-2)}`))).toEqual(
      new Set(['DECODE_CHANGED order/v1.golden.json v1', 'DECODE_CHANGED order/v2.golden.json v1']),
    )
  })

  test('finds a version that no longer reads what it read', () => {
    const stopped = found([schemas[0]!, record(id, { name: 'note', type: 'string' })], texts)
    expect(stopped[0]).toMatchObject({ type: 'DECODE_CHANGED', version: 2, against: 1, at: '/cases/sample/readAs/v2' })
    expect(stopped[0]?.message).toContain('no matching field for default-less tests.Order.note')
  })

  test('finds an expectation or bytes that were edited, and a version that is gone', () => {
    expect(found(schemas, [texts[0]!.replace('"id": "text"', '"id": "tax"'), texts[1]])).toMatchObject([
      {
        type: 'DECODE_CHANGED',
        at: '/cases/sample/readAs/v1',
        message: expect.stringContaining('/id was "tax" and is "text"'),
      },
    ])
    expect(found(schemas, [texts[0]!.replace('CHRleHQ=', 'CHRleA=='), texts[1]])).toMatchObject([
      { type: 'DECODE_CHANGED', message: expect.stringContaining('truncated') },
      { type: 'DECODE_CHANGED' },
    ])
    expect(found([schemas[0]!], [texts[0]])).toMatchObject([
      { type: 'DECODE_CHANGED', version: 2, against: 1, message: expect.stringContaining('is gone') },
    ])
  })

  test('names every place where a file is broken, and generate refuses them all', () => {
    const broken = [
      '{ "cases": { "a": ',
      file({ a: { avro: '!', readAs: {} }, b: { readAs: { 2: 1 } }, c: { avro: '', readAs: {}, note: '' } }),
    ]
    expect(found(schemas, broken).map(({ type, path, at, message }) => `${type} ${path} ${at} ${message}`)).toEqual([
      'GOLDEN_BROKEN order/v1.golden.json / The golden payloads are broken: / is no JSON: order/v1.golden.json:1:19: Unexpected end of JSON input.',
      'GOLDEN_BROKEN order/v2.golden.json /cases/a/avro The golden payloads are broken: /cases/a/avro must be base64.',
      'GOLDEN_BROKEN order/v2.golden.json /cases/b The golden payloads are broken: /cases/b must have "avro", or what it is in its own version, "readAs": { "v2": … }.',
      'GOLDEN_BROKEN order/v2.golden.json /cases/b/readAs The golden payloads are broken: /cases/b/readAs must have versions as its keys, such as "v1".',
      'GOLDEN_BROKEN order/v2.golden.json /cases/c The golden payloads are broken: /cases/c must be an object with "avro" and "readAs" and nothing else.',
    ])
    expect(() => generated(schemas, broken)).toThrow(
      'order/v1.golden.json: / is no JSON: order/v1.golden.json:1:19: Unexpected end of JSON input\norder/v2.golden.json: /cases/a/avro must be base64\n',
    )
  })

  test('asks nothing of a series without any golden payloads, such as a draft', () => {
    expect(found(schemas, [])).toEqual([])
  })

  test('leaves a schema that is none to those who compare schemas', () => {
    expect(found([schemas[0]!, { type: 'record', name: 'X' }], generated([schemas[0]!]))).toEqual([])
  })
})
