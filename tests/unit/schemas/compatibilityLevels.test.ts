// The seven levels, over the schemas of Confluent's own test of them.
import { describe, expect, test } from 'vitest'
import type { CompatibilityLevel } from '../../../app/record.ts'
import { checkEvolution, isCompatibilityLevel } from '../../../schemas/compatibility.ts'

const string = (name: string, more: object = {}) => ({ name, type: 'string', ...more })
const of = (...fields: readonly object[]) => ({ type: 'record', name: 'myrecord', fields })
const union = (...branches: readonly string[]) => of({ name: 'f1', type: branches })

const one = of(string('f1'))
const two = of(string('f1'), string('f2', { default: 'foo' }))
const three = of(string('f1'), string('f2'))
const renamed = of(string('f1_new', { aliases: ['f1'] }))
const nullable = union('null', 'string')
const wider = union('null', 'string', 'int')
const eight = of(string('f1'), string('f2', { default: 'foo' }), string('f3', { default: 'bar' }))

type Row = readonly [what: string, compatible: boolean, next: object, ...previous: object[]]
const rows: Readonly<Record<Exclude<CompatibilityLevel, 'NONE'>, readonly Row[]>> = {
  BACKWARD: [
    ['a field with a default is added', true, two, one],
    ['a field without one is added', false, three, one],
    ['a field is renamed, with an alias', true, renamed, one],
    ['a type becomes a union', true, nullable, one],
    ['a union becomes a type', false, one, nullable],
    ['a branch is added', true, wider, nullable],
    ['a branch is taken away', false, nullable, wider],
    ['only the latest version counts', true, three, one, two],
  ],
  BACKWARD_TRANSITIVE: [
    ['fields with defaults are added', true, eight, one, two],
    ['a default is taken away', true, three, two],
    ['a default is taken away that the first version needs', false, three, one, two],
  ],
  FORWARD: [
    ['a field with a default is added', true, two, one],
    ['a field without one is added', true, three, one],
    ['a field is taken away that had no default', false, one, three],
    ['only the latest version counts', true, one, three, two],
  ],
  FORWARD_TRANSITIVE: [
    ['fields with defaults are taken away', true, one, eight, two],
    ['a field is taken away that had no default once', false, one, three, two],
  ],
  FULL: [
    ['a field with a default is added', true, two, one],
    ['a field without one is added', false, three, one],
    ['only the latest version counts', true, three, one, two],
  ],
  FULL_TRANSITIVE: [
    ['fields with defaults are added', true, eight, one, two],
    ['fields with defaults are taken away', true, one, eight, two],
    ['a default is taken away that the first version needs', false, three, one, two],
    ['a field is taken away that had no default once', false, one, three, two],
  ],
}

describe.each(Object.entries(rows))('%s', (level, each) => {
  test.each(each)('%s: %s', (_, compatible, next, ...previous) => {
    const { findings, ...verdict } = checkEvolution(next, previous, level as CompatibilityLevel)
    expect(verdict).toEqual({ compatible })
    expect(findings.length > 0).toBe(!compatible)
  })

  test('a first version may be anything that is a schema', () => {
    expect(checkEvolution(one, [], level as CompatibilityLevel)).toEqual({ compatible: true, findings: [] })
    expect(checkEvolution({}, [], level as CompatibilityLevel).findings).toMatchObject([
      { type: 'INVALID_SCHEMA', version: 1, message: expect.stringMatching(/^v1 is not a schema/) },
    ])
  })
})

describe('NONE', () => {
  test('anything may follow, if it is a schema', () => {
    expect(checkEvolution('int', [one, { broken: true }], 'NONE')).toEqual({ compatible: true, findings: [] })
    expect(checkEvolution(1, [one], 'NONE').compatible).toBe(false)
  })
})

describe('what is told', () => {
  const colours = (...symbols: readonly string[]) => ({ type: 'enum', name: 'Colour', symbols })

  test('is of every version and direction, the latest version first', () => {
    const { findings } = checkEvolution('string', ['int', 'bytes', 'long'], 'FULL_TRANSITIVE')
    expect(findings.map(({ version, direction }) => [version, direction])).toEqual([
      [3, 'backward'],
      [3, 'forward'],
      [1, 'backward'],
      [1, 'forward'],
    ])
  })

  test('hints at what to do in the new version, whichever of the two it is', () => {
    const backward = checkEvolution(colours('RED'), [colours('RED'), colours('RED', 'GREEN')], 'BACKWARD')
    expect(backward.findings.map(({ message, hint }) => [message, hint])).toEqual([
      [
        "v3's enum Colour does not know v2's symbols [GREEN], and has no default to read them as.",
        'Give the enum *type* Colour a default in v3, or keep [GREEN]; a field default does not count.',
      ],
    ])
    const forward = checkEvolution(colours('RED', 'GREEN'), [colours('RED'), colours('RED')], 'FORWARD')
    expect(forward.findings.map(({ message, hint }) => [message, hint])).toEqual([
      [
        "v2's enum Colour does not know v3's symbols [GREEN], and has no default to read them as.",
        'Leave [GREEN] out of v3: the enum *type* Colour has no default in v2; a field default does not count.',
      ],
    ])
  })

  test('says which older version is no schema', () => {
    expect(checkEvolution('int', [{}, 'int'], 'BACKWARD_TRANSITIVE').findings).toMatchObject([
      { type: 'INVALID_SCHEMA', version: 1, message: expect.stringMatching(/^v1 is not a schema/) },
    ])
    expect(checkEvolution('int', [{}, 'int'], 'BACKWARD').compatible).toBe(true)
  })
})

test('a level is one of seven', () => {
  expect([...Object.keys(rows), 'NONE'].every(isCompatibilityLevel)).toBe(true)
  expect(['none', 'toString', undefined, null, 'BACKWARDS'].some(isCompatibilityLevel)).toBe(false)
})
