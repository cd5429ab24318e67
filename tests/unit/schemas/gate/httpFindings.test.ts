import { describe, expect, test } from 'vitest'
import type { AvroSchema } from '../../../../app/record.ts'
import type { Direction } from '../../../../schemas/compatibility/evolution.ts'
import { httpFindings } from '../../../../schemas/gate/httpFindings.ts'
import { parseJson } from '../../../../schemas/json/json.ts'
import { field, holding, pairOf, record, told } from './pairs.ts'

const colour = (...symbols: readonly string[]) => ({ type: 'enum', name: 'Colour', symbols, default: symbols[0] })
const decimal = (precision: number, scale: number) => ({ type: 'bytes', logicalType: 'decimal', precision, scale })
/** At NONE, where Avro says nothing. */
const input = { part: 'input', directions: [] }
const result = { part: 'result', directions: [] }
const inList = (type: unknown) => ({ type: 'array', items: type })

describe('of an input', () => {
  test('a field that is dropped is still sent, and ignored', () => {
    const older = record('n.R', field('a', 'int'), field('b', 'int'))
    const [found] = httpFindings(pairOf(older, holding('int'), input))
    expect(told([found!])).toEqual(['FIELD_DROPPED /fields/b'])
    expect(found!.message).toBe(
      'v2\'s record n.R has no field "b" any more: clients that know v1 still send it, and what they send there is accepted and ignored.',
    )
  })

  test('a field under a new name is read under its alias too, without one it is dropped and required', () => {
    const renamed = (aliases: readonly string[]) => record('n.R', field('b', 'int', { aliases }))
    expect(httpFindings(pairOf(holding('int'), renamed(['a']), input))).toEqual([])
    expect(told(httpFindings(pairOf(holding('int'), renamed([]), input)))).toEqual([
      'FIELD_DROPPED /fields/a',
      'FIELD_REQUIRED /fields/0',
    ])
  })

  test.each([
    ['a default that is taken away', holding('int', { default: 1 }), holding('int'), {}, 'DEFAULT_REMOVED /fields/0'],
    [
      'a symbol that is taken away',
      holding(colour('R', 'G')),
      holding(colour('R')),
      { a: 'G' },
      'SYMBOLS_REMOVED /fields/0/type/symbols',
    ],
    ['null that is taken away', holding(['null', 'int']), holding('int'), { a: null }, 'JSON_NARROWED /fields/0/type'],
    ['a narrower number', holding('double'), holding('int'), { a: 1.5 }, 'JSON_NARROWED /fields/0/type'],
    [
      'a shorter fixed',
      holding({ type: 'fixed', name: 'F', size: 2 }),
      holding({ type: 'fixed', name: 'F', size: 1 }),
      { a: 'AAA=' },
      'JSON_NARROWED /fields/0/type',
    ],
    [
      'a decimal of fewer digits after the point',
      holding(decimal(4, 2)),
      holding(decimal(4, 1)),
      { a: '1.25' },
      'JSON_NARROWED /fields/0/type',
    ],
    [
      'a decimal of fewer digits before it',
      holding(decimal(4, 2)),
      holding(decimal(4, 3)),
      { a: '12.5' },
      'JSON_NARROWED /fields/0/type',
    ],
    ['text that becomes base64', holding('string'), holding('bytes'), { a: 'a text' }, 'JSON_NARROWED /fields/0/type'],
    ['an enum for a string', holding('string'), holding(colour('R')), { a: 'a text' }, 'JSON_NARROWED /fields/0/type'],
    [
      'a union that is wrapped',
      holding(['null', 'int']),
      holding(['null', 'int', 'long']),
      { a: 1 },
      'JSON_FORM_CHANGED /fields/0/type',
    ],
    [
      'text beside a number that may be text',
      holding(['null', 'double']),
      holding(['null', 'double', 'string']),
      { a: 1.5 },
      'JSON_FORM_CHANGED /fields/0/type',
    ],
    [
      'a union that is wrapped in JSON alone',
      holding(['null', 'string']),
      holding(['null', 'string', 'bytes']),
      { a: 'x' },
      'JSON_FORM_CHANGED /fields/0/type',
    ],
    [
      'a narrower number in a list',
      holding(inList('double')),
      holding(inList('int')),
      { a: [1.5] },
      'JSON_NARROWED /fields/0/type/items',
    ],
  ])('%s makes requests fail that did not', (_, older, newer, json, wanted) => {
    expect(told(httpFindings(pairOf(older, newer, input)))).toEqual([wanted])
    expect(parseJson(older, json).kind).toBe('valid')
    expect(parseJson(newer, json).kind).toBe('invalid')
  })

  test.each([
    ['a new field with a default', holding('int'), record('n.R', field('a', 'int'), field('b', 'int', { default: 1 }))],
    ['a wider number', holding('int'), holding('double')],
    ['null beside it', holding('int'), holding(['null', 'int'])],
    ['a symbol more', holding(colour('R')), holding(colour('R', 'G'))],
    ['a time for a number', holding('long'), holding({ type: 'long', logicalType: 'timestamp-millis' })],
  ])('%s is taken', (_, older, newer) => {
    expect(httpFindings(pairOf(older, newer, input))).toEqual([])
  })
})

