// The checker against Java Avro 1.12.1, whose answers stand in the two lists beside this file, one pair a line: `java` is its
// incompatibilities, or that it `throws`, or that one of the schemas is `invalid` to it; without `writer` a schema reads itself.
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compareSchemas } from '../../../schemas/compatibility.ts'

type Incompatibility = readonly [type: string, location: string, message: string]
type Line = {
  readonly name: string
  readonly java: readonly Incompatibility[] | 'throws' | 'invalid'
  readonly reader: unknown
  readonly writer?: unknown
}

const linesOf = (file: string): readonly Line[] =>
  readFileSync(new URL(file, import.meta.url), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))

const compare = ({ reader, ...more }: Line) => compareSchemas(reader, 'writer' in more ? more.writer : reader)

describe.each(['avroProbes', 'avroSurprises'])('%s: as Java says', (file) => {
  test.each(linesOf(`${file}.ndjson`))('$name', (line) => {
    const { compatible, findings } = compare(line)
    const told = findings.map(({ type, location }) => [type, location])
    if (line.java === 'invalid') expect(new Set(told.map(([type]) => type))).toEqual(new Set(['INVALID_SCHEMA']))
    else if (line.java === 'throws') expect(new Set(told.map(([type]) => type))).toEqual(new Set(['AMBIGUOUS_FIELD']))
    else expect(told).toEqual(line.java.map(([type, location]) => [type, location]))
    expect(compatible).toBe(findings.length === 0)
  })
})

test('a message holds what Java’s does: names, symbols, sizes and kinds', () => {
  const held = (type: string, java: string): readonly string[] => {
    if (type === 'READER_FIELD_MISSING_DEFAULT_VALUE' || type === 'MISSING_ENUM_SYMBOLS') return [java]
    return type === 'NAME_MISMATCH' ? [java.replace('expected: ', '')] : java.match(/\b([A-Z]+|\d+)\b/g)!
  }
  for (const line of [...linesOf('avroProbes.ndjson'), ...linesOf('avroSurprises.ndjson')]) {
    if (typeof line.java === 'string') continue
    const messages = compare(line).findings.map(({ message }) => message.toLowerCase())
    for (const [index, [type, , java]] of line.java.entries())
      for (const word of held(type, java)) expect(messages[index]).toContain(word.toLowerCase())
  }
})

const record = (name: string, ...fields: readonly object[]) => ({ type: 'record', name, fields })
const field = (name: string, type: unknown, more: object = {}) => ({ name, type, ...more })
const colour = (...symbols: readonly string[]) => ({ type: 'enum', name: 'n.Colour', symbols })

describe('beyond Java', () => {
  test('a type that is used twice has both its places, and those where it is written', () => {
    const twice = (type: string) => record('R', field('a', record('I', field('x', type))), field('b', 'I'))
    const { findings } = compareSchemas(twice('int'), twice('long'))
    const first = '/fields/0/type/fields/0/type'
    expect(findings.map(({ location }) => location)).toEqual([first, first])
    expect(findings.map(({ at }) => at)).toEqual([first, '/fields/1/type/fields/0/type'])
    expect(findings.map(({ inReader, inWriter }) => [inReader, inWriter])).toEqual([
      [first, first],
      [first, first],
    ])
  })

  test('a union says why its nearest branch cannot read it, and hints at that', () => {
    const reader = record('R', field('c', ['null', colour('RED')]))
    const writer = record('R', field('c', [colour('RED', 'GREEN'), 'null']))
    expect(compareSchemas(reader, writer)).toEqual({
      compatible: false,
      findings: [
        {
          type: 'MISSING_UNION_BRANCH',
          location: '/fields/0/type/0',
          at: '/fields/0/type/0',
          inReader: '/fields/0/type',
          inWriter: '/fields/0/type/0',
          message: "The reader's union [null, n.Colour] has no branch that reads the writer's enum n.Colour.",
          hint: 'Give the enum *type* n.Colour a default in the reader, or keep [GREEN]; a field default does not count.',
          causes: [
            {
              type: 'MISSING_ENUM_SYMBOLS',
              location: '/fields/0/type/0/symbols',
              inReader: '/fields/0/type/1/symbols',
              inWriter: '/fields/0/type/0/symbols',
              message:
                "The reader's enum n.Colour does not know the writer's symbols [GREEN], and has no default to read them as.",
              hint: 'Give the enum *type* n.Colour a default in the reader, or keep [GREEN]; a field default does not count.',
            },
          ],
        },
      ],
    })
  })

  test('unions in unions say what is innermost', () => {
    const nested = (...fields: readonly object[]) => ['null', record('R', field('a', ['null', record('Q', ...fields)]))]
    const { findings } = compareSchemas(nested(field('z', 'int')), nested())
    expect(findings.map(({ causes }) => causes.map(({ type, location }) => [type, location]))).toEqual([
      [['READER_FIELD_MISSING_DEFAULT_VALUE', '/1/fields/0/type/1/fields/0']],
    ])
  })

  test('an ambiguous field is told with its place, and so is what else is wrong', () => {
    const reader = record('R', field('a', 'int', { aliases: ['b'] }), field('c', 'int'))
    const { findings } = compareSchemas(reader, record('R', field('a', 'int'), field('b', 'int')))
    expect(findings.map(({ type, location }) => [type, location])).toEqual([
      ['READER_FIELD_MISSING_DEFAULT_VALUE', '/fields/1'],
      ['AMBIGUOUS_FIELD', '/fields/0'],
    ])
  })

  test('what is no schema is told with its place, on both sides', () => {
    const broken = record('R', field('a', { type: 'array', items: 'nobody' }))
    expect(compareSchemas(broken, { type: 'enum' }).findings).toMatchObject([
      {
        type: 'INVALID_SCHEMA',
        location: '/fields/0/type/items',
        inReader: '/fields/0/type/items',
        message: 'The reader is not a schema that Avro can read, at /fields/0/type/items: No type is named "nobody".',
      },
      { type: 'INVALID_SCHEMA', location: '/', inWriter: '/' },
    ])
  })

  test.each([
    [
      'a field of nearly the same name',
      record('R', field('flightNo', 'int')),
      record('R', field('flight_no', 'int')),
      /"aliases": \["flight_no"\]/,
    ],
    ['a record that was renamed', record('n.New'), record('n.Old'), /"aliases": \["n\.Old"\]/],
    ['a name that no alias can stand for', record('n.New'), record('Old'), /^Call it Old in the reader again/],
    ['a null that is no longer expected', 'string', ['null', 'string'], /^Keep null in the reader/],
    [
      'an enum whose default does not save its field',
      record('R', field('e', { ...colour('RED'), default: 'RED' })),
      record('R'),
      /\*field\* "e" a default/,
    ],
  ])('the hint is of use: %s', (_, reader, writer, hint) => {
    expect(compareSchemas(reader, writer).findings.map((finding) => finding.hint)).toEqual([
      expect.stringMatching(hint),
    ])
  })
})

