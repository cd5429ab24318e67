import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AvroSchema } from '../../../app/record.ts'
import { avroType } from '../../../schemas/avro/avro.ts'
import { parseJson, toJson } from '../../../schemas/json/json.ts'
import { recordSchema } from './avroArbitrary.ts'
import { runs, slow } from './runs.ts'

const record = (...fields: readonly { name: string; type: AvroSchema; default?: unknown }[]): AvroSchema => ({
  type: 'record',
  name: 'tests.Thing',
  fields,
})
const only = (type: AvroSchema): AvroSchema => record({ name: 'it', type })
const problems = (schema: AvroSchema, json: unknown) => {
  const parsed = parseJson(schema, json)
  return parsed.kind === 'invalid' ? parsed.problems : []
}
const valueFrom = (schema: AvroSchema, json: unknown) => {
  const parsed = parseJson(schema, json)
  return parsed.kind === 'valid' ? parsed.value : parsed.problems
}
const refused = (type: AvroSchema, json: unknown) => problems(only(type), { it: json }).map(({ message }) => message)
const taken = (type: AvroSchema, json: unknown) => (valueFrom(only(type), { it: json }) as { it: unknown }).it

test('whatever avsc can make of any schema survives JSON and back, to the byte', slow, () => {
  fc.assert(
    fc.property(recordSchema, (schema) => {
      const type = avroType(schema)
      const value = type.random()
      const parsed = parseJson(schema, JSON.parse(JSON.stringify(toJson(schema, value))))
      expect(parsed).toMatchObject({ kind: 'valid' })
      expect(type.toBuffer((parsed as { value: unknown }).value)).toEqual(type.toBuffer(value))
    }),
    runs(100),
  )
})

test('whatever JSON is given, it is either a value that can be encoded or a list of problems', slow, () => {
  fc.assert(
    fc.property(recordSchema, fc.jsonValue(), (schema, json) => {
      const { fields } = schema as unknown as { fields: readonly { name: string }[] }
      const filled = Object.fromEntries(fields.map(({ name }) => [name, json]))
      const parsed = parseJson(schema, filled)
      if (parsed.kind === 'valid') avroType(schema).toBuffer(parsed.value)
      else expect(parsed.problems.length).toBeGreaterThan(0)
    }),
    runs(100),
  )
})

describe('problems', () => {
  test('all are told at once, each with its pointer', () => {
    const inner: AvroSchema = { type: 'record', name: 'tests.Inner', fields: [{ name: 'n', type: 'int' }] }
    const schema = record(
      { name: 'missing', type: 'string' },
      { name: 'wrong', type: 'boolean' },
      { name: 'list', type: { type: 'array', items: inner } },
      { name: 'map', type: { type: 'map', values: 'long' } },
    )
    const json = { wrong: 'yes', list: [{ n: 1 }, { n: 1.5, more: 1 }], map: { 'a/b~c': '1' }, extra: null }
    expect(problems(schema, json)).toEqual([
      { pointer: '/missing', message: 'is missing' },
      { pointer: '/wrong', message: 'must be true or false' },
      { pointer: '/list/1/n', message: 'must be a whole number from -2147483648 to 2147483647' },
      { pointer: '/list/1/more', message: 'is not a field of tests.Inner' },
      { pointer: '/map/a~1b~0c', message: 'must be a whole number from -9007199254740990 to 9007199254740990' },
      { pointer: '/extra', message: 'is not a field of tests.Thing' },
    ])
  })

  test('pointers begin where the caller says that the JSON lies', () => {
    const parsed = parseJson(only('int'), { it: 'x' }, '/data')
    expect(parsed).toMatchObject({ problems: [{ pointer: '/data/it' }] })
    expect(parseJson(only('int'), 7, '/data')).toEqual({
      kind: 'invalid',
      problems: [{ pointer: '/data', message: 'must be an object' }],
    })
  })

  test('a million wrong items are not a million problems', () => {
    const list = Array.from({ length: 1_000_000 }, () => 'x')
    expect(refused({ type: 'array', items: 'int' }, list)).toHaveLength(100)
    const fields = Object.fromEntries(list.slice(0, 1_000).map((_, index) => [`f${index}`, 1]))
    expect(problems(only('int'), fields)).toHaveLength(100)
  })

  test('JSON nested without end is a problem, not a stack overflow', () => {
    const node: AvroSchema = {
      type: 'record',
      name: 'tests.Node',
      fields: [{ name: 'next', type: ['null', 'tests.Node'], default: null }],
    }
    const nested = (levels: number) => {
      let json: unknown = {}
      for (let level = 0; level < levels; level++) json = { next: json }
      return json
    }
    expect(problems(node, nested(100))).toEqual([])
    expect(problems(node, nested(100_000))).toEqual([
      { pointer: '/next'.repeat(101), message: 'is nested deeper than 100 levels' },
    ])
  })

  test('names of object properties are neither fields nor symbols', () => {
    expect(problems(only('string'), JSON.parse('{"it": "x", "__proto__": 1, "toString": 2}'))).toEqual([
      { pointer: '/__proto__', message: 'is not a field of tests.Thing' },
      { pointer: '/toString', message: 'is not a field of tests.Thing' },
    ])
    expect(refused({ type: 'enum', name: 'E', symbols: ['A'] }, 'constructor')).toEqual(['must be one of A'])
    expect(problems(record({ name: 'toString', type: 'string' }), {})).toEqual([
      { pointer: '/toString', message: 'is missing' },
    ])
  })

  test('problems never repeat what was sent', () => {
    expect(JSON.stringify(problems(only(['null', 'int', 'string']), { it: { secret: 'secret' } }))).not.toMatch(
      'secret',
    )
  })
})

