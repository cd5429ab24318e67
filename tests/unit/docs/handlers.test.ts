// docs/handlers.md: its files, taken from its text, compile, and do what the page says of them.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import type { App, Request } from '../../../app/index.ts'
import { handling } from '../../../app/request.ts'
import { testContext } from '../../../testing/index.ts'

const page = readFileSync('docs/handlers.md', 'utf8')
const root = resolve(import.meta.dirname, '../../..')
mkdirSync('.errand', { recursive: true })
const folder = resolve(mkdtempSync('.errand/handlers-')) // within the repository, where `errand` is found
afterAll(() => rmSync(folder, { recursive: true }))

/** What the page takes for granted: an app has it from `errand schemas generate`, and from its author. */
const generated = [
  ['StatementInput', 'account: string; year: number', 'account:string year:int'],
  ['StatementResult', 'total: number', 'total:double'],
  ['DrawingInput', 'points: number', 'points:int'],
  ['DrawingResult', 'pi: number', 'pi:double'],
].map(([name, type, fields]) => {
  const avro = fields!.split(' ').map((field) => ({ name: field.split(':')[0], type: field.split(':')[1] }))
  const record = { name: `bank.${name}`, schema: { type: 'record', name, namespace: 'bank', fields: avro } }
  return `export type ${name} = { ${type} }\nexport const ${name}: RecordType<${name}> = ${JSON.stringify(record)}\n`
})
const files = [
  ...[...page.matchAll(/```ts\n\/\/ (\S+)\n([\s\S]*?)```/g)].map(([, path, text]) => [path!, text!] as const),
  ['schemas/generated.ts', `import type { RecordType } from 'errand'\n${generated.join('')}`],
  ['resources.ts', 'export type Resources = { bank: string }\nexport const resources = async () => ({ bank: "" })\n'],
] as const
writeFileSync(join(folder, 'package.json'), '{ "name": "bank", "type": "module" }')
for (const [path, text] of files) {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), text)
}
const load = async (): Promise<App<{ bank: string }>> =>
  (await import(/* @vite-ignore */ pathToFileURL(join(folder, 'app.ts')).href)).default

test('every block of TypeScript is a file of the app, and all of it compiles', () => {
  expect(files.map(([path]) => path).toSorted()).toEqual([
    ...['app.ts', 'requests/drawing.ts', 'requests/statement.ts', 'resources.ts', 'retries.ts', 'schemas/generated.ts'],
  ])
  expect(page.match(/```ts\n/g)).toHaveLength(files.length - 2)
  const settings = { extends: join(root, 'tsconfig.json'), include: ['**/*.ts'], exclude: [] }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(settings))
  const { stdout } = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', folder, '--pretty', 'false'], {
    encoding: 'utf8',
  })
  expect(stdout).toBe('')
})

test('the handlers answer, and fail in the ways that the page names', async () => {
  const { requests } = await load()
  const bank = createServer(({ url }, response) => {
    const [, account] = url!.split('/')
    response.statusCode = Number(account) || 200
    response.end('[1, 2.5]')
  })
  await new Promise<void>((done) => bank.listen(0, '127.0.0.1', done))
  onTestFinished(() => void bank.close())
  const resources = { bank: `http://127.0.0.1:${(bank.address() as AddressInfo).port}` }
  const ask = (account: string) =>
    (requests.statement as Request<unknown>).handler({ account, year: 2026 } as never, testContext({ resources }))
  expect(await ask('alice')).toEqual({ total: 3.5 })
  await expect(ask('404')).rejects.toMatchObject({ name: 'RejectedError', code: 'no-account' })
  await expect(ask('503')).rejects.toMatchObject({ name: 'UnavailableError', afterMs: 30_000 })
  await expect(ask('401')).rejects.toMatchObject({ name: 'PermanentError' })
  await expect(ask('500')).rejects.toMatchObject({ name: 'Error', message: 'the bank answered 500' })
  const context = testContext()
  const { pi } = (await (requests.drawing as Request<unknown>).handler({ points: 100_000 } as never, context)) as {
    pi: number
  }
  expect(pi).toBeCloseTo(Math.PI, 1)
  expect(context.progressed).toEqual([{ fraction: 0 }])
})

test('the options and defaults are those that the page names', async () => {
  const { requests } = await load()
  expect(requests.drawing).toMatchObject({ isolate: 'thread', timeoutMs: 120_000 })
  expect(requests.statement).not.toHaveProperty('isolate')
  expect(page).toContain(`\`timeoutMs\` (default ${handling({}).timeoutMs.toLocaleString('en')})`)
  const { attempts, firstWaitMs, maxWaitMs } = handling({}).retry
  expect(page).toContain(`\`retry.attempts\` (default ${attempts})`)
  for (const [name, value] of Object.entries({ attempts, firstWaitMs, maxWaitMs }))
    expect(page).toMatch(new RegExp(`\\| \`${name}\` \\|.*\\| ${value.toLocaleString('en')} \\|`))
  const { when } = requests.statement!.retry
  expect([when?.(new SyntaxError('no JSON')), when?.(new Error('no'))]).toEqual([false, true])
})
