// The gate as CI runs it (.ci/schemas), over this repository's schemas and over changes planted in them: what lets nothing bad
// through must once be seen to stop it.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { command } from './commands.ts'

const folders = ['examples/flights/schemas', 'schemas/platform']
const input = 'examples/flights/schemas/punctuality/input'

/** A repository of its own with the schemas as they are here, released by its only commit. */
function released() {
  const root = mkdtempSync(join(tmpdir(), 'errand-planted-'))
  onTestFinished(() => rmSync(root, { recursive: true }))
  for (const folder of folders) cpSync(folder, join(root, folder), { recursive: true })
  const git = (...args: readonly string[]) =>
    execFileSync('git', ['-C', root, '-c', 'user.name=t', '-c', 'user.email=t@localhost', ...args], { stdio: 'pipe' })
  const commit = (): void => {
    git('add', '.')
    git('commit', '-q', '-m', 'Release')
  }
  git('init', '-q')
  commit()
  return {
    root,
    commit,
    read: (path: string): string => readFileSync(join(root, path), 'utf8'),
    write: (path: string, text: string): void => writeFileSync(join(root, path), text),
    /** What CI would say. */
    async gate(): Promise<{ readonly code: number | string; readonly output: string }> {
      const ran = command(resolve('.ci/schemas'), [root])
      return { code: await ran.ended, output: ran.output() }
    },
  }
}

const field = (name: string, type: string): string => `{ "name": "${name}", "type": "${type}"`

test('the schemas of this repository pass, and so does a new version that breaks nothing', async () => {
  const { gate, read, write, root } = released()
  const before = await gate()
  expect(before, before.output).toMatchObject({ code: 0 })
  expect(before.output.match(/no findings/g)).toHaveLength(folders.length)
  write(
    `${input}.v2.avsc`,
    read(`${input}.v1.avsc`).replace('"fields": [', `$&${field('carrier', 'string')}, "default": "" },`),
  )
  const generated = command('errand', ['schemas', 'generate', join(root, folders[0]!)])
  expect(await generated.ended, generated.output()).toBe(0)
  const after = await gate()
  expect(after, after.output).toMatchObject({ code: 0 })
})

test.each([
  {
    planted: 'a field without a default',
    change: (text: string) => text.replace('"fields": [', `$&${field('carrier', 'string')} },`),
    found: ['compatibility READER_FIELD_MISSING_DEFAULT_VALUE v2, v2 reads v1', `${input}.v2.avsc:`],
  },
  {
    planted: 'another type of a field',
    change: (text: string) => text.replace(field('from', 'string'), field('from', 'int')),
    found: ['compatibility TYPE_MISMATCH v2, v2 reads v1', `${input}.v2.avsc:`],
  },
  {
    planted: 'a dropped field, which clients still send',
    change: (text: string) => text.replace(/.*"name": "to".*\n/, '').replace(/,(\s*\])/, '$1'),
    found: ['http FIELD_DROPPED v2', '"to"'],
  },
])('a new version that brings $planted is stopped', async ({ change, found }) => {
  const { gate, read, write } = released()
  const text = read(`${input}.v1.avsc`)
  expect(change(text)).not.toBe(text)
  write(`${input}.v2.avsc`, change(text))
  const { code, output } = await gate()
  expect(code, output).toBe(1)
  for (const each of found) expect(output).toContain(each)
})

test('a released version that was edited is stopped, before and after the edit is committed', async () => {
  const { gate, read, write, commit } = released()
  write(`${input}.v1.avsc`, read(`${input}.v1.avsc`).replace(field('from', 'string'), field('from', 'bytes')))
  for (const isCommitted of [false, true]) {
    if (isCommitted) commit()
    const { code, output } = await gate()
    expect(code, output).toBe(1)
    expect(output).toMatch(/^ {2}released \w+ v1/m)
    expect(output).toContain('golden DECODE_CHANGED v1')
  }
})