describe('whatever it is given', () => {
  test('any JSON has an answer, and reads itself if it is a schema', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
        expect(compareSchemas(one, other).findings.every(({ message }) => message.length > 0)).toBe(true)
        const { findings } = compareSchemas(one, one)
        expect(findings.every(({ type }) => type === 'INVALID_SCHEMA')).toBe(true)
      }),
    )
  })

  test('so has anything that looks like a schema', () => {
    const words = [
      'record',
      'enum',
      'fixed',
      'array',
      'map',
      'int',
      'A',
      'n.A',
      '',
      '.',
      '__proto__',
      'toString',
      null,
      1,
    ]
    const word = fc.constantFrom(...words)
    const keys = [
      'type',
      'name',
      'namespace',
      'fields',
      'items',
      'values',
      'symbols',
      'size',
      'default',
      'aliases',
      'order',
    ]
    const { schema } = fc.letrec((tie) => ({
      schema: fc.oneof(
        { maxDepth: 4 },
        word,
        fc.array(tie('schema'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom(...keys), tie('schema')),
        tie('schema').map((type) => record('A', field('a', type))),
      ),
    }))
    fc.assert(
      fc.property(schema, schema, (one, other) => typeof compareSchemas(one, other).compatible === 'boolean'),
      {
        numRuns: 500,
      },
    )
  })

  const levels = 10_000
  const nested = (innermost: unknown, around: (inner: unknown, level: number) => unknown): unknown => {
    let schema = innermost
    for (let level = 0; level < levels; level++) schema = around(schema, level)
    return schema
  }
  const list = (items: unknown) => ({ type: 'array', items })

  test.each([
    ['arrays', list, 'TYPE_MISMATCH'],
    ['records', (inner: unknown, level: number) => record(`R${level}`, field('a', inner)), 'TYPE_MISMATCH'],
    ['unions', (inner: unknown) => ['null', list(inner)], 'MISSING_UNION_BRANCH'],
  ])('ten thousand levels of %s are compared to the innermost', (_, around, type) => {
    const ints = nested('int', around)
    expect(compareSchemas(ints, ints)).toEqual({ compatible: true, findings: [] })
    expect(compareSchemas(ints, nested('string', around)).findings.map((finding) => finding.type)).toEqual([type])
  })

  test('ten thousand levels of no schema are told', () => {
    const lists = nested([], (inner) => [inner])
    expect(compareSchemas(lists, lists).findings).toHaveLength(2)
    const fallback = record('R', field('a', 'int', { default: lists }))
    expect(compareSchemas(fallback, fallback).compatible).toBe(true)
  })

  test('a type that is met in 2^60 ways is told a bounded number of times', () => {
    const doubled = (leaf: string) => {
      const uses = (level: number) => (level === 0 ? leaf : `D${level - 1}`)
      const each = Array.from({ length: 60 }, (_, level) =>
        field(`d${level}`, record(`D${level}`, field('a', uses(level)), field('b', uses(level)))),
      )
      return record('R', ...each)
    }
    expect(compareSchemas(doubled('int'), doubled('string')).findings).toHaveLength(1_000)
  })
})
