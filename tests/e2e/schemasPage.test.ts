// docs/schemas.md, followed as written in a repository of its own: every file is written, every command is run in its order,
// and shows what the page says, but for dates.
import { spawnSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { folderWith, git, write } from '../unit/bin/schemas/folders.ts'

const page = readFileSync('docs/schemas.md', 'utf8')

type Step =
  | { readonly kind: 'file'; readonly path: string; readonly text: string }
  | { readonly kind: 'commands'; readonly text: string }
  | { readonly kind: 'shown'; readonly text: string }

/** The page's blocks in their order; a file is named in the line before it. What comes before the walk is a picture. */
const walk = page.slice(page.indexOf('\n## From a v1'))
const steps = [...walk.matchAll(/(.*)\n\n```(\w*)\n([\s\S]*?)^```/gm)].flatMap(
  ([, before = '', language, text = '']): readonly Step[] => {
    if (language === 'sh') return [{ kind: 'commands', text }]
    if (language === '') return [{ kind: 'shown', text }]
    const path = /`(schemas\/[^`]+)`/.exec(before)?.[1]
    return language === 'json' && path ? [{ kind: 'file', path, text }] : []
  },
)

const dayMs = 86_400_000
const inTime = new Date(Date.now() + 30 * dayMs).toISOString().slice(0, 10)
const undated = (text: string): string => text.replaceAll(/\d{4}-\d\d-\d\d/g, 'DAY')

test('every file and every command does what the page says', { timeout: 300_000 }, () => {
  const folder = folderWith({})
  git(folder, 'init', '-q', '-b', 'main')
  const path = [dirname(process.execPath), join(process.cwd(), 'node_modules/.bin'), process.env.PATH].join(':')
  const author = {
    GIT_AUTHOR_NAME: 'a',
    GIT_AUTHOR_EMAIL: 'a@localhost',
    GIT_COMMITTER_NAME: 'a',
    GIT_COMMITTER_EMAIL: 'a@localhost',
  }
  const run = (text: string): string => {
    const script = `set -eu\n${text.replaceAll('npx errand', 'errand')}`
    const { status, stdout, stderr } = spawnSync('bash', ['-c', script], {
      cwd: folder,
      encoding: 'utf8',
      env: { PATH: path, HOME: folder, NO_COLOR: '1', ...author },
    })
    expect(status, stdout + stderr).toBe(Number(/# exit code (\d)$/m.exec(text)?.[1] ?? 0))
    return stdout + stderr
  }
  let output = ''
  for (const step of steps) {
    if (step.kind === 'file')
      write(folder, { [step.path]: step.text.replace(/"until": "[^"]+"/, `"until": "${inTime}"`) })
    else if (step.kind === 'commands') output = run(step.text)
    else expect(undated(output)).toContain(undated(step.text.trimEnd()))
  }
})

test('the page has the whole walk', () => {
  const count = (kind: Step['kind']) => steps.filter((step) => step.kind === kind).length
  expect([count('file'), count('commands'), count('shown')]).toEqual([4, 10, 7])
})

/** Of `LOGICAL_TYPE_${change}`. */
const fragments = ['REMOVED', 'ADDED']

test('the page has every type of finding', () => {
  const sources = globSync([
    'schemas/gate/*Findings.ts',
    'schemas/compatibility/compatibilityFindings.ts',
    'schemas/compatibility/readability.ts',
  ])
  const types = sources.flatMap((file) => [...readFileSync(file, 'utf8').matchAll(/'([A-Z]+(?:_[A-Z]+)*)'/g)])
  const missing = new Set(types.map(([, type]) => type!).filter((type) => !page.includes(`\`${type}\``)))
  expect(types.length).toBeGreaterThan(30)
  expect([...missing].filter((type) => !fragments.includes(type))).toEqual([])
})
