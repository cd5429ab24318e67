import { describe, expect, test } from 'vitest'
import type { AvroSchema } from '../../../../app/record.ts'
import { compareSchemas } from '../../../../schemas/compatibility.ts'
import { meaningFindings } from '../../../../schemas/gate/meaningFindings.ts'
import { holding, pairOf, told } from './pairs.ts'

const long = (logicalType: string) => ({ type: 'long', logicalType })
const decimal = (precision: number, scale?: number) => ({
  type: 'bytes',
  logicalType: 'decimal',
  precision,
  ...(scale === undefined ? {} : { scale }),
})
const colour = (fallback: string) => ({ type: 'enum', name: 'Colour', symbols: ['RED', 'BLUE'], default: fallback })

describe('the same bytes mean something else where there is', () => {
  test.each([
    [
      'another logical type',
      long('timestamp-millis'),
      long('timestamp-micros'),
      'LOGICAL_TYPE_CHANGED /fields/0/type/logicalType',
    ],
    ['a logical type more', 'long', long('timestamp-millis'), 'LOGICAL_TYPE_ADDED /fields/0/type/logicalType'],
    ['a logical type less', long('timestamp-millis'), 'long', 'LOGICAL_TYPE_REMOVED /fields/0/type'],
    ['a smaller precision', decimal(6, 2), decimal(4, 2), 'PRECISION_CHANGED /fields/0/type/precision'],
    ['another scale', decimal(4, 2), decimal(4, 3), 'SCALE_CHANGED /fields/0/type/scale'],
    ['a scale less', decimal(4, 2), decimal(4), 'SCALE_CHANGED /fields/0/type'],
    ['another default of an enum', colour('RED'), colour('BLUE'), 'ENUM_DEFAULT_CHANGED /fields/0/type/default'],
    [
      'another logical type in a union',
      ['null', long('timestamp-millis')],
      ['null', long('timestamp-micros')],
      'LOGICAL_TYPE_CHANGED /fields/0/type/1/logicalType',
    ],
  ])('%s', (_, older, newer, wanted) => {
    expect(told(meaningFindings(pairOf(holding(older), holding(newer))))).toEqual([wanted])
    expect(compareSchemas(holding(newer), holding(older)).compatible).toBe(true)
  })

  test('a symbol less, where the rest has a default: what was written with it is read as that', () => {
    const [more, less] = [holding(colour('RED')), holding({ ...colour('RED'), symbols: ['RED'] })]
    const [found, ...others] = meaningFindings(pairOf(more, less))
    expect([found!.type, found!.at, found!.direction, others]).toEqual([
      'SYMBOLS_FALL_BACK',
      '/fields/0/type/symbols',
      'backward',
      [],
    ])
    expect(found!.message).toBe(
      `v2 reads [BLUE], which v1's enum n.Colour has and v2's has not, as [RED], its default.`,
    )
    expect(compareSchemas(less, more).compatible).toBe(true)
    expect(meaningFindings(pairOf(less, more))).toEqual([])
    const [forward] = meaningFindings(pairOf(less, more, { directions: ['backward', 'forward'] }))
    expect([forward!.type, forward!.direction]).toEqual(['SYMBOLS_FALL_BACK', 'forward'])
    expect(meaningFindings(pairOf(more, less, { directions: ['forward'] }))).toEqual([])
  })

  test('another default of a field', () => {
    const found = meaningFindings(pairOf(holding('int', { default: 1 }), holding('int', { default: 2 })))
    expect(told(found)).toEqual(['DEFAULT_CHANGED /fields/0/default'])
    expect(found[0]!.message).toBe('v2 takes 2 for the field "a" of record n.R where it is not written, v1 takes 1.')
    expect(found[0]!.hint).toBe('Keep "default": 1 in v2; write the new value where it is meant.')
  })
})

