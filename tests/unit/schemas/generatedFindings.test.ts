import { expect, test } from 'vitest'
import type { AvroSchema } from '../../../app/record.ts'
import { generateTypes } from '../../../schemas/codegen/generate.ts'
import type { Series } from '../../../schemas/folder/folder.ts'
import { defaultSettings } from '../../../schemas/folder/subjectSettings.ts'
import { generatedFindings } from '../../../schemas/gate/generatedFindings.ts'

const record = (name: string, ...fields: readonly string[]): AvroSchema => ({
  type: 'record',
  name,
  fields: fields.map((field) => ({ name: field, type: 'int' })),
})
const series = (...versions: readonly AvroSchema[]): Series => ({
  ...{ name: 'landed', of: 'landed', part: '', settings: defaultSettings },
  versions: versions.map((schema, index) => ({ version: index + 1, path: `v${index + 1}.avsc`, text: '', schema })),
})
const path = 'schemas/generated.ts'
const v1 = record('T', 'a')
const v2 = record('T', 'a', 'b')

test('what the schemas give is not stale, wherever it imports RecordType from', () => {
  for (const recordTypeFrom of ['errand', '../app/record.ts'])
    expect(generatedFindings([series(v1)], path, generateTypes([series(v1)], { recordTypeFrom }))).toEqual([])
})

test('a version, a level or a line that it does not know makes it stale', () => {
  const text = generateTypes([series(v1)])
  const full = { ...series(v1), settings: { ...defaultSettings, compatibility: 'FULL' as const } }
  for (const found of [
    generatedFindings([series(v1, v2)], path, text),
    generatedFindings([full], path, text),
    generatedFindings([series(v1)], path, `${text}// mine\n`),
    generatedFindings([series(v1)], path, ''),
  ])
    expect(found).toMatchObject([
      { severity: 'generated', type: 'STALE', series: 'landed', path, hint: expect.any(String) },
    ])
})

test('it is told of the series whose types are not there', () => {
  const other = { ...series(record('U', 'x')), name: 'other' }
  const text = generateTypes([series(v1), other])
  const changed = { ...series(record('U', 'x'), record('U', 'y')), name: 'other' }
  expect(generatedFindings([series(v1), changed], path, text)).toMatchObject([{ series: 'other', version: 2 }])
})

test('schemas that cannot be generated from are told as they are', () => {
  const twins = [series(v1), { ...series(record('n.T', 'x')), name: 'other' }]
  expect(generatedFindings(twins, path, 'any')[0]?.message).toContain('would be called T')
})
