// The README, followed as written: the callback in two minutes, and a request type of one's own in five steps. Files and
// commands are taken from its text; only the ports and the folder are a test's own.
import { randomBytes } from 'node:crypto'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { expect, inject, onTestFinished, test } from 'vitest'
import { type Command, command } from './commands.ts'

const readme = await readFile('README.md', 'utf8')

/** The example in a folder of its own, within the repository, so that `errand` is found as the example finds it. */
async function copyOfExample(): Promise<string> {
  await mkdir('.errand', { recursive: true })
  const folder = await mkdtemp('.errand/readme-')
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  await cp('examples/flights', folder, { recursive: true, filter: (path) => !path.includes('node_modules') })
  return folder
}

type Dev = { readonly dev: Command; readonly folder: string; curl(): string; sh(line: string): Promise<string> }

async function dev(example: string): Promise<Dev> {
  const folder = join(example, '.errand')
  const { brokers, registryUrl } = inject('system')
  const env = {
    KAFKA_BROKERS: brokers.join(','),
    SCHEMA_REGISTRY_URL: registryUrl,
    ERRAND_NAMESPACE: `readme-${randomBytes(4).toString('hex')}`,
    ERRAND_HTTP_PORT: '0',
    FLIGHTS_DATA: join(folder, 'flights'),
  }
  const dev = command(
    'errand',
    ['dev', '--app', join(example, 'app.ts'), '--folder', folder, '--receiver-port', '0'],
    env,
  )
  await dev.shows(/new Webhook/)
  return {
    dev,
    folder,
    curl: () => /curl -sS[\s\S]*?'\n/.exec(dev.output())![0],
    sh: async (line) => {
      const shell = command('bash', ['-c', `set -euo pipefail; ${line}`])
      expect(await shell.ended, shell.output()).toBe(0)
      return shell.output()
    },
  }
}

async function stop({ dev }: Dev): Promise<void> {
  dev.child.kill('SIGINT')
  expect(await dev.ended, dev.output()).toBe(0)
}

test('the printed curl works when pasted, its callback is shown, and events bring flights', async () => {
  const running = await dev(await copyOfExample())
  expect(JSON.parse(await running.sh(running.curl()))).toMatchObject({ type: 'punctuality', status: 'queued' })
  await running.dev.shows(/punctuality\.failed +verified[\s\S]*no-flights/)
  const produce = /npm run -s flights \| .*\n/.exec(readme)![0].replace('npx errand', 'errand')
  const sent = await running.sh(`set -a; . ${running.folder}/env; set +a; ${produce}`)
  expect(sent).toMatch(/2000 sent, 0 refused/)
  await expect
    .poll(
      async () => {
        await running.sh(running.curl())
        return running.dev.output()
      },
      { timeout: 60_000, interval: 1_000 },
    )
    .toMatch(/punctuality\.succeeded +verified/)
  await stop(running)
})

test('a request type of one’s own in five steps, as written', async () => {
  const example = await copyOfExample()
  const files = [...readme.matchAll(/`examples\/flights\/(\S+)`\n\s*```\w+\n([\s\S]*?)\n\s*```/g)]
  expect(files.map(([, path]) => path)).toEqual([
    'schemas/busiest/input.v1.avsc',
    'schemas/busiest/result.v1.avsc',
    'requests/busiest.ts',
  ])
  for (const [, path, text] of files) {
    await mkdir(dirname(join(example, path!)), { recursive: true })
    await writeFile(join(example, path!), text!.replaceAll(/^ {3}/gm, ''))
  }
  const line = /`(busiest: request\(.*\),)`/.exec(readme)![1]!
  const app = await readFile(join(example, 'app.ts'), 'utf8')
  const listed = app
    .replace('import { punctuality }', "import { busiest } from './requests/busiest.ts'\nimport { punctuality }")
    .replace('import { FlightLanded,', 'import { BusiestInput, BusiestResult, FlightLanded,')
    .replace('requests: {', `requests: {\n    ${line}`)
  await writeFile(join(example, 'app.ts'), listed)
  const generate = command('errand', ['schemas', 'generate', join(example, 'schemas')])
  expect(await generate.ended, generate.output()).toBe(0)
  const check = command('tsc', ['--noEmit', '-p', await checkConfig(example)])
  expect(await check.ended, check.output()).toBe(0)
  const running = await dev(example)
  const curl = /curl -sS http:\/\/127\.0\.0\.1:3000\/v1\/requests\/busiest[\s\S]*?\n {3}```/
    .exec(readme)![0]
    .replace('```', '')
  const [api] = /http:\/\/127\.0\.0\.1:\d+/.exec(running.curl())!
  const receiver = /"url":"(http:\/\/127\.0\.0\.1:\d+)/.exec(running.curl())![1]!
  const own = curl.replace('http://127.0.0.1:3000', api).replace('http://127.0.0.1:4000', receiver)
  expect(JSON.parse(await running.sh(`set -a; . ${running.folder}/env; set +a; ${own}`))).toMatchObject({
    status: 'queued',
  })
  await running.dev.shows(/busiest\.succeeded +verified/)
  await stop(running)
})

/** The repository's compiler settings over the copy alone. */
async function checkConfig(example: string): Promise<string> {
  const file = join(example, 'tsconfig.json')
  await writeFile(
    file,
    JSON.stringify({ extends: relative(example, 'tsconfig.json'), include: ['**/*.ts'], exclude: ['tests'] }),
  )
  return file
}
