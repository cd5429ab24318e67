// `errand init` and `errand new request` as a person meets them, in this repository; tests/package does it with the package.
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { command } from './commands.ts'

type Ran = { readonly code: number | string; readonly output: string }

async function run(file: string, ...args: readonly string[]): Promise<Ran> {
  const ran = command(file, args)
  return { code: await ran.ended, output: ran.output() }
}

/** Within the repository, so that `errand` and the tools are found as the example finds them. */
async function newFolder(): Promise<string> {
  await mkdir('.errand', { recursive: true })
  const folder = await mkdtemp('.errand/new-app-')
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

const done = (ran: Ran): string => {
  expect(ran.code, ran.output).toBe(0)
  return ran.output
}

test('a new app with a new request type compiles, and passes its own tests', async () => {
  const folder = join(await newFolder(), 'shop')
  expect(done(await run('errand', 'init', folder))).toContain(`cd ${folder}`)
  const app = join(folder, 'app.ts')
  expect(done(await run('errand', 'new', 'request', 'price-quote', '--app', app))).toContain('listed it in')
  const types = await readFile(join(folder, 'schemas/generated.ts'), 'utf8')
  const generated = done(await run('errand', 'schemas', 'generate', join(folder, 'schemas')))
  expect(generated.match(/wrote .*/g)).toHaveLength(1) // the golden payloads are there
  done(await run('errand', 'schemas', 'check', join(folder, 'schemas')))
  expect(await readFile(join(folder, 'schemas/generated.ts'), 'utf8')).toBe(types)
  done(await run('tsc', '-p', folder))
  expect(done(await run('npm', '--prefix', folder, 'test'))).toMatch(/5 passed/)
  const again = await run('errand', 'new', 'request', 'price-quote', '--app', app)
  expect([again.code, again.output]).toEqual([2, expect.stringContaining('already has a request type "price-quote"')])
  const twin = await run('errand', 'new', 'request', 'punctuality', '--app', app)
  expect([twin.code, twin.output]).toEqual([2, expect.stringContaining('it has price-quote, punctuality')])
})

test('nothing is overwritten, and where something is in the way nothing is written', async () => {
  const folder = await newFolder()
  await writeFile(join(folder, 'README.md'), 'mine')
  await mkdir(join(folder, 'schemas'))
  await writeFile(join(folder, 'schemas/generated.ts'), 'mine')
  const { code, output } = await run('errand', 'init', folder, '--name', 'shop')
  expect([code, output]).toEqual([
    2,
    expect.stringMatching(/already has\n {2}README.md\n {2}schemas\/generated.ts\nMove/),
  ])
  expect(await readdir(folder)).toEqual(['README.md', 'schemas'])
  const badName = await run('errand', 'init', folder, '--name', 'Shop of mine')
  expect([badName.code, badName.output]).toEqual([2, expect.stringContaining('cannot be called "Shop of mine"')])
})

test('new request leaves an app that it cannot read to its author, and prints the lines', async () => {
  const folder = await newFolder()
  const app = join(folder, 'app.ts')
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
  const text =
    "import { defineApp } from 'errand'\nconst requests = {}\nexport default defineApp({ name: 'sums', requests })\n"
  await writeFile(app, text)
  const { code, output } = await run('errand', 'new', 'request', 'quote', '--app', app)
  expect(code, output).toBe(1)
  expect(output).toContain("  import { QuoteInput, QuoteResult } from './schemas/generated.ts'\n")
  expect(output).toContain('  quote: request(QuoteInput, QuoteResult, quote),\n')
  expect(await readFile(app, 'utf8')).toBe(text)
  const { code: twin, output: why } = await run('errand', 'new', 'request', 'quote', '--app', app)
  expect([twin, why]).toEqual([2, expect.stringContaining('schemas/quote/input.v1.avsc')])
})

test('an app that has another copy of errand is refused, with the remedy', async () => {
  const folder = await newFolder()
  const copy = join(folder, 'node_modules/errand')
  await mkdir(copy, { recursive: true })
  await writeFile(join(copy, 'package.json'), '{ "name": "errand", "type": "module", "exports": "./index.js" }')
  await writeFile(join(copy, 'index.js'), 'export const defineApp = (app) => ({ events: [], subscribers: {}, ...app })')
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
  await writeFile(
    join(folder, 'app.ts'),
    "import { defineApp } from 'errand'\nexport default defineApp({ name: 'sums', requests: {} })\n",
  )
  const { code, output } = await run('errand', 'new', 'request', 'quote', '--app', join(folder, 'app.ts'))
  expect([code, output]).toEqual([2, expect.stringMatching(/another copy of errand[\s\S]*npx errand/)])
})
