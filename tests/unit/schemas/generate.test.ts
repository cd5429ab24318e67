import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import type { AvroSchema } from '../../../app/record.ts'
import { latestSchemas } from '../../../schemas/folder.ts'
import { generateTypes } from '../../../schemas/generate.ts'

const record = (name: string, ...types: readonly AvroSchema[]): AvroSchema => ({
  type: 'record',
  name,
  fields: types.map((type, index) => ({ name: `f${index}`, type })),
})
const generated = (...schemas: readonly AvroSchema[]) =>
  generateTypes(schemas.map((schema, index) => ({ path: `${index}.avsc`, schema })))
/** The type of a field of this type. */
const typeOf = (type: AvroSchema): string | undefined => /readonly f0: (.*)/.exec(generated(record('T', type)))?.[1]

const folders: string[] = []
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true })
})

async function folderOf(files: Readonly<Record<string, unknown>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'errand-schemas-'))
  folders.push(folder)
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content))
  }
  return folder
}
const refusal = async (files: Readonly<Record<string, unknown>>) => {
  const folder = await folderOf(files)
  const error = await latestSchemas(folder).catch((error: Error) => error)
  return (error as Error).message.replaceAll(`${folder}/`, '')
}

test("the platform's generated.ts is what its schemas give", async () => {
  const text = generateTypes(await latestSchemas('schemas/platform'), { recordTypeFrom: '../../app/record.ts' })
  expect(await readFile('schemas/platform/generated.ts', 'utf8')).toBe(text)
})

describe('generated types', () => {
  test('a record is a type and a value of one name, with its docs', () => {
    const schema = {
      type: 'record',
      name: 'Landed',
      namespace: 'flights',
      doc: 'A flight.\nOn the ground */',
      fields: [
        { name: 'origin', type: 'string', doc: 'IATA code.' },
        { name: 'gate', type: 'string', default: 'unknown' },
      ],
    }
    expect(
      generated(schema),
    ).toBe(`// Written by \`errand schemas generate\` from the .avsc files in this folder. Do not edit.
import type { RecordType } from 'errand'

/**
 * A flight.
 * On the ground *\\/
 */
export type Landed = {
  /** IATA code. */
  readonly origin: string
  readonly gate: string
}

export const Landed: RecordType<Landed> = {
  name: 'flights.Landed',
  schema: {
    "type": "record",
    "name": "Landed",
    "namespace": "flights",
    "doc": "A flight.\\nOn the ground */",
    "fields": [
      { "name": "origin", "type": "string", "doc": "IATA code." },
      { "name": "gate", "type": "string", "default": "unknown" },
    ],
  },
}
`)
  })

  test.each<[AvroSchema, string]>([
    ['null', 'null'],
    ['boolean', 'boolean'],
    ['int', 'number'],
    [{ type: 'long', logicalType: 'timestamp-millis' }, 'number'],
    ['bytes', 'Buffer'],
    [{ type: 'fixed', name: 'F', size: 2 }, 'Buffer'],
    [{ type: 'enum', name: 'n.kind', symbols: ['a', 'b'] }, 'Kind'],
    [record('n.Inner', 'int'), 'Inner'],
    [{ type: 'array', items: 'string' }, 'readonly string[]'],
    [{ type: 'array', items: ['null', 'string'] }, 'readonly (null | string)[]'],
    [{ type: 'array', items: { type: 'array', items: 'int' } }, 'readonly (readonly number[])[]'],
    [{ type: 'map', values: 'double' }, '{ readonly [key: string]: number }'],
    [['null', 'string'], 'null | string'],
    [['null', 'int', 'double'], 'null | { readonly int: number } | { readonly double: number }'],
    [
      ['string', record('n.A'), record('n.B')],
      "{ readonly string: string } | { readonly 'n.A': A } | { readonly 'n.B': B }",
    ],
  ])('%j is %s', (type, expected) => expect(typeOf(type)).toBe(expected))

  test('nested records and enums are types too, once each', () => {
    const kind = { type: 'enum', name: 'n.Kind', symbols: ['a', 'b'] }
    const text = generated(record('n.T', { type: 'array', items: record('n.Inner', kind) }), record('n.U', kind))
    expect(text.match(/^export type \w+/gm)).toEqual(['T', 'Inner', 'Kind', 'U'].map((name) => `export type ${name}`))
    expect(text).toContain("export type Kind = 'a' | 'b'")
  })

  test('a record may hold itself', () => {
    const node = { type: 'record', name: 'n.Node', fields: [{ name: 'next', type: ['null', 'n.Node'] }] }
    expect(generated(node)).toContain('readonly next: null | Node')
  })

  test('one name for two things is refused, with both files', () => {
    expect(() => generated(record('a.T', 'int'), record('b.T', 'int'))).toThrow(
      '1.avsc: b.T would be called T, like the different a.T of 0.avsc',
    )
    expect(() => generated(record('Buffer', 'bytes'))).toThrow('would be called Buffer')
  })
})

describe('a folder of schemas', () => {
  const schema = record('T', 'int')

  test('the highest version of each counts, as a number', async () => {
    const folder = await folderOf({
      'punctuality/input.v2.avsc': schema,
      'punctuality/input.v10.avsc': schema,
      'punctuality/result.v1.avsc': schema,
      'flight.landed/v1.avsc': schema,
      'flight.landed/v3.avsc': schema,
      'generated.ts': 'export {}',
    })
    const files = await latestSchemas(folder)
    expect(files.map(({ path, version }) => [path.slice(folder.length + 1), version])).toEqual([
      ['flight.landed/v3.avsc', 3],
      ['punctuality/input.v10.avsc', 10],
      ['punctuality/result.v1.avsc', 1],
    ])
  })

  test('broken JSON is told with file, line and column, and all files at once', async () => {
    expect(await refusal({ 'a/v1.avsc': '{\n  "type": x\n}', 'b/v1.avsc': '{\n  "type":' })).toMatch(
      /^a\/v1\.avsc:2:11: Unexpected token 'x'.*\nb\/v1\.avsc:2:10: Unexpected end of JSON input$/s,
    )
  })

  test('invalid Avro is told with file and place', async () => {
    const wrong = {
      type: 'record',
      name: 'T',
      fields: [
        { name: 'a', type: 'int' },
        { name: 'b', type: 'strng' },
      ],
    }
    expect(await refusal({ 'a/v1.avsc': wrong })).toBe(
      'a/v1.avsc: not valid Avro at /fields/1/type: undefined type name: strng',
    )
    expect(await refusal({ 'a/v1.avsc': { type: 'enum', name: 'E', symbols: ['A'] } })).toMatch('it must be a record')
    expect(await refusal({ 'a/v1.avsc': 'null' })).toMatch('a/v1.avsc: not valid Avro')
  })

  test('a name without a version is refused, and so is an empty folder', async () => {
    expect(await refusal({ 'a/input.avsc': schema })).toMatch('a/input.avsc: the name must end in its version')
    expect(await refusal({ 'readme.md': '' })).toMatch('there is no .avsc file')
    await expect(latestSchemas('/nowhere')).rejects.toMatchObject({ code: 'no-schemas' })
  })
})