describe('what to do about another default makes a schema', () => {
  const hintOf = (older: AvroSchema, before: unknown, newer: AvroSchema, now: unknown) =>
    meaningFindings(pairOf(holding(older, { default: before }), holding(newer, { default: now })))[0]!.hint
  const word = '; write the new value where it is meant.'

  test('with the branch of the old one first again, where another is', () => {
    expect(hintOf(['string', 'null'], 'x', ['null', 'string'], null)).toBe(
      `Put string first again in v2's union and keep "default": "x"${word}`,
    )
    expect(hintOf('string', 'x', ['null', 'string'], null)).toBe(
      `Put string first in v2's union and keep "default": "x"${word}`,
    )
    expect(hintOf(['null', 'string'], null, 'string', '')).toBe(
      `Make it union [null, string] again in v2 and keep "default": null${word}`,
    )
  })

  test('by itself where it fits: of a wider number, and of the same first branch', () => {
    expect(hintOf('int', 1, 'double', 2)).toBe(`Keep "default": 1 in v2${word}`)
    expect(hintOf(['int', 'null'], 1, ['long', 'null'], 2)).toBe(`Keep "default": 1 in v2${word}`)
    expect(hintOf('string', 'x', ['string', 'null'], 'y')).toBe(`Keep "default": "x" in v2${word}`)
  })
})

describe('a larger precision', () => {
  const [before, now] = [holding(decimal(4, 2)), holding(decimal(6, 2))]
  const findings = (options: Parameters<typeof pairOf>[2]) => meaningFindings(pairOf(before, now, options))

  test('is nothing to a version that reads all that was written, where it is asked no more', () => {
    expect(findings({ directions: ['backward'] })).toEqual([])
    expect(findings({ directions: ['backward'], part: 'input' })).toEqual([])
  })

  test('is more digits than the older version allows, where that reads on, or JSON is received', () => {
    for (const options of [
      { directions: ['forward'] },
      { directions: ['backward', 'forward'] },
      { directions: [] },
      { directions: ['backward'], part: 'result' },
    ] as const)
      expect(told(findings(options))).toEqual(['PRECISION_CHANGED /fields/0/type/precision'])
    expect(findings({ directions: ['forward'] })[0]!.message).toBe(
      "v2's bytes (decimal) has a precision of 6, v1's of 4: who reads with v1, or receives JSON as v1 has it, may meet more digits than it allows.",
    )
  })

  test('while a smaller one is fewer than the older version wrote', () => {
    expect(meaningFindings(pairOf(now, before))[0]!.message).toBe(
      "v2's bytes (decimal) has a precision of 4, v1's of 6: what was written with v1 may have more digits than v2 says.",
    )
  })

  test('with another scale is another number all the same', () => {
    const found = meaningFindings(pairOf(before, holding(decimal(6, 3))))
    expect(told(found)).toContain('SCALE_CHANGED /fields/0/type/scale')
  })
})

describe('nothing is said of', () => {
  test('a scale of 0 that is written out', () => {
    expect(meaningFindings(pairOf(holding(decimal(4)), holding(decimal(4, 0))))).toEqual([])
  })
  test('a default that is given, or taken away', () => {
    expect(meaningFindings(pairOf(holding('int'), holding('int', { default: 2 })))).toEqual([])
    expect(meaningFindings(pairOf(holding('int', { default: 2 }), holding('int')))).toEqual([])
  })
  test('the same default in another order of its keys', () => {
    const map = { type: 'map', values: 'int' }
    const [one, other] = [holding(map, { default: { a: 1, b: 2 } }), holding(map, { default: { b: 2, a: 1 } })]
    expect(meaningFindings(pairOf(one, other))).toEqual([])
  })
  test('docs, and the order of symbols', () => {
    const turned = { ...colour('RED'), symbols: ['BLUE', 'RED'], doc: 'in centimetres' }
    expect(meaningFindings(pairOf(holding(colour('RED')), holding(turned)))).toEqual([])
  })
})
