// The package alone in an empty project: what is installed, what can be imported, what is refused.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, inject, test } from 'vitest'
import { say, stranger } from './stranger.ts'

const nodes = inject('nodes')
const install = `npm install --no-audit --no-fund ${inject('packed').path}`

const everyPath = `import { defineApp, type App } from 'errand'
import { manualClock, memoryLog, testContext } from 'errand/testing'
import { verify } from 'errand/client'
import type { RequestResource } from 'errand/api'

export const app: App<undefined> = defineApp({ name: 'sums' })
export const told: string = testContext().id
export const statusOf = ({ status }: RequestResource): string => status
// @ts-expect-error: types are there, and are looked at
export const wrong: number = testContext().id
await memoryLog({ clock: manualClock() }).close()
console.log(typeof verify, told)
`

test.each(nodes)(
  'Node $version: the tree is clean, small, and every published path can be imported, no other',
  async (node) => {
    const { folder, sh, run } = await stranger(node)
    await writeFile(join(folder, 'package.json'), '{ "type": "module", "private": true }')
    await sh(install)
    await sh('npm ls --all')
    const installed = await sh('npm ls --all --parseable')
    expect(installed).not.toMatch(
      /node_modules\/(vitest|typescript|@biomejs|fast-check|standardwebhooks|testcontainers|vega|node)$/m,
    )
    const kib = Number(/^\d+/.exec(await sh('du -sk node_modules'))![0])
    say(`Node ${node.version}: ${installed.trim().split('\n').length - 1} packages, ${(kib / 1024).toFixed(0)} MB`)
    expect(kib).toBeLessThan(40_000)
    await writeFile(join(folder, 'all.ts'), everyPath)
    expect(await sh('node all.ts')).toBe('function test\n')
    for (const path of ['errand/dist/app/index.js', 'errand/kafka/log.js', 'errand/package.json']) {
      const { code, output } = await run(`node -e "import('${path}')"`)
      expect([code, output]).toEqual([1, expect.stringContaining('ERR_PACKAGE_PATH_NOT_EXPORTED')])
    }
    expect(await sh('npx errand --version')).toMatch(/^\d+\.\d+\.\d+$/m)
  },
)

test('its declarations compile without those of its dependencies', async () => {
  const { folder, sh } = await stranger(nodes[0]!)
  await writeFile(join(folder, 'package.json'), '{ "type": "module", "private": true }')
  await sh(`${install} && npm install --no-audit --no-fund -D typescript @types/node@22`)
  await writeFile(join(folder, 'all.ts'), everyPath)
  const options = '--module nodenext --target es2024 --types node --strict --noEmit --skipLibCheck false'
  await sh(`npx tsc ${options} all.ts`)
})

test('an app that was built runs as JavaScript, and TypeScript that must not be stripped is refused', async () => {
  const { folder, sh, run } = await stranger(nodes[0]!)
  await writeFile(join(folder, 'package.json'), '{ "type": "module", "private": true }')
  await sh(install)
  const text = "import { defineApp } from 'errand'\nexport default defineApp({ name: 'sums', requests: {} })\n"
  await mkdir(join(folder, 'dist'))
  await writeFile(join(folder, 'dist/app.js'), text)
  await writeFile(join(folder, 'app.ts'), text)
  const off = 'NODE_OPTIONS=--no-experimental-strip-types'
  // Written beside dist/app.js, and to be listed in it: the app was loaded.
  expect(await sh(`${off} npx errand new request quote --app dist/app.js`)).toContain('listed it in dist/app.js')
  const { code, output } = await run(`${off} npx errand new request quote`)
  expect([code, output]).toEqual([
    2,
    expect.stringMatching(/app\.ts is TypeScript, and this Node \(v22[\s\S]*NODE_OPTIONS/),
  ])
})

const inThread = `import { pathToFileURL } from 'node:url'
const built = (path) => import(pathToFileURL(\`node_modules/errand/dist/\${path}\`).href)
const { handlerThreads } = await built('bin/handlerThreads.js')
const { pack } = await built('consumers/threads/crossing.js')
const { silentLog } = await built('process/log.js')
const threads = handlerThreads(process.argv[2], silentLog)
const signal = new AbortController().signal
const thread = await threads.take(signal)
const context = { id: 'a', key: null, attempt: 1, run: 1, headers: {} }
const call = { kind: 'request', name: 'twice', input: pack(Buffer.from('b')), context, bindings: { id: 'a' } }
console.log(JSON.stringify(await thread.run(call, { signal, onProgress: () => undefined })))
thread[Symbol.dispose]()
await threads[Symbol.asyncDispose]()
`
const twice = `import { isMainThread } from 'node:worker_threads'
import { defineApp, request } from 'errand'
const bytes = { name: 'Bytes', schema: 'bytes' }
const handler = async (input) => [isMainThread, Buffer.isBuffer(input), String(input).repeat(2)]
export default defineApp({ name: 'twice', requests: { twice: request(bytes, bytes, handler, { isolate: 'thread' }) } })
`

test.each(nodes)('Node $version: handlers run in threads of the package, of an app in TypeScript too', async (node) => {
  const { folder, sh } = await stranger(node)
  await writeFile(join(folder, 'package.json'), '{ "type": "module", "private": true }')
  await sh(install)
  await writeFile(join(folder, 'threads.ts'), inThread)
  for (const name of ['app.js', 'app.ts']) {
    await writeFile(join(folder, name), name.endsWith('.ts') ? twice.replace('(input)', '(input: unknown)') : twice)
    const said = await sh(`node threads.ts "$PWD/${name}"`)
    expect(JSON.parse(said)).toEqual({ output: [false, true, 'bb'], sent: [] })
  }
})
