import { describe, expect, test } from 'vitest'
import { avroType } from '../../../../schemas/avro/avro.ts'
import { compareSchemas } from '../../../../schemas/compatibility.ts'
import { shapeFindings } from '../../../../schemas/gate/shapeFindings.ts'
import { field, holding, pairOf, record, told } from './pairs.ts'

const one = { type: 'record', name: 'One', fields: [] }
const two = { type: 'record', name: 'Two', fields: [] }
const colour = { type: 'enum', name: 'Colour', symbols: ['RED'] }
const time = { type: 'long', logicalType: 'timestamp-millis' }
const decimal = { type: 'bytes', logicalType: 'decimal', precision: 4, scale: 2 }

describe('a registry says yes, and the handler gets another value', () => {
  test.each([
    ['a second number in a union', ['null', 'int'], ['null', 'int', 'long'], 'UNION_WRAPPED'],
    ['a second record in a union', ['null', one], ['null', one, two], 'UNION_WRAPPED'],
    ['a type that becomes a wrapped union', 'int', ['int', 'double'], 'UNION_WRAPPED'],
    ['a second sort of text', ['string', 'null'], ['string', 'null', colour], 'UNION_WRAPPED'],
    ['a union that is not wrapped any more', ['int', 'long'], ['long', 'string'], 'UNION_UNWRAPPED BRANCH'],
    ['one more branch', ['null', 'string'], ['null', 'string', 'boolean'], 'BRANCH_ADDED'],
    ['one more branch of a wrapped union', ['int', 'long'], ['int', 'long', 'double'], 'BRANCH_ADDED'],
    ['text that becomes bytes', 'string', 'bytes', 'VALUE_CHANGED'],
    ['bytes that become text', 'bytes', 'string', 'VALUE_CHANGED'],
    ['a decimal that becomes its bytes', decimal, 'bytes', 'VALUE_CHANGED'],
    ['a long that becomes a bigint', 'long', { type: 'long', typescript: 'bigint' }, 'VALUE_CHANGED'],
    ['a long that becomes a time', 'long', { type: 'long', logicalType: 'timestamp-millis' }, 'VALUE_CHANGED'],
  ])('%s', (_, older, newer, type) => {
    const [before, now] = [holding(older), holding(newer)]
    const found = shapeFindings(pairOf(before, now))
    expect(found.map((each) => each.type)).toEqual([type.split(' ')[0]])
    expect(found[0]!.at).toBe('/fields/0/type')
    if (type !== 'UNION_UNWRAPPED BRANCH') expect(compareSchemas(now, before).compatible).toBe(true)
  })

  test.each([
    ['a time that is read as the number beside it', ['double', 'null', time], ['double', 'null'], 'VALUE_CHANGED'],
    ['a time that is read as a plain number', ['double', time], 'double', 'VALUE_CHANGED'],
    ['a number that is read under the name of another', ['int', 'long', 'float'], ['long', 'float'], 'BRANCH_RENAMED'],
  ])('a branch that goes: %s', (_, older, newer, type) => {
    expect(compareSchemas(holding(newer), holding(older)).compatible).toBe(true)
    expect(told(shapeFindings(pairOf(holding(older), holding(newer))))).toEqual([
      expect.stringMatching(`^${type} /fields/0/type`),
    ])
  })

  test('a branch of a wrapped union that has another name', () => {
    const moved = { ...one, name: 'Uno', aliases: ['One'] }
    expect(told(shapeFindings(pairOf(holding([one, two]), holding([moved, two]))))).toEqual([
      'BRANCH_RENAMED /fields/0/type/0',
    ])
  })

  test('a field under another name, which an alias says', () => {
    const newer = record('n.R', field('b', 'bytes', { aliases: ['a'] }))
    expect(told(shapeFindings(pairOf(holding('string'), newer)))).toEqual(['VALUE_CHANGED /fields/0/type'])
  })

  test('deep within', () => {
    const nested = (type: string) =>
      holding({ type: 'array', items: { type: 'map', values: record('I', field('x', type)) } })
    expect(told(shapeFindings(pairOf(nested('string'), nested('bytes'))))).toEqual([
      'VALUE_CHANGED /fields/0/type/items/values/fields/0/type',
    ])
  })
})

describe('nothing is said of', () => {
  test.each([
    ['a wider number', 'int', 'double'],
    ['a wider number in a union', ['null', 'int'], ['null', 'long']],
    ['null where there was none, which the compiler tells a handler', 'string', ['null', 'string']],
    ['null in a union', ['int', 'string'], ['null', 'int', 'string']],
    ['a symbol more', colour, { ...colour, symbols: ['RED', 'BLUE'] }],
    ['null that is not there any more', ['null', 'string'], 'string'],
    ['a branch that goes, and that nothing reads', ['null', 'string', time], ['null', 'string']],
    ['another order of branches', ['null', 'string'], ['string', 'null']],
    ['what Avro refuses anyway', 'string', 'int'],
  ])('%s', (_, older, newer) => {
    expect(shapeFindings(pairOf(holding(older), holding(newer)))).toEqual([])
  })

  test('fields that come and go', () => {
    const newer = record('n.R', field('b', 'int', { default: 0 }))
    expect(shapeFindings(pairOf(holding('string'), newer))).toEqual([])
  })
})

test('where the level asks for nothing, what Avro would refuse is told as well', () => {
  expect(told(shapeFindings(pairOf(holding('string'), holding('int'), { directions: [] })))).toEqual([
    'VALUE_CHANGED /fields/0/type',
  ])
  expect(told(shapeFindings(pairOf(holding(colour), holding('string'), { directions: [] })))).toEqual([
    'ENUM_OPENED /fields/0/type',
  ])
})

test('the words are those of a handler', () => {
  const [found] = shapeFindings(pairOf(holding(['null', 'int']), holding(['null', 'int', 'long'])))
  expect(found!.message).toBe(
    `A value of v2's union [null, int, long] is { "int": … }, since JavaScript cannot tell its branches apart; one of v1's union [null, int] was plain.`,
  )
  expect(found!.hint).toMatch(/^Put what is new in a field of its own/)
  const type = avroType(holding(['null', 'int', 'long']))
  expect(type.fromBuffer(Buffer.from([2, 14]))).toEqual({ a: { int: 7 } })
})

test('a long that becomes a bigint is told by what makes it one', () => {
  const [found] = shapeFindings(pairOf(holding('long'), holding({ type: 'long', typescript: 'bigint' })))
  expect(found!.message).toBe(
    `Handlers get a bigint of v2's long ("typescript": "bigint"), where v1's long gave them a number.`,
  )
  expect(found!.hint).toMatch(/^Keep long without "typescript" in v2, /)
})