describe('unions and defaults', () => {
  test('a branch is written as it is, where JSON can tell the branches apart', () => {
    expect(taken(['null', 'string'], null)).toBeNull()
    expect(taken(['null', 'string'], 'x')).toBe('x')
    expect(refused(['null', 'string'], 1)).toEqual(['must be null or a string of well-formed Unicode'])
  })

  test('numbers of two kinds are wrapped, as avsc wraps them', () => {
    expect(taken(['int', 'double'], { double: 1.5 })).toEqual({ double: 1.5 })
    expect(refused(['int', 'double'], 1.5)).toEqual(['must be {"int": …} or {"double": …}'])
    expect(problems(only(['int', 'double']), { it: { int: 1.5 } })).toMatchObject([{ pointer: '/it/int' }])
  })

  test('text and bytes are wrapped in JSON, where both are strings', () => {
    expect(toJson(only(['string', 'bytes']), { it: Buffer.from([0, 1]) })).toEqual({ it: { bytes: 'AAE=' } })
    expect(taken(['string', 'bytes'], { bytes: 'AAE=' })).toEqual(Buffer.from([0, 1]))
  })

  test('a field is read by its alias where its name is missing, as in Avro', () => {
    const schema: AvroSchema = {
      type: 'record',
      name: 'tests.Renamed',
      fields: [{ name: 'to', type: 'string', aliases: ['until'] }],
    }
    expect(valueFrom(schema, { until: 'noon' })).toEqual({ to: 'noon' })
    expect(problems(schema, { until: 1 })).toMatchObject([{ pointer: '/until' }])
    expect(problems(schema, { to: 'noon', until: 'night' })).toMatchObject([{ pointer: '/until' }])
  })

  test('retired fields are ignored at any depth, in their own record alone', () => {
    const inner: AvroSchema = { type: 'record', name: 'tests.Inner', fields: [{ name: 'n', type: 'int' }] }
    const schema = record({ name: 'list', type: { type: 'array', items: inner } })
    const json = { list: [{ n: 1, old: 'x' }], old: 1 }
    expect(parseJson(schema, json, '', { 'tests.Inner': ['old'] })).toEqual({
      kind: 'invalid',
      problems: [{ pointer: '/old', message: 'is not a field of tests.Thing' }],
    })
    expect(parseJson(schema, json, '', { 'tests.Inner': ['old'], 'tests.Thing': ['old'] })).toEqual({
      kind: 'valid',
      value: { list: [{ n: 1 }] },
    })
  })

  test('defaults are filled in, a fresh one each time', () => {
    const schema = record({ name: 'list', type: { type: 'array', items: 'int' }, default: [1] })
    const first = valueFrom(schema, {}) as { list: number[] }
    first.list.push(2)
    expect(valueFrom(schema, {})).toEqual({ list: [1] })
  })

  test('a map may have the key __proto__', () => {
    const schema = only({ type: 'map', values: 'int' })
    const value = valueFrom(schema, JSON.parse('{"it": {"__proto__": 1}}'))
    const type = avroType(schema)
    expect(JSON.stringify(toJson(schema, type.fromBuffer(type.toBuffer(value))))).toBe('{"it":{"__proto__":1}}')
  })
})
