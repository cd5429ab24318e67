import { describe, expect, test } from 'vitest'
import { compareSchemas } from '../../../../schemas/compatibility.ts'
import { schemaFindings } from '../../../../schemas/gate/schemaFindings.ts'
import { field, holding, record, told } from './pairs.ts'

const findings = (schema: unknown) => schemaFindings({ version: 1, schema })
const fixed = { type: 'fixed', name: 'F', size: 1 }

describe('Java takes it, avsc does not', () => {
  test.each([
    ['a default of another type', holding('int', { default: 'x' }), ['BAD_DEFAULT /fields/0/default']],
    [
      'a default of the second branch',
      holding(['null', 'string'], { default: 'x' }),
      ['BAD_DEFAULT /fields/0/default'],
    ],
    [
      'a type that is used before it is defined',
      holding([
        { type: 'array', items: 'F' },
        { ...fixed, namespace: 'n' },
      ]),
      ['DEFINED_LATER /fields/0/type/0/items'],
    ],
    [
      'a type that is defined twice',
      record('R', field('a', fixed), field('b', fixed)),
      ['DEFINED_TWICE /fields/1/type'],
    ],
    ['an enum without symbols', holding({ type: 'enum', name: 'E', symbols: [] }), ['EMPTY_ENUM /fields/0/type']],
    ['an empty union', holding([]), ['EMPTY_UNION /fields/0/type']],
    [
      'names with other characters',
      record('a-b', field('c d', { type: 'enum', name: 'E', symbols: ['1'] })),
      ['NAME_REFUSED /name', 'NAME_REFUSED /fields/0/name', 'NAME_REFUSED /fields/0/type/symbols/0'],
    ],
  ])('%s', (_, schema, wanted) => {
    expect(told(findings(schema))).toEqual(wanted)
    expect(compareSchemas(schema, schema).compatible).toBe(true)
  })

  test('several defaults, each told at its place', () => {
    const inner = record('I', field('x', 'int', { default: 'bad' }), field('y', 'int', { default: 1 }))
    const schema = record(
      'R',
      field('a', 'int', { default: 1 }),
      field('b', inner, { default: {} }),
      field('c', ['int', 'null'], { default: null }),
    )
    expect(told(findings(schema))).toEqual([
      'BAD_DEFAULT /fields/1/type/fields/0/default',
      'BAD_DEFAULT /fields/1/default',
      'BAD_DEFAULT /fields/2/default',
    ])
  })

  test('a bad default is told in words', () => {
    const [found] = findings(holding(['null', 'string'], { default: 'x' }))
    expect(found!.message).toBe(
      `v1's field "a" has the default "x", which is no value of branch null, the first of its union: Java and registries take it, avsc takes no such schema.`,
    )
    expect(found!.hint).toBe('Put the branch of the default first, or give it a default of the first branch.')
  })

  test('a field named __proto__, which JavaScript loses', () => {
    expect(told(findings(record('R', field('__proto__', 'int'))))).toEqual(['NAME_REFUSED /fields/0/name'])
  })

  test.each(['constructor', 'toString'])(
    'a type named %s without a namespace, which avsc takes for a name in use',
    (name) => {
      const [found, ...more] = findings(record(name, field('a', 'int')))
      expect(told([found!, ...more])).toEqual(['NAME_REFUSED /name'])
      expect(found!.message).toContain(`avsc has it from JavaScript already`)
      expect(found!.hint).toBe('Call it otherwise, or give it a namespace.')
      expect(findings(record(`n.${name}`, field(name, 'int')))).toEqual([])
    },
  )

  test.each([
    ['a bigint', { type: 'long', typescript: 'bigint' }],
    ['a long', 'long'],
    ['a branch', ['long', 'null']],
  ])('the default of %s beyond 2^53, which JSON.parse has rounded', (_, type) => {
    const json = JSON.stringify(holding(type, { default: 0 })).replace('"default":0', '"default":9223372036854775807')
    const [found, ...more] = findings(JSON.parse(json))
    expect(told([found!, ...more])).toEqual(['BAD_DEFAULT /fields/0/default'])
    expect(found!.message).toBe(
      'v1\'s field "a" has a default beyond 2^53, which is not supported here: JavaScript reads such numbers of a schema rounded.',
    )
    expect(found!.hint).toBe('Give it a default nearer to 0, and write the larger number where it is meant.')
  })

  test('a schema that is nested too deeply to be compiled', () => {
    let deep: unknown = 'int'
    for (let level = 0; level < 20_000; level++) deep = { type: 'array', items: deep }
    expect(findings(holding(deep as never)).map(({ type }) => type)).toEqual(['TOO_DEEP'])
  })
})

describe('a logical type beside the type of a field, which nobody reads, is told with how to write it', () => {
  test.each([
    ['long', '{"type":"long","logicalType":"timestamp-millis"}'],
    [['null', 'long'], '["null",{"type":"long","logicalType":"timestamp-millis"}]'],
    [{ type: 'long' }, '{"type":"long","logicalType":"timestamp-millis"}'],
  ])('%j', (type, written) => {
    const schema = holding(type, { logicalType: 'timestamp-millis' })
    const found = findings(schema)
    expect(told(found)).toEqual(['LOGICAL_TYPE_MISPLACED /fields/0/logicalType'])
    expect(found[0]!.hint).toContain(`"type": ${written}`)
  })
  test('with its precision and scale', () => {
    const [found] = findings(holding('bytes', { logicalType: 'decimal', precision: 4, scale: 2 }))
    expect(found!.hint).toContain('{"type":"bytes","logicalType":"decimal","precision":4,"scale":2}')
  })
})

test('what is no record is nothing that this platform sends', () => {
  expect(told(findings('string'))).toEqual(['NOT_A_RECORD /'])
})

test('nothing is said of a good schema, nor of what Java refuses, which the checker says', () => {
  expect(findings(holding(['null', 'string'], { default: null }))).toEqual([])
  expect(findings({ type: 'nothing' })).toEqual([])
})
