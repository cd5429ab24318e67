// What is in the package, and what is not.
import { execFileSync } from 'node:child_process'
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, inject, test } from 'vitest'
import { importsOf, show } from '../unit/importRules.ts'
import { say } from './stranger.ts'

const packed = inject('packed')
const folder = mkdtempSync(join(tmpdir(), 'errand-tarball-'))
execFileSync('tar', ['-xzf', packed.path, '-C', folder])
afterAll(() => rmSync(folder, { recursive: true }))
const root = join(folder, 'package')
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const paths = packed.files.map(({ path }) => path)

test('it holds what runs, what is typed, what is read, and nothing else', () => {
  const allowed =
    /^(package\.json|README\.md|CHANGELOG\.md|LICENSE|docker-compose\.kafka\.yml|docs\/[\w-]+\.md|bin\/entry\.js|dist\/.*\.(js|d\.ts|avsc|txt))$/
  expect(paths.filter((path) => !allowed.test(path))).toEqual([])
  expect(paths.filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'))).toEqual([])
  expect(paths.filter((path) => /^(dist\/)?(bench|tests|examples|bin\/demo)\//.test(path))).toEqual([])
})

test('the schemas of the platform, the license and the way to a broker are in it', () => {
  const schemas = globSync('schemas/platform/**/*.avsc').map((path) => join('dist', path))
  expect(schemas.length).toBeGreaterThan(2)
  const others = ['LICENSE', 'README.md', 'CHANGELOG.md', 'docker-compose.kafka.yml', 'docs/getting-started.md']
  expect([...schemas, ...others].filter((path) => !paths.includes(path))).toEqual([])
})

test('what it publishes and its command are there', () => {
  const entries: Readonly<Record<string, string>> = manifest.exports
  expect(Object.keys(entries)).toEqual(['.', './testing', './client', './api'])
  for (const path of [...Object.values(entries), manifest.bin.errand]) expect(existsSync(join(root, path))).toBe(true)
})

test('what it imports is in it, in Node, or a dependency', () => {
  const sources = paths
    .filter((path) => /\.(js|d\.ts)$/.test(path))
    .map((file) => ({ file, text: readFileSync(join(root, file), 'utf8') }))
  const imports = importsOf(sources)
  expect(imports.length).toBeGreaterThan(500)
  expect(show(imports.filter(({ to }) => !isThere(to)))).toEqual([])
})

/** TypeScript keeps `./x.ts` in declarations, and finds `x.d.ts`. */
function isThere(to: string): boolean {
  if (to.startsWith('node:')) return true
  if (/^(dist|bin)\//.test(to)) return existsSync(join(root, to.replace(/(?<!\.d)\.ts$/, '.d.ts')))
  return /^(@[^/]+\/)?[^/]+/.exec(to)![0] in manifest.dependencies
}

test('it is as small as docs/getting-started.md says', () => {
  const [, mb, unpackedMb] = /less than\s+([\d.]+) MB, less than ([\d.]+) MB unpacked/.exec(
    readFileSync('docs/getting-started.md', 'utf8').replaceAll('\n', ' '),
  )!
  say(`the package has ${packed.size} bytes, ${packed.unpackedSize} unpacked, in ${paths.length} files`)
  expect(packed.size).toBeLessThan(Number(mb) * 1e6)
  expect(packed.unpackedSize).toBeLessThan(Number(unpackedMb) * 1e6)
})
