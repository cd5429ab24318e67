// `errand dead-letters` on real processes and a real broker: an operator who looks, tries one, sees it fail, mends the cause, and
// sends the rest.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, inject, onTestFinished, test, vi } from 'vitest'
import { command } from './commands.ts'
import { atOnce, type RealSystem, realSystem } from './realSystem.ts'

const app = 'tests/e2e/divider.ts'
const group = 'workers.divide'
const patient = { timeout: 60_000, interval: 250 }

type Ran = { readonly code: number | string; readonly output: string }

async function deadLetters(
  errand: Pick<RealSystem, 'env'>,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  const ran = command('errand', ['dead-letters', ...args, '--app', app], { ...errand.env, ...env })
  return { code: await ran.ended, output: ran.output() }
}

async function dividing(): Promise<RealSystem & { readonly url: string; mend(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'errand-letters-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const mended = join(folder, 'mended')
  const errand = await realSystem(inject('system'), { app, type: 'divide', env: { DIVIDER_MENDED: mended } })
  const { url } = await errand.start()
  return { ...errand, url, mend: () => writeFile(mended, '') }
}

async function listed(errand: RealSystem, ...args: readonly string[]): Promise<{ open: number; total: number }> {
  const { output } = await deadLetters(errand, ['list', group, '--json', ...args])
  return JSON.parse(output)[0]
}

const ask = (errand: RealSystem & { readonly url: string }, count: number, data: object) =>
  atOnce(Array.from({ length: count }).keys(), 16, async (a) => {
    expect((await errand.ask(errand.url, { a: a + 1, b: 1, ...data })).status).toBe(202)
  })

test('thirty letters are listed, shown and tried: a trial that fails stops, one that goes well takes the rest along, and clients are called back again', async () => {
  const errand = await dividing()
  await ask(errand, 30, {})
  await vi.waitFor(async () => expect(await listed(errand)).toMatchObject({ open: 30 }), patient)
  const list = await deadLetters(errand, ['list'])
  expect([list.code, list.output]).toEqual([
    0,
    expect.stringMatching(
      /^workers\.divide {3}30 open of 30 letters\n {2}reason {2}retries-exhausted 30\n {2}type {4}divide 30\n {2}day {5}\d{4}-\d\d-\d\d 30\n[\s\S]*the divider is out of order\n {4}and 10 more\n\nNo letters: callbacks, delay\.\n/,
    ),
  ])
  const [{ letters }] = JSON.parse((await deadLetters(errand, ['list', group, '--json', '--limit', '1'])).output)
  const shown = await deadLetters(errand, ['show', group, letters[0].about])
  expect([shown.code, shown.output]).toEqual([0, expect.stringContaining(`letter    ${letters[0].id}\n`)])
  for (const text of ['retries-exhausted', 'the divider is out of order', '"b": 1', 'divider.ts:', 'errand-seal: '])
    expect(shown.output).toContain(text)
  const unsaid = await deadLetters(errand, ['redrive', group, '--yes'])
  expect([unsaid.code, unsaid.output]).toEqual([2, expect.stringContaining('--all for every open letter')])
  const unasked = await deadLetters(errand, ['redrive', group, '--all'])
  expect([unasked.code, unasked.output]).toEqual([2, expect.stringContaining('pass --yes')])
  const dry = await deadLetters(errand, ['redrive', group, '--text', 'OUT OF ORDER', '--dry-run'])
  expect([dry.code, dry.output]).toEqual([0, expect.stringMatching(/^workers\.divide: 30 letters would go\n/)])
  expect(dry.output).toMatch(/ to \S+\.workers\.divide\.retry, partition \d\n/)
  expect(await listed(errand)).toMatchObject({ open: 30 })

  const trial = await deadLetters(errand, ['redrive', group, '--all', '--first', '1', '--yes'])
  expect(trial.code, trial.output).toBe(1)
  expect(trial.output).toMatch(/trial: req_\S+ was given up again: retries-exhausted: /)
  expect(trial.output).toMatch(/1 letter redriven, 29 left open; stopped: .*\n {2}action \S+\n {2}→ mend it/)
  expect(await listed(errand)).toMatchObject({ open: 30, total: 31 })

  await errand.mend()
  const rest = await deadLetters(errand, ['redrive', group, '--all', '--first', '1', '--yes'])
  expect([rest.code, rest.output]).toEqual([0, expect.stringContaining('workers.divide: 30 letters redriven\n')])
  expect(rest.output).toMatch(/trial: req_\S+ succeeded/)
  expect(await listed(errand)).toMatchObject({ open: 0, total: 31 })
  await vi.waitFor(() => {
    const succeeded = errand.callbacks.filter(({ type }) => type === 'divide.succeeded')
    expect(new Set(succeeded.map(({ id }) => id)).size).toBe(30)
    expect(succeeded.map(({ webhookId }) => webhookId.replace(/.*\./, '')).toSorted()).toEqual([
      ...Array.from({ length: 29 }, () => '2'),
      '3',
    ])
  }, patient)
}, 240_000)

test('a letter is edited: refused where it does not fit, sent where it does, left alone where nothing is changed', async () => {
  const errand = await dividing()
  await errand.mend()
  await ask(errand, 2, { b: 0 })
  await vi.waitFor(async () => expect(await listed(errand)).toMatchObject({ open: 2 }), patient)
  const [{ letters }] = JSON.parse((await deadLetters(errand, ['list', group, '--json'])).output)
  const { about } = letters[0]
  const edit = (editor: string, ...more: readonly string[]) =>
    deadLetters(errand, ['redrive', group, '--id', about, '--edit', '--yes', ...more], { VISUAL: '', EDITOR: editor })
  const untouched = await edit('true')
  expect([untouched.code, untouched.output]).toEqual([1, expect.stringContaining('Nothing is sent')])
  const emptied = await edit('truncate -s 0')
  expect([emptied.code, emptied.output]).toEqual([1, expect.stringContaining('Nothing is sent')])
  const wrong = await edit(`sed -i 's/"b": 0/"b": "two"/'`)
  expect([wrong.code, wrong.output]).toEqual([2, expect.stringContaining('/b must be')])
  const broken = await edit(`sed -i 's/}//'`)
  expect([broken.code, broken.output]).toEqual([2, expect.stringContaining('no JSON')])
  const failing = await edit('false')
  expect([failing.code, failing.output]).toEqual([2, expect.stringContaining('nothing is sent')])
  const several = await deadLetters(errand, ['redrive', group, '--code', letters[0].reason.code, '--edit', '--yes'])
  expect([several.code, several.output]).toEqual([2, expect.stringContaining('name one with --id')])
  expect(await listed(errand)).toMatchObject({ open: 2, total: 2 })
  const sent = await edit(`sed -i 's/"b": 0/"b": 2/'`)
  expect([sent.code, sent.output]).toEqual([0, expect.stringContaining('1 letter redriven')])
  await vi.waitFor(() => {
    const [callback] = errand.callbacks.filter(({ type }) => type === 'divide.succeeded')
    expect(callback).toMatchObject({ id: about, webhookId: `${about}.2` })
  }, patient)
  const skipped = await deadLetters(errand, ['skip', group, '--all', '--yes'])
  expect([skipped.code, skipped.output]).toEqual([0, expect.stringContaining('1 letter closed')])
  expect(await listed(errand)).toMatchObject({ open: 0, total: 2 })
  expect(await listed(errand, '--state', 'skipped')).toMatchObject({ matching: 1 })
}, 200_000)

test('Ctrl-C stops a redrive after its transaction; the same command goes on where it was', async () => {
  const errand = await dividing()
  await ask(errand, 12, {})
  await vi.waitFor(async () => expect(await listed(errand)).toMatchObject({ open: 12 }), patient)
  await errand.mend()
  const args = ['dead-letters', 'redrive', group, '--all', '--rate', '1', '--yes', '--json', '--app', app]
  const redriving = command('errand', args, errand.env)
  await redriving.shows(/"kind":"redriven"/)
  redriving.child.kill('SIGINT')
  expect([await redriving.ended, redriving.output()]).toEqual([1, expect.stringContaining('"because":"aborted"')])
  const { redriven } = JSON.parse(redriving.output().trim().split('\n').at(-1)!)
  expect(redriven).toBeGreaterThan(0)
  expect(await listed(errand)).toMatchObject({ open: 12 - redriven, total: 12 })
  const rest = await deadLetters(errand, ['redrive', group, '--all', '--yes'])
  expect([rest.code, rest.output]).toEqual([0, expect.stringContaining(`${12 - redriven} letters redriven`)])
  await vi.waitFor(() => {
    const second = errand.callbacks.filter(({ type }) => type === 'divide.succeeded')
    expect(second.map(({ webhookId }) => webhookId.replace(/.*\./, ''))).toEqual(Array.from({ length: 12 }, () => '2'))
  }, patient)
}, 200_000)
