import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '../../..')
const source = readFileSync(join(import.meta.dirname, 'pairings.ts'), 'utf8')
const folder = mkdtempSync(join(tmpdir(), 'errand-pairings-'))
writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
afterAll(() => rmSync(folder, { recursive: true }))

/** Lines of `text` at which the compiler finds an error, under this repository's settings. */
function refusedLines(name: string, text: string): readonly number[] {
  const project = join(folder, `${name}.json`)
  const compilerOptions = { typeRoots: [join(root, 'node_modules/@types')] }
  const settings = { extends: join(root, 'tsconfig.json'), compilerOptions, include: [`${name}.ts`] }
  writeFileSync(project, JSON.stringify(settings))
  writeFileSync(join(folder, `${name}.ts`), text.replace("'../../../app/index.ts'", `'${join(root, 'app/index.ts')}'`))
  const { stdout } = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', project, '--pretty', 'false'], {
    cwd: folder,
    encoding: 'utf8',
  })
  return [...stdout.matchAll(/^\S+\.ts\((\d+),/gm)].map(([, line]) => Number(line))
}

test('right pairings compile, and each wrong one is marked as such', () => {
  expect(refusedLines('marked', source)).toEqual([])
})

test('every wrong pairing is refused where it stands, and nothing else is', () => {
  const wrong = source.split('\n').flatMap((line, index) => (line.includes('@ts-expect-error') ? [index + 2] : []))
  expect(wrong.length).toBeGreaterThan(27)
  expect(refusedLines('unmarked', source.replaceAll('@ts-expect-error', ''))).toEqual(wrong)
})
