// What becomes of one record under a proposed version.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ErrandError } from '../../../../app/errors.ts'
import type { AvroSchema } from '../../../../app/record.ts'
import { avroType } from '../../../../schemas/avro/avro.ts'
import { Codec } from '../../../../schemas/codec.ts'
import { type Judged, recordJudge } from '../../../../schemas/gate/recordJudge.ts'
import { memoryRegistry } from '../../../../schemas/registry/memoryRegistry.ts'
import { descent } from '../evolutionArbitrary.ts'
import { runs, slow } from '../runs.ts'
import { asRecord, flight, gate, origin, proposal, recordSchema, status } from './blastParts.ts'

const registry = memoryRegistry()
const written = async (schema: AvroSchema, value: unknown): Promise<Buffer> => {
  await registry.register('tests-value', schema)
  return (await new Codec({ registry }).encoder('tests-value', asRecord(schema)))(value)
}
const avro = (...versions: readonly AvroSchema[]) =>
  recordJudge({ format: 'avro', isMixed: false, proposals: [proposal('flight', ...versions)] }, registry)
const types = (judged: Judged) => (judged.kind === 'fails' ? judged.reasons.map(({ type }) => type) : judged.kind)
const late = { origin: 'AMS', status: 'LATE' }

test('what the proposed version itself wrote, or reads as it was written, is read alike', async () => {
  const judge = avro(flight.v1, flight.v2)
  expect(await judge(await written(flight.v2, late))).toMatchObject({ kind: 'alike', writer: { version: 2 } })
  expect(await judge(await written(flight.v1, late))).toMatchObject({ kind: 'alike', writer: { version: 1 } })
})

test('what has a field more is read otherwise', async () => {
  const judge = avro(flight.v1, recordSchema('Flight', origin, status('ON_TIME', 'LATE'), gate))
  expect(await judge(await written(flight.v1, late))).toMatchObject({ kind: 'otherwise', writer: { version: 1 } })
})

test('a writer with a symbol that the proposal lacks fails with its reason, and is read now', async () => {
  const judged = await avro(flight.v1, flight.v2, flight.v3)(await written(flight.v2, late))
  expect(judged).toMatchObject({ kind: 'fails', isReadNow: true, writer: { version: 2 } })
  expect(judged).toMatchObject({
    reasons: [
      {
        type: 'MISSING_ENUM_SYMBOLS',
        at: '/fields/1/type/symbols',
        message: "v3's enum tests.Status does not know v2's symbols [DIVERTED], and has no default to read them as.",
        hint: expect.stringContaining('Give the enum *type* tests.Status a default in v3'),
      },
    ],
  })
})

test('a schema that the folder does not have is called by its id', async () => {
  const other = recordSchema('Flight', origin, status('ON_TIME', 'CANCELLED'))
  const judged = await avro(flight.v1)(await written(other, { origin: 'AMS', status: 'ON_TIME' }))
  const { id } = judged.writer!
  expect(judged).toMatchObject({ kind: 'fails', writer: { id, name: 'tests.Flight' } })
  expect(judged).toMatchObject({
    reasons: [{ message: expect.stringContaining(`schema ${id}'s symbols [CANCELLED]`) }],
  })
})

test.each([
  ['no value', null, 'NO_VALUE'],
  ['no frame', Buffer.from('hello'), 'NOT_FRAMED'],
  ['an id that nobody knows', Buffer.from([0, 0x7f, 0, 0, 1, 2]), 'UNKNOWN_SCHEMA'],
])('a record with %s fails, and breaks nothing', async (_, value, type) => {
  const judged = await avro(flight.v1, flight.v2)(value)
  expect(types(judged)).toEqual([type])
  expect(judged.isReadNow).toBe(false)
})

test('bytes that their own schema has not written fail, and break nothing', async () => {
  const bytes = await written(flight.v1, late)
  const judged = await avro(flight.v1, flight.v2)(bytes.subarray(0, bytes.length - 1))
  expect(types(judged)).toEqual(['UNDECODABLE'])
  expect(judged.isReadNow).toBe(false)
})

test('a default that is no value is nothing to a reader of what was written', async () => {
  const lenient = recordSchema('Flight', origin, status('ON_TIME', 'LATE'), { ...gate, default: 7 })
  const judge = recordJudge(
    { format: 'avro', isMixed: false, proposals: [proposal('flight', flight.v1)] },
    { schema: async () => lenient },
  )
  expect(await judge(Buffer.from([0, 0, 0, 0, 9, 2, 65, 0, 2, 2, 66]))).toMatchObject({ kind: 'otherwise' })
})