describe('of an input whose JSON another type takes as well', () => {
  const messageOf = (older: AvroSchema, newer: AvroSchema) =>
    httpFindings(pairOf(holding(older), holding(newer), input)).map(({ type, message }) => `${type} ${message}`)

  test('bytes that become text are accepted, and their base64 is the text', () => {
    expect(messageOf('bytes', 'string')).toEqual([
      'JSON_FORM_CHANGED v2 has string where v1 had bytes: what clients that know v1 send as bytes is accepted, and read as text: that of base64.',
    ])
    expect(parseJson(holding('string'), { a: 'abcd' })).toEqual({ kind: 'valid', value: { a: 'abcd' } })
  })

  test('text that becomes bytes is accepted where it happens to be base64', () => {
    expect(messageOf('string', 'bytes')).toEqual([
      'JSON_NARROWED v2 has bytes where v1 had string: what clients that know v1 send as string is accepted where it is bytes in base64, and read as that; other values are answered 422.',
    ])
    expect(parseJson(holding('bytes'), { a: 'abcd' }).kind).toBe('valid')
  })

  test('a number that becomes narrower is accepted where it fits', () => {
    expect(messageOf('double', 'float')[0]).toContain('accepted where it is a number that fits 32 bits, or "NaN"')
    expect(messageOf('boolean', 'int')).toEqual([
      'JSON_NARROWED v2 has int where v1 had boolean: clients that know v1 may send boolean, and are answered 422.',
    ])
  })

  test('nothing is said of what is read as what it is: millis as micros, fixed as bytes, an enum as a branch of text', () => {
    const time = (unit: string) => ({ type: 'long', logicalType: `timestamp-${unit}` })
    expect(messageOf(time('millis'), time('micros'))).toEqual([])
    expect(messageOf({ type: 'fixed', name: 'F', size: 2 }, 'bytes')).toEqual([])
    expect(messageOf(['null', colour('R')], ['null', 'string'])).toEqual([])
  })

  test('a branch that is gone is read as one that takes its JSON', () => {
    expect(messageOf(['null', 'string'], ['null', colour('R')])).toEqual([
      'JSON_NARROWED v2 has union [null, n.Colour] where v1 had union [null, string]: what clients that know v1 send as string is accepted where it is one of R, and read as that; other values are answered 422.',
    ])
  })
})

