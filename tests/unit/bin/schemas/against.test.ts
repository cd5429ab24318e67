// errand schemas check --against: what git holds against a folder (I6), in repositories of every kind.
import { execFileSync } from 'node:child_process'
import { mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { checkFolder, checkVerb } from '../../../../bin/schemas/check.ts'
import { commitAll, folderWith, git, repositoryWith, write } from './folders.ts'

const origin = { name: 'origin', type: 'string' }
const record = (...fields: readonly object[]) => ({ type: 'record', name: 'Landed', namespace: 'flights', fields })
const whole = record(origin)
const other = record({ ...origin, doc: 'ICAO', default: 'ZZZZ' })
const next = record(origin, { name: 'gate', type: 'string', default: '' })

const found = async (repository: string, against = 'main', folder = 'schemas') => {
  const { output } = await checkFolder(join(repository, folder), { format: 'json', against })
  return JSON.parse(output)
    .findings.filter(({ severity }: { severity: string }) => severity === 'released')
    .map(({ type, series, version }: Record<string, string>) => `${type} ${series} v${version}`)
}

afterEach(() => void vi.unstubAllEnvs())

test('what was changed, deleted or put before what was there is found; docs, layout and new versions are not', async () => {
  const repository = repositoryWith({
    'schemas/a/v1.avsc': whole,
    'schemas/b/input.v1.avsc': whole,
    'schemas/b/result.v2.avsc': whole,
    'schemas/c/v1.avsc': whole,
  })
  write(repository, {
    'schemas/a/v1.avsc': JSON.stringify({ ...whole, doc: 'told better' }),
    'schemas/a/v2.avsc': next,
    'schemas/b/input.v1.avsc': other,
    'schemas/b/result.v1.avsc': whole,
  })
  expect(await found(repository)).toEqual(['CHANGED b/input v1', 'NOT_LATEST b/result v1'])
  write(repository, { 'schemas/c/v2.avsc': next })
  rmSync(join(repository, 'schemas/c/v1.avsc'))
  expect(await found(repository)).toContain('DELETED c v1')
})

test('what ends with all its versions is told, and is no finding', async () => {
  const repository = repositoryWith({
    'schemas/a/v1.avsc': whole,
    'schemas/b/input.v1.avsc': whole,
    'schemas/b/result.v1.avsc': whole,
  })
  rmSync(join(repository, 'schemas/b'), { recursive: true })
  const check = (format: 'text' | 'json') => checkFolder(join(repository, 'schemas'), { format, against: 'main' })
  expect((await check('text')).output).toMatch(
    /^b\/input, b\/result: .*ended.*\n\nno findings in 1 schema \(1 version\)$/,
  )
  expect(JSON.parse((await check('json')).output)).toMatchObject({ findings: [], retired: ['b/input', 'b/result'] })
})

test('a level that asks for less is found, and may be waived; the change that it hides is not lost in silence', async () => {
  const repository = repositoryWith({
    'schemas/a/v1.avsc': whole,
    'schemas/b/v1.avsc': whole,
    'schemas/b/subject.json': { compatibility: 'FULL' },
  })
  write(repository, {
    'schemas/a/v2.avsc': record({ ...origin, type: 'int' }),
    'schemas/a/subject.json': { compatibility: 'NONE' },
    'schemas/b/subject.json': { compatibility: 'FULL_TRANSITIVE' },
  })
  expect(await found(repository)).toEqual(['LEVEL_LOWERED a v2'])
  const waiver = { version: 2, type: 'LEVEL_LOWERED', at: '/compatibility', reason: 'a draft', until: '2999-12-31' }
  write(repository, { 'schemas/a/subject.json': { compatibility: 'NONE', waivers: [waiver] } })
  expect(await found(repository)).toEqual([])
  rmSync(join(repository, 'schemas/b/subject.json'))
  expect(await found(repository)).toEqual(['LEVEL_LOWERED b v1'])
})

test('what is found between released versions is told and fails nothing, as nobody can mend it; a new version is held to all of it', async () => {
  const checked = async () => {
    const { output, exitCode } = await checkFolder(join(repository, 'schemas'), { format: 'json', against: 'main' })
    const { findings, settled } = JSON.parse(output)
    return { exitCode, findings: findings.length, settled: settled.length }
  }
  const repository = repositoryWith({
    'schemas/a/v1.avsc': whole,
    'schemas/a/v2.avsc': record({ ...origin, type: 'int' }),
  })
  expect(await checked()).toEqual({ exitCode: 0, findings: 0, settled: 1 })
  write(repository, { 'schemas/a/v3.avsc': record({ ...origin, type: 'boolean' }) })
  expect(await checked()).toEqual({ exitCode: 1, findings: 2, settled: 1 })
})

describe('golden payloads that were released', () => {
  const cases = (bytes: string, more: object = {}) => ({
    cases: {
      sample: { avro: Buffer.from(bytes).toString('base64'), readAs: { v1: { origin: bytes.slice(1) } } },
      ...more,
    },
  })
  const extra = { more: { avro: Buffer.from('\u0002Z').toString('base64'), readAs: { v1: { origin: 'Z' } } } }
  const foundWith = async (golden: unknown) => {
    const repository = repositoryWith({
      'schemas/a/v1.avsc': whole,
      'schemas/a/v1.golden.json': cases('\u0006LHR', extra),
    })
    rmSync(join(repository, 'schemas/a/v1.golden.json'))
    if (golden) write(repository, { 'schemas/a/v1.golden.json': golden })
    return await found(repository)
  }

  test.each([
    ['gone', undefined],
    ['without one of its cases', cases('\u0006LHR')],
    ['of other bytes that are read as what they are', cases('\u0006JFK', extra)],
  ])('are found: a file %s', async (_how, golden) => {
    expect(await foundWith(golden)).toEqual(['GOLDEN_CHANGED a v1'])
  })

  test('are not where only the layout is another, or a case more', async () => {
    expect(await foundWith(JSON.stringify(cases('\u0006LHR', { ...extra, third: extra.more })))).toEqual([])
  })
})

test('a tag, a commit and a ref within words are refs', async () => {
  const repository = repositoryWith({ 'schemas/a/v1.avsc': whole })
  git(repository, 'tag', '-a', 'v1.0', '-m', 'released')
  write(repository, { 'schemas/a/v1.avsc': other })
  commitAll(repository)
  for (const ref of ['v1.0', 'HEAD~1', git(repository, 'rev-parse', 'HEAD^'), 'main^{/as it is}~1'])
    expect(await found(repository, ref)).toEqual(['CHANGED a v1'])
  expect(await found(repository, 'HEAD')).toEqual([])
})

test('an empty ref, as of a variable that is not set, is refused as such', async () => {
  const verb = checkVerb()
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
  await expect(verb.parseAsync(['--against', ''], { from: 'user' })).rejects.toThrow('It is empty: name a commit')
})

test('names of files may be anything', async () => {
  const path = 'schemas/ä "x"\n\t€/v1.avsc'
  const repository = repositoryWith({ [path]: whole })
  write(repository, { [path]: other })
  expect(await found(repository)).toEqual(['CHANGED ä "x"\n\t€ v1'])
})

test('a version that was moved is the same version', async () => {
  const repository = repositoryWith({ 'schemas/a.v1.avsc': whole })
  mkdirSync(join(repository, 'schemas/a'))
  renameSync(join(repository, 'schemas/a.v1.avsc'), join(repository, 'schemas/a/v1.avsc'))
  expect(await found(repository)).toEqual([])
})

test('the folder may be the repository itself, or lie in a repository of its own', async () => {
  const repository = repositoryWith({ 'a/v1.avsc': whole })
  write(repository, { 'a/v1.avsc': other, 'new/a/v1.avsc': whole })
  expect(await found(repository, 'main', '.')).toEqual(['CHANGED a v1'])
  git(repository, 'init', '-q', '-b', 'main', 'new')
  await expect(found(repository, 'main', 'new')).rejects.toThrow('git knows no commit "main"')
})

test('a byte order mark, then or now, hides no change', async () => {
  const marked = (schema: object) => `\ufeff${JSON.stringify(schema)}`
  const repository = repositoryWith({ 'schemas/a/v1.avsc': marked(whole), 'schemas/b/v1.avsc': marked(whole) })
  write(repository, { 'schemas/a/v1.avsc': other, 'schemas/b/v1.avsc': whole })
  expect(await found(repository)).toEqual(['CHANGED a v1'])
})

test('what is no text, no JSON or a link in the commit cannot be compared, which is told', async () => {
  const repository = repositoryWith({
    'elsewhere.avsc': whole,
    'schemas/b/v1.avsc': '{',
    'schemas/c/v1.avsc': Buffer.from(JSON.stringify({ ...whole, doc: 'é' }), 'latin1'),
    'schemas/c/v2.avsc': next,
  })
  mkdirSync(join(repository, 'schemas/a'))
  symlinkSync('../../elsewhere.avsc', join(repository, 'schemas/a/v1.avsc'))
  commitAll(repository)
  rmSync(join(repository, 'schemas/a/v1.avsc'))
  rmSync(join(repository, 'schemas/c/v1.avsc'))
  write(repository, { 'schemas/a/v1.avsc': other, 'schemas/b/v1.avsc': whole })
  expect(await found(repository)).toEqual(['UNREADABLE a v1', 'UNREADABLE b v1', 'UNREADABLE c v1'])
})

test('a folder that the commit does not have, as it was called otherwise then, is told', async () => {
  const repository = repositoryWith({ 'schemas/a/v1.avsc': whole })
  renameSync(join(repository, 'schemas'), join(repository, 'avro'))
  write(repository, { 'avro/a/v1.avsc': other })
  await expect(found(repository, 'main', 'avro')).rejects.toThrow(`main has no folder ${join(repository, 'avro')}`)
})

test('a hook of git, which is told of another repository, asks about this one', async () => {
  const repository = repositoryWith({ 'schemas/a/v1.avsc': whole })
  write(repository, { 'schemas/a/v1.avsc': other })
  vi.stubEnv('GIT_DIR', '.git')
  vi.stubEnv('GIT_INDEX_FILE', '.git/index')
  expect(await found(repository)).toEqual(['CHANGED a v1'])
})

describe('what git cannot answer is told, with what to do', () => {
  test('a ref that is none, whatever it is for a command line', async () => {
    const repository = repositoryWith({ 'schemas/a/v1.avsc': whole })
    for (const ref of [
      'nothing',
      '',
      '--output=stolen',
      '--help',
      '--all',
      '-h',
      'main:schemas',
      'main --all',
      'a\0b',
      '@{-1}',
    ])
      await expect(found(repository, ref)).rejects.toThrow(`git knows no commit ${JSON.stringify(ref)} here`)
    expect(git(repository, 'status', '--porcelain')).toBe('')
  })
  test('a folder in no repository', async () => {
    await expect(found(folderWith({ 'schemas/a/v1.avsc': whole }))).rejects.toThrow(
      'is in no repository that git reads',
    )
  })
  test('a machine without git', async () => {
    const repository = repositoryWith({ 'schemas/a/v1.avsc': whole })
    vi.stubEnv('PATH', '/nowhere')
    await expect(found(repository)).rejects.toThrow('there is no git here')
  })
  test('a repository without a commit', async () => {
    const repository = folderWith({ 'schemas/a/v1.avsc': whole })
    git(repository, 'init', '-q', '-b', 'main')
    await expect(found(repository)).rejects.toThrow('git knows no commit "main"')
  })
  test('a shallow clone, which knows its own commit, and another once it is fetched', async () => {
    const from = repositoryWith({ 'schemas/a/v1.avsc': whole })
    git(from, 'checkout', '-qb', 'change')
    write(from, { 'schemas/a/v1.avsc': other })
    commitAll(from)
    const clone = join(folderWith({}), 'clone')
    execFileSync('git', ['clone', '-q', '--depth', '1', '--branch', 'change', `file://${from}`, clone])
    await expect(found(clone, 'origin/main')).rejects.toThrow('git fetch --depth 1 origin <branch>')
    git(clone, 'fetch', '-q', '--depth', '1', 'origin', 'main')
    expect(await found(clone, 'FETCH_HEAD')).toEqual(['CHANGED a v1'])
  })
})