test('a schema that is no Avro fails its records, and breaks nothing', async () => {
  const judge = recordJudge(
    { format: 'avro', isMixed: false, proposals: [proposal('flight', flight.v1)] },
    { schema: async () => ({ type: 'no such type' }) },
  )
  expect(await judge(Buffer.from([0, 0, 0, 0, 1, 2]))).toMatchObject({
    ...{ kind: 'fails', isReadNow: false },
    reasons: [{ type: 'UNUSABLE_SCHEMA' }],
  })
})

test('where it is asked, what is read only with the proposed version is told', async () => {
  const judge = avro(flight.v1, flight.v2)
  const bytes = await written(flight.v2, { origin: 'AMS', status: 'DIVERTED' })
  expect(await judge(bytes, { withNow: true })).toMatchObject({ kind: 'alike', isReadNow: false })
  expect((await judge(bytes)).isReadNow).toBeUndefined()
})

test('among records of several series each is read with the proposal of its own name', async () => {
  const [a, b, c] = ['A', 'B', 'C'].map((name) => recordSchema(name, origin))
  const proposals = [
    proposal('a/result', a!),
    proposal('b/result', b!, recordSchema('B', origin, { ...gate, type: 'string', default: '' })),
  ]
  const judge = recordJudge({ format: 'avro', isMixed: true, proposals }, registry)
  expect(await judge(await written(a!, late))).toMatchObject({ kind: 'alike', proposal: { series: 'a/result' } })
  expect(await judge(await written(b!, late))).toMatchObject({ kind: 'otherwise', proposal: { series: 'b/result' } })
  expect(await judge(await written(c!, late))).toMatchObject({ kind: 'other', writer: { name: 'tests.C' } })
})

test('a registry that is away ends the judging', async () => {
  const away = new ErrandError('registry-unavailable', 'away', { retriable: true })
  const judge = recordJudge(
    { format: 'avro', isMixed: false, proposals: [proposal('flight', flight.v1)] },
    { schema: () => Promise.reject(away) },
  )
  await expect(judge(Buffer.from([0, 0, 0, 0, 1, 2]))).rejects.toBe(away)
})

test('JSON is checked against the proposed schema, problem by problem, without keys of maps', async () => {
  const legs = (type: string): AvroSchema =>
    recordSchema('Trip', { name: 'legs', type: { type: 'map', values: recordSchema('Leg', { name: 'miles', type }) } })
  const judge = recordJudge(
    { format: 'json', isMixed: false, proposals: [proposal('trip', legs('double'), legs('int'))] },
    registry,
  )
  const json = (value: unknown) => judge(Buffer.from(JSON.stringify(value)))
  expect(await json({ legs: { home: { miles: 1 } } })).toMatchObject({ kind: 'alike' })
  const judged = await json({ legs: { home: { miles: 1.5 }, secret: { miles: 2.5 } } })
  expect(judged).toMatchObject({ kind: 'fails', isReadNow: true })
  expect(judged).toMatchObject({
    reasons: [
      ...Array(2).fill({
        type: 'JSON_MISMATCH',
        message: expect.stringMatching(/^\/legs\/\*\/miles of the JSON must be /),
      }),
    ],
  })
  expect(types(await json({ legs: 5 }))).toEqual(['JSON_MISMATCH'])
  expect(types(await judge(Buffer.from('{')))).toEqual(['NOT_JSON'])
  expect(types(await judge(null))).toEqual(['NO_VALUE'])
})

test('a record fails exactly where a consumer of the proposed version fails, whatever the schemas', slow, async () => {
  await fc.assert(
    fc.asyncProperty(descent, async ({ reader, writer }) => {
      const value = randomOf(writer)
      fc.pre(isRecord(reader) && value !== undefined)
      const bytes = await written(writer, value)
      const judged = await avro(writer, reader)(bytes, { withNow: true })
      const isRead = await decodes(bytes, reader)
      expect(judged.kind !== 'fails').toBe(isRead)
      expect(judged.isReadNow).toBe(true)
      if (judged.kind === 'fails') expect(judged.reasons.length).toBeGreaterThan(0)
    }),
    runs(50),
  )
})

const decodes = async (bytes: Buffer, reader: AvroSchema): Promise<boolean> => {
  try {
    await new Codec({ registry }).decode(bytes, asRecord(reader))
    return true
  } catch {
    return false
  }
}

function isRecord(schema: AvroSchema): boolean {
  try {
    return avroType(schema).typeName === 'record'
  } catch {
    return false // avsc refuses it
  }
}

function randomOf(schema: AvroSchema): unknown {
  try {
    return isRecord(schema) ? avroType(schema).random() : undefined
  } catch {
    return undefined // of a record that holds itself no value ends
  }
}
