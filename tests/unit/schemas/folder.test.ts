import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { latestVersions, readSeries } from '../../../schemas/folder/folder.ts'

const latestSchemas = async (folder: string) => latestVersions(await readSeries(folder))

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

describe('a folder of schemas', () => {
  const schema = { type: 'record', name: 'T', fields: [{ name: 'f0', type: 'int' }] }

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

  test('a key that is there twice in one object is refused with its second place', async () => {
    const text =
      '{\n  "type": "record", "name": "T",\n  "fields": [{ "name": "a", "type": "int" }],\n  "\\u0074ype": "enum"\n}'
    expect(await refusal({ 'a/v1.avsc': text })).toBe('a/v1.avsc:4:3: "type" is there twice in one object; keep one')
    const proto = '{ "a": [{ "__proto__": 1, "b": { "__proto__": 2 }, "__proto__": 3 }], "a": 1 }'
    expect(await refusal({ 'a/v1.avsc': schema, 'a/subject.json': proto })).toMatch(
      'a/subject.json:1:52: "__proto__" is there twice',
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

  test('a link to a file is refused, as one to a folder is: git has nothing of what it leads to', async () => {
    const folder = await folderOf({ 'a/v1.avsc': schema, 'elsewhere.json': schema, 'notes.md': '' })
    await symlink('../elsewhere.json', join(folder, 'a/v2.avsc'))
    await symlink('../elsewhere.json', join(folder, 'a/subject.json'))
    await symlink('notes.md', join(folder, 'README.md'))
    await expect(latestSchemas(folder)).rejects.toThrow(
      ['a/subject.json', 'a/v2.avsc']
        .map((path) => `${join(folder, path)}: it is a link to a file, which is not followed; put the file here`)
        .join('\n'),
    )
  })

  test('a name without a version is refused, and so is an empty folder', async () => {
    expect(await refusal({ 'a/input.avsc': schema })).toMatch('a/input.avsc: the name must end in its version')
    expect(await refusal({ 'readme.md': '' })).toMatch('there is no .avsc file')
    await expect(latestSchemas('/nowhere')).rejects.toMatchObject({ code: 'no-schemas' })
  })

  test('a pipe or a folder in the place of a file is refused, and not waited for', async () => {
    const folder = await folderOf({ 'a/v1.avsc': schema, 'b/v1.avsc/readme.md': '' })
    execFileSync('mkfifo', [join(folder, 'a/v1.golden.json'), join(folder, 'a/v2.avsc')])
    const error = await latestSchemas(folder).catch((error: Error) => error)
    expect((error as Error).message.replaceAll(`${folder}/`, '')).toBe(
      ['a/v1.golden.json', 'a/v2.avsc', 'b/v1.avsc']
        .map((path) => `${path} cannot be read: it is no regular file`)
        .join('\n'),
    )
  })

  test('the folder of one event alone is refused, naming the one to give', async () => {
    const folder = await folderOf({ 'order.placed/v1.avsc': schema })
    await expect(latestSchemas(join(folder, 'order.placed'))).rejects.toMatchObject({
      code: 'invalid-schema',
      message: expect.stringContaining(`give the one that it lies in: ${folder}`),
    })
  })
})