describe('of a result', () => {
  test('bytes that become text, and text that becomes bytes, are told as what receivers take them for', () => {
    const [found] = httpFindings(pairOf(holding('string'), holding('bytes'), result))
    expect(found!.message).toBe(
      'v2 has bytes where v1 had string: receivers of callbacks that know v1 get bytes, and take it for text: that of base64.',
    )
  })

  test.each([
    [
      'a field that is dropped',
      record('n.R', field('a', 'int'), field('b', 'int')),
      holding('int'),
      'FIELD_DROPPED /fields/b',
    ],
    ['a symbol more', holding(colour('R')), holding(colour('R', 'G')), 'SYMBOLS_ADDED /fields/0/type/symbols'],
    ['a wider number', holding('int'), holding('double'), 'JSON_WIDENED /fields/0/type'],
    ['null beside it', holding('int'), holding(['null', 'int']), 'JSON_WIDENED /fields/0/type'],
    ['a branch more', holding(['null', 'int']), holding(['null', 'int', 'boolean']), 'JSON_WIDENED /fields/0/type'],
    ['a string for an enum', holding(colour('R')), holding('string'), 'JSON_WIDENED /fields/0/type'],
  ])('%s breaks receivers', (_, older, newer, wanted) => {
    expect(told(httpFindings(pairOf(older, newer, result)))).toEqual([wanted])
  })

  test.each([
    ['a new field', holding('int'), record('n.R', field('a', 'int'), field('b', 'int'))],
    ['a narrower number', holding('double'), holding('int')],
    ['a decimal of fewer digits', holding(decimal(6, 2)), holding(decimal(4, 2))],
    ['null that is not there any more', holding(['null', 'int']), holding('int')],
    ['a symbol less', holding(colour('R', 'G')), holding(colour('R'))],
  ])('%s is no matter', (_, older, newer) => {
    expect(httpFindings(pairOf(older, newer, result))).toEqual([])
  })
})

test('types that only attributes tell apart are called by them', () => {
  const messageOf = (older: AvroSchema, newer: AvroSchema, options: typeof input) =>
    httpFindings(pairOf(holding(older), holding(newer), options))[0]!
  expect(messageOf(decimal(4, 2), decimal(4, 1), input).message).toContain(
    'v2 has bytes (decimal, precision 4, scale 1) where v1 had bytes (decimal, precision 4, scale 2): ',
  )
  const bigint = { type: 'long', typescript: 'bigint' }
  const widened = messageOf('long', bigint, result)
  expect(widened.message).toBe(
    'v2 has long ("typescript": "bigint") where v1 had long: receivers of callbacks that know v1 do not expect long ("typescript": "bigint").',
  )
  expect(widened.hint).toBe('Keep long without "typescript" in v2, and put what is new in a field of its own.')
  const fixed = (size: number) => ({ type: 'fixed', name: 'F', size })
  expect(messageOf(fixed(2), fixed(1), input).message).toMatch(
    /^v2 has fixed n.F \(size 1\) where v1 had fixed n.F \(size 2\): /,
  )
})

describe('what Avro refuses, where the level asks for it, is not told again', () => {
  const full: { readonly directions: readonly Direction[] } = { directions: ['backward', 'forward'] }
  test.each([
    ['a field more', 'input', holding('int'), record('n.R', field('a', 'int'), field('b', 'int'))],
    ['a narrower number', 'input', holding('double'), holding('int')],
    ['a branch less', 'input', holding(['null', 'int', 'string']), holding(['null', 'int'])],
    ['a field less', 'result', record('n.R', field('a', 'int'), field('b', 'int')), holding('int')],
    ['a branch more', 'result', holding(['null', 'int']), holding(['null', 'int', 'string'])],
  ])('%s of an %s', (_, part, older, newer) => {
    expect(httpFindings(pairOf(older, newer, { ...full, part }))).toEqual([])
    expect(httpFindings(pairOf(older, newer, { directions: [], part }))).toHaveLength(1)
  })

  test('but a rename that an alias bridges for Avro is, as a result has the new name', () => {
    const older = record('n.R', field('a', 'int', { aliases: ['b'] }))
    const newer = record('n.R', field('b', 'int', { aliases: ['a'] }))
    const found = httpFindings(pairOf(older, newer, { ...full, part: 'result' }))
    expect(told(found)).toEqual(['FIELD_DROPPED /fields/a'])
    expect(found[0]!.message).toContain('(it is "b" now, and who receives a result goes by names, not by aliases)')
  })
})

test('an event is not spoken over HTTP', () => {
  expect(httpFindings(pairOf(holding('int'), record('n.R')))).toEqual([])
})

test('a record that holds itself is walked once', () => {
  const node = (...more: readonly ReturnType<typeof field>[]) =>
    record('n.Node', field('next', ['null', 'n.Node']), field('all', inList('n.Node')), ...more)
  expect(told(httpFindings(pairOf(node(field('x', 'int')), node(), input)))).toEqual(['FIELD_DROPPED /fields/x'])
})
