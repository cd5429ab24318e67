import { describe, expect, test } from 'vitest'
import { avroType } from '../../../../schemas/avro/avro.ts'
import { compareSchemas } from '../../../../schemas/compatibility.ts'
import { runtimeFindings } from '../../../../schemas/gate/runtimeFindings.ts'
import { field, holding, pairOf, record, told } from './pairs.ts'

describe('a namespace that moved', () => {
  const inner = { type: 'record', name: 'Inner', fields: [] }
  const older = { type: 'record', name: 'R', namespace: 'n', fields: [field('a', inner)] }
  const newer = { ...older, namespace: 'm' }

  test('is one finding for all that moved together, though registries take it', () => {
    const [found, ...others] = runtimeFindings(pairOf(older, newer))
    expect(others).toEqual([])
    expect(told([found!])).toEqual(['NAMESPACE_MOVED /namespace'])
    expect(found!.message).toMatch(/^v2 has \[R, Inner\] in the namespace m, v1 in the namespace n, and no alias /)
    expect(found!.hint).toBe(
      'Give record m.R "aliases": ["n.R"] in v2, and the others theirs, or the old namespace back.',
    )
    expect(compareSchemas(newer, older).compatible).toBe(true)
    expect(() => avroType(newer).createResolver(avroType(older))).toThrow('no alias found for n.R')
  })

  test('is none with aliases, where the newer one reads', () => {
    const aliased = {
      ...newer,
      aliases: ['n.R'],
      fields: [field('a', { ...inner, aliases: ['n.Inner'] })],
    }
    expect(runtimeFindings(pairOf(older, aliased))).toEqual([])
    const forward = runtimeFindings(pairOf(older, aliased, { directions: ['forward'] }))
    expect(told(forward)).toEqual(['NAMESPACE_MOVED /namespace'])
    expect(forward[0]!.hint).toContain('an alias helps only in the schema that reads')
  })
})

test('a long that was a bigint and is a number cannot read what is beyond 2^53', () => {
  const [bigint, number] = [holding({ type: 'long', typescript: 'bigint' }), holding('long')]
  expect(told(runtimeFindings(pairOf(bigint, number)))).toEqual(['BIGINT_DROPPED /fields/0/type'])
  expect(runtimeFindings(pairOf(number, bigint))).toEqual([])
  const [writer, reader] = [avroType(bigint), avroType(number)]
  const decode = (a: bigint) => reader.fromBuffer(writer.toBuffer({ a }), reader.createResolver(writer))
  expect(decode(7n)).toEqual({ a: 7 })
  expect(() => decode(2n ** 60n)).toThrow()
})

test('what Java took for readable while it compared it, and never looked at again, has no resolver', () => {
  const holder = (name: string, v: string, b: unknown) => record(name, field('l', ['null', b] as never), field('v', v))
  const b = record('B', field('a', 'A'))
  const reader = record(
    'R',
    field('a', [holder('A', 'int', b), { ...(holder('A2', 'string', 'B') as object), aliases: ['A'] }] as never),
  )
  const writer = record('R', field('a', holder('A', 'string', b)))
  expect(compareSchemas(reader, writer).compatible).toBe(true)
  const found = runtimeFindings(pairOf(writer, reader))
  expect(found.map(({ type }) => type)).toEqual(['UNRESOLVABLE'])
})

test('nothing is said where the level asks for nothing, or the checker has said it', () => {
  expect(runtimeFindings(pairOf(holding('int'), holding('string')))).toEqual([])
  expect(runtimeFindings(pairOf(record('n.R'), record('m.R'), { directions: [] }))).toEqual([])
})
