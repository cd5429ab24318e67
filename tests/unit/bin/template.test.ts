// What `errand init` writes is the example of this repository, less something. These tests are what keeps it so.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, normalize } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { template } from '../../../bin/template.ts'
import { generateTypes } from '../../../schemas/codegen/generate.ts'
import { readSeries } from '../../../schemas/folder/folder.ts'
import { goldenFindings } from '../../../schemas/gate/goldenFindings.ts'

const files = template({ name: 'shop', errand: '^1.2.3' })
const textOf = new Map(files.map(({ path, text }) => [path as string, text]))
const example = (path: string): string => readFileSync(join('examples/flights', path), 'utf8')
const json = (path: string) => JSON.parse(readFileSync(path, 'utf8'))

const folder = mkdtempSync(join(tmpdir(), 'errand-template-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Lines of `text` that `whole` does not have, in this order; a comma after the last of a list is nothing. */
function strangeLines(text: string, whole: string): readonly string[] {
  const left = whole.split('\n').map(bare).values()
  const rest = [...left]
  let at = 0
  return text.split('\n').filter((line) => {
    const found = rest.indexOf(bare(line), at)
    if (found >= 0) at = found + 1
    return found < 0
  })
}

const bare = (line: string): string => line.replace(/,$/, '')

test('every line that it writes is the example’s, in its order; only the name, the dependency and a reduced schema’s golden payloads are its own', () => {
  const strange = files
    .filter(({ path }) => path !== 'schemas/punctuality/result.v1.golden.json')
    .flatMap(({ path, text }) => strangeLines(text, example(path)).map((line) => `${path}: ${line}`))
  expect(strange).toEqual([
    'README.md: # shop',
    "app.ts:   name: 'shop',",
    'package.json:   "name": "shop",',
    'package.json:     "errand": "^1.2.3"',
  ])
  expect(strangeLines('a\nc\nb', 'a\nb\nc')).toEqual(['b'])
})

test('what it leaves out is left out of these files alone', () => {
  const shorter = files
    .filter(({ path }) => !path.endsWith('.golden.json'))
    .filter(({ path, text }) => text.split('\n').length < example(path).split('\n').length)
  expect(shorter.map(({ path }) => path)).toEqual([
    'app.ts',
    'data/database.ts',
    'package.json',
    'requests/punctuality.ts',
    'resources.ts',
    'schemas/generated.ts',
    'schemas/punctuality/result.v1.avsc',
    'tests/punctuality.test.ts',
  ])
})

test('its files import only each other, errand and what its package.json lists', () => {
  const { dependencies, devDependencies } = JSON.parse(textOf.get('package.json')!)
  const listed = Object.keys({ ...dependencies, ...devDependencies })
  for (const { path, text } of files.filter((file) => file.path.endsWith('.ts')))
    for (const [, from = ''] of text.matchAll(/ from '([^']+)'/g)) {
      if (from.startsWith('.')) expect([...textOf.keys()]).toContain(normalize(join(dirname(path), from)))
      else if (!from.startsWith('node:')) expect(listed).toContain(from.split('/')[0])
    }
})

test('its generated types are those of its schemas', async () => {
  for (const { path, text } of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  expect(textOf.get('schemas/generated.ts')).toBe(generateTypes(await readSeries(join(folder, 'schemas'))))
})

test('each version of its schemas has golden payloads, and they are what it reads', async () => {
  const series = await readSeries(join(folder, 'schemas'))
  expect(series.flatMap(({ versions }) => versions).every(({ golden }) => golden !== undefined)).toBe(true)
  expect(series.flatMap(goldenFindings)).toEqual([])
})

test('it asks for the Node that errand asks for, the tools of this repository, and this version of errand', () => {
  const [own, app] = [json('package.json'), json('examples/flights/package.json')]
  expect(app.engines).toEqual(own.engines)
  for (const [name, range] of Object.entries(app.devDependencies))
    expect([name, own.devDependencies[name]]).toEqual([name, range])
  expect(app.dependencies.errand).toBe(`^${own.version}`)
  expect(json('examples/errand/package.json').version).toBe(own.version)
})
