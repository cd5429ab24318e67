// errand schemas check over folders as they should not be: whatever lies there, it is told what and where, and nothing breaks.
import { readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { checkFolder } from '../../../../bin/schemas/check.ts'
import { generateTypes } from '../../../../schemas/codegen/generate.ts'
import { readSeries } from '../../../../schemas/folder/folder.ts'
import { writeManySchemas } from '../../../manySchemas.ts'
import { confluentRegistry } from '../../schemas/confluentRegistry.ts'
import { folderWith, write } from './folders.ts'

const nowMs = Date.parse('2027-03-31T12:00:00Z')
const origin = { name: 'origin', type: 'string' }
const record = (...fields: readonly object[]) => ({ type: 'record', name: 'Landed', namespace: 'flights', fields })
const whole = record(origin)
const broken = record(origin, { name: 'gate', type: 'string' })

const check = async (files: Readonly<Record<string, unknown>>) => {
  const folder = folderWith(files)
  return (await checkFolder(folder, { format: 'text' }, nowMs)).output.replaceAll(folder, '.')
}
const json = async (folder: string) => JSON.parse((await checkFolder(folder, { format: 'json' }, nowMs)).output)

describe('the exit code', () => {
  test.each([
    [
      0,
      'nothing is found',
      { 'a/v1.avsc': whole, 'a/v2.avsc': record(origin, { ...origin, name: 'gate', default: '' }) },
    ],
    [1, 'something is', { 'a/v1.avsc': whole, 'a/v2.avsc': broken }],
    [2, 'a version is no schema', { 'a/v1.avsc': whole, 'a/v2.avsc': { type: 'record' } }],
  ])('is %i where %s', async (exitCode, _where, files) => {
    expect(await checkFolder(folderWith(files), { format: 'text' }, nowMs)).toMatchObject({ exitCode })
  })
})

test('a finding is told with its place, its reason, what mends it and what accepts it', async () => {
  const written =
    '{\n  "type": "record", "name": "Landed", "fields": [\n\t{ "name": "gate", "type": "string" }\n  ]\n}\n'
  const output = await check({
    'landed/v1.avsc': { type: 'record', name: 'Landed', fields: [] },
    'landed/v2.avsc': written,
  })
  expect(output.split('\n')).toEqual([
    'landed',
    '',
    '  compatibility READER_FIELD_MISSING_DEFAULT_VALUE v2, v2 reads v1',
    '  ./landed/v2.avsc:3:2',
    '',
    '    2 |   "type": "record", "name": "Landed", "fields": [',
    '  > 3 |  { "name": "gate", "type": "string" }',
    '      |  ^',
    '    4 |   ]',
    '',
    '  v2\'s record Landed has a field "gate", v1\'s has not, and the field has no default.',
    '  To mend it: Give the field "gate" a default in v2.',
    '  To accept it, say why among the "waivers" in ./landed/subject.json:',
    '    { "version": 2, "type": "READER_FIELD_MISSING_DEFAULT_VALUE", "at": "/fields/0", "reason": "", "until": "2027-06-29" }',
    '',
    '1 finding in 1 of 1 schema (2 versions)',
  ])
})

describe('a waiver', () => {
  const waiver = { version: 2, type: 'READER_FIELD_MISSING_DEFAULT_VALUE', reason: 'all are told', until: '2027-03-31' }
  const files = (given: object) => ({
    'a/v1.avsc': whole,
    'a/v2.avsc': broken,
    'a/subject.json': { waivers: [{ ...waiver, ...given }] },
  })

  test('is told with its reason and its end', async () => {
    expect(await check(files({}))).toBe(
      'waived until 2027-03-31: a v2 READER_FIELD_MISSING_DEFAULT_VALUE at /fields/1 (all are told)\n\nno findings in 1 schema (2 versions), 1 waived',
    )
  })
  test('that has ended is told with the finding', async () => {
    expect(await check(files({ until: '2027-03-30' }))).toContain('Its waiver (all are told) ended on 2027-03-30.')
  })
  test('of a type that nobody has heard of is told to fit nothing', async () => {
    expect(await check(files({ type: 'FIELD_DROPED' }))).toContain(
      'the waiver of FIELD_DROPED in a v2 fits nothing that was found',
    )
  })
  test('that is offered can be pasted once it has a reason', async () => {
    const [, line] = /say why .*\n +(.*)/.exec(await check({ 'a/v1.avsc': whole, 'a/v2.avsc': broken })) ?? []
    expect(await check(files({ ...JSON.parse(line!), reason: 'because' }))).toContain('1 waived')
    await expect(check(files(JSON.parse(line!)))).rejects.toThrow('/waivers/0/reason must say why')
  })
})

describe('a folder that cannot be read says', () => {
  test('that it is not there', async () => {
    await expect(checkFolder('/nowhere/at/all', { format: 'text' })).rejects.toThrow(
      'the folder /nowhere/at/all cannot be read',
    )
  })
  test.each([
    ['that it is empty', {}, /there is no \.avsc file in/],
    ['what is no JSON, with line and column', { 'a/v1.avsc': '{\n  "type": oops\n}' }, /a\/v1\.avsc:2:11: /],
    ['what is empty', { 'a/v1.avsc': '' }, /a\/v1\.avsc:1:1: /],
    ['what has comments', { 'a/v1.avsc': '// no\n"int"' }, /a\/v1\.avsc:1:1: /],
    ['what is not UTF-8', { 'a/v1.avsc': Buffer.from([0x22, 0xff, 0xfe, 0x22]) }, /a\/v1\.avsc: it is not UTF-8/],
    ['a folder named like a version', { 'a/v1.avsc/x': '' }, /a\/v1\.avsc cannot be read: it is no regular file/],
    [
      'a name that is there twice',
      { 'a/v1.avsc': JSON.stringify(whole).replace('"name":"Landed"', '"name":"Gone","name":"Landed"') },
      /a\/v1\.avsc:1:32: "name" is there twice in one object; keep one/,
    ],
    ['version 0', { 'a/v0.avsc': whole }, /a\/v0\.avsc: the name must end in its version/],
    ['a version with a zero before it', { 'a/v1.avsc': whole, 'a/v01.avsc': whole }, /a\/v01\.avsc: the name must/],
    [
      'two files of one version',
      { 'a/input.v1.avsc': whole, 'a/input/v1.avsc': whole },
      /a\/input\/v1\.avsc: .*a\/input\.v1\.avsc is v1 of/,
    ],
    ['settings that are no JSON', { 'a/v1.avsc': whole, 'a/subject.json': '{' }, /a\/subject\.json:1:2: /],
    [
      'settings that say what nobody knows',
      { 'a/v1.avsc': whole, 'a/subject.json': { level: 'FULL' } },
      /a\/subject\.json: \/level is not known/,
    ],
    [
      'every problem',
      { 'a/v1.avsc': '{', 'b/v0.avsc': '{', 'b/subject.json': '[]' },
      /a\/v1\.avsc[\s\S]*b\/subject\.json[\s\S]*b\/v0\.avsc/,
    ],
  ])('%s', async (_what, files, message) => {
    await expect(check(files)).rejects.toThrow(message)
  })
  test('a link to a folder, which may lead back', async () => {
    const folder = folderWith({ 'a/v1.avsc': whole })
    symlinkSync('..', join(folder, 'a/up'))
    await expect(checkFolder(folder, { format: 'text' })).rejects.toThrow(/a\/up: it is a link to a folder/)
  })
  test('a link to itself', async () => {
    const folder = folderWith({ 'a/v1.avsc': whole })
    symlinkSync('v2.avsc', join(folder, 'a/v2.avsc'))
    await expect(checkFolder(folder, { format: 'text' })).rejects.toThrow(/a\/v2\.avsc cannot be read: ELOOP/)
  })
})

describe('a folder is read all the same', () => {
  const clean = 'no findings in 1 schema (1 version)'
  test('with other files in it', async () => {
    expect(await check({ 'a/v1.avsc': whole, 'a/notes.json': 'no JSON', 'other.ts': '', 'a/README.md': '' })).toBe(
      clean,
    )
  })
  test('with a byte order mark', async () => {
    expect(await check({ 'a/v1.avsc': `\ufeff${JSON.stringify(whole)}` })).toBe(clean)
  })
  test("with Windows' ends of lines, the places of which are the same", async () => {
    const windows = (schema: object) => JSON.stringify(schema, null, 2).replaceAll('\n', '\r\n')
    const [here, there] = [
      await json(folderWith({ 'a/v1.avsc': whole, 'a/v2.avsc': broken })),
      await json(folderWith({ 'a/v1.avsc': windows(whole), 'a/v2.avsc': windows(broken) })),
    ]
    expect([there.findings[0].line, there.findings[0].column]).toEqual([here.findings[0].line, here.findings[0].column])
    expect(await check({ 'a/v1.avsc': windows(whole), 'a/v2.avsc': windows(broken) })).not.toContain('\r')
  })
})

test('what is nested without end is told, and at the first place if not at its own', async () => {
  const deep = (end: string): string => `${'{"type":"array","items":'.repeat(20_000)}${end}${'}'.repeat(20_000)}`
  const holding = (type: string): string => `{"type":"record","name":"R","fields":[{"name":"a","type":${type}}]}`
  const folder = folderWith({ 'a/v1.avsc': holding(deep('"int"')), 'a/v2.avsc': holding(deep('"string"')) })
  const { output, exitCode } = await checkFolder(folder, { format: 'json' })
  expect(exitCode).toBe(1)
  expect(JSON.parse(output).findings).toContainEqual(expect.objectContaining({ type: 'TYPE_MISMATCH', version: 2 }))
})

test('what a terminal would obey is shown as it is written', async () => {
  const output = await check({
    'a/v1.avsc': record(),
    'a/v2.avsc': `{"type":"record","name":"Landed","namespace":"flights","fields":[{"name":"a\\u001b[31m","type":"string","doc":"\x7f\u202e"}]}`,
  })
  expect(output).toContain('\\u{7f}\\u{202e}')
  expect(output.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u)
})

test('many schemas are checked without a finding, and as JSON with all their numbers', async () => {
  const folder = folderWith({})
  await writeManySchemas(folder, { subjects: 20, versions: 5 })
  expect(await json(folder)).toEqual({
    findings: [],
    waived: [],
    settled: [],
    unusedWaivers: [],
    retired: [],
    withoutSubject: [],
    series: 20,
    versions: 100,
  })
  expect(readFileSync(join(folder, 'event.00020/v5.avsc'), 'utf8')).toContain('added5')
})

test('every finding in JSON has every field', async () => {
  const { findings } = await json(folderWith({ 'a/v1.avsc': whole, 'a/v2.avsc': broken, 'b/v1.avsc': 'null' }))
  const names = [
    'severity',
    'type',
    'series',
    'version',
    'against',
    'direction',
    'path',
    'line',
    'column',
    'at',
    'message',
    'hint',
    'causes',
    'waiver',
  ]
  for (const finding of findings) expect(Object.keys(finding)).toEqual(names)
  expect(findings).toHaveLength(2)
})

test('what is no request type or event of the app is told, as the registry was not asked of it', async () => {
  await using registry = await confluentRegistry()
  const folder = folderWith({ 'flight.landed/v1.avsc': whole, 'results.v1.avsc': whole })
  const options = { registry: registry.url, app: 'examples/flights/app.ts' }
  const { output, exitCode } = await checkFolder(folder, { format: 'text', ...options }, nowMs)
  expect(output).toMatch(/^results: .*no subject.*\n\nno findings in 2 schemas/)
  expect(exitCode).toBe(0)
  const asJson = await checkFolder(folder, { format: 'json', ...options }, nowMs)
  expect(JSON.parse(asJson.output)).toMatchObject({ findings: [], withoutSubject: ['results'] })
})

test('a generated.ts that is not what the schemas give is found, and where there is none nobody uses it', async () => {
  const folder = folderWith({ 'landed/v1.avsc': whole })
  const found = async () => (await json(folder)).findings.map(({ type }: { readonly type: string }) => type)
  expect(await found()).toEqual([])
  const generated = generateTypes(await readSeries(folder))
  write(folder, { 'generated.ts': generated })
  expect(await found()).toEqual([])
  write(folder, { 'generated.ts': generated.replace('origin: string', 'origin: number') })
  expect(await found()).toEqual(['STALE'])
})

test.each([
  ['--since', { since: 0 }],
  ['--since', { since: 0, registry: 'http://127.0.0.1:1' }],
  ['--app', { app: 'examples/flights/app.ts' }],
])('%s without what it goes with is refused', async (name, options) => {
  const folder = folderWith({ 'landed/v1.avsc': whole })
  await expect(checkFolder(folder, { format: 'text', ...options })).rejects.toThrow(`${name} goes with `)
})
