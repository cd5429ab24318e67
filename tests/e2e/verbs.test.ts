// The verbs as an operator and a script meet them: exit codes, what they print, and what they refuse.
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, inject, onTestFinished, test } from 'vitest'
import { newSecret } from '../../process/keyring.ts'
import { command } from './commands.ts'

type Ran = { readonly code: number | string; readonly output: string }

async function errand(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const ran = command('errand', [...args], env)
  return { code: await ran.ended, output: ran.output() }
}

const app = ['--app', 'tests/adder.ts']

/** A namespace of its own on the tests' cluster, nothing created in it. */
const environment = () => ({
  KAFKA_BROKERS: inject('system').brokers.join(','),
  SCHEMA_REGISTRY_URL: inject('system').registryUrl,
  ERRAND_SECRET: newSecret(),
  ERRAND_NAMESPACE: `verbs-${randomBytes(4).toString('hex')}`,
  ERRAND_HTTP_PORT: '0',
})

test.each([['start'], ['produce', 'added'], ['topics', 'plan'], ['topics', 'apply'], ['schemas', 'register']])(
  'errand %s %s without KAFKA_BROKERS exits 2 and names it',
  async (...verb) => {
    const { code, output } = await errand([...verb, ...app])
    expect(code).toBe(2)
    expect(output).toContain('KAFKA_BROKERS is not set')
  },
)

test('topics: planned, refused on a single broker without the flag, applied, and then as wanted; start says when they are missing', async () => {
  const env = environment()
  const plan = await errand(['topics', 'plan', ...app], env)
  expect([plan.code, plan.output]).toEqual([0, expect.stringMatching(/\n29 to create, 0 as wanted, 0 different/)])
  const early = await errand(['start', ...app], env)
  expect([early.code, early.output]).toEqual([2, expect.stringContaining('run: errand topics apply')])
  const refused = await errand(['topics', 'apply', ...app], env)
  expect([refused.code, refused.output]).toEqual([2, expect.stringContaining('--allow-single-replica')])
  const applied = await errand(['topics', 'apply', '--allow-single-replica', ...app], env)
  expect([applied.code, applied.output]).toEqual([0, expect.stringMatching(/\n29 created, 0 as wanted/)])
  const json = await errand(['topics', 'plan', '--json', ...app], env)
  expect(JSON.parse(json.output)).toHaveLength(29)
  expect(new Set(JSON.parse(json.output).map(({ kind }: { kind: string }) => kind))).toEqual(new Set(['same']))
  const unregistered = await errand(['start', ...app], env)
  expect([unregistered.code, unregistered.output]).toEqual([2, expect.stringContaining('errand schemas register')])
})

test('produce: sends the good lines, tells the bad ones by number with every problem, and exits 1', async () => {
  const env = environment()
  const folder = await mkdtemp(join(tmpdir(), 'errand-verbs-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'events.ndjson')
  await writeFile(file, '{"sum":1,"from":"a"}\n{"sum":"one","form":"a"}\nrubbish\n\n{"sum":2,"from":"b"}\n')
  expect((await errand(['topics', 'apply', '--allow-single-replica', ...app], env)).code).toBe(0)
  expect((await errand(['schemas', 'register', ...app], env)).code).toBe(0)
  const { code, output } = await errand(['produce', 'added', file, ...app], env)
  expect(code).toBe(1)
  expect(output).toMatch(/2 sent, 2 refused/)
  for (const problem of ['line 2: /sum', 'line 2: /from', 'line 2: /form', 'line 3:']) expect(output).toContain(problem)
  const unknown = await errand(['produce', 'nothing', file, ...app], env)
  expect([unknown.code, unknown.output]).toEqual([2, expect.stringContaining('its events: added')])
})

test('start refuses names that the app does not have, and roles that do not exist', async () => {
  const only = await errand(['start', '--only', 'subtract', ...app], environment())
  expect([only.code, only.output]).toEqual([2, expect.stringContaining('it has add, logs, sums')])
  const role = await errand(['start', 'sweep', ...app], environment())
  expect([role.code, role.output]).toEqual([2, expect.stringContaining('api, workers, subscribers, callbacks, status')])
})

test('clients: refuses what cannot be, with the remedy, and never makes a store but to add', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'errand-verbs-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const env = { ERRAND_STORE_FILE: join(folder, 's'), ERRAND_NAMESPACE: 'verbs', ERRAND_SECRET: newSecret() }
  const clients = (...args: string[]) => errand(['clients', ...args], env)
  const all: [string[], RegExp][] = [
    [['list'], /there is no store .*ERRAND_STORE_FILE/],
    [['add', 'Acme'], /cannot be a client's name/],
    [['add', 'development'], /errand dev/],
    [['revoke', 'acme'], /no client acme/],
    [['rotate', 'acme', '--overlap', 'soon'], /24h/],
  ]
  for (const [args, remedy] of all) {
    const { code, output } = await clients(...args)
    expect([args, code, output]).toEqual([args, 2, expect.stringMatching(remedy)])
  }
  expect((await clients('add', 'acme')).output).toMatch(/errand_\w{8}_\w{24}[\s\S]*whsec_/)
  expect(await clients('add', 'acme')).toMatchObject({ code: 2, output: expect.stringContaining('rotate acme') })
  expect(JSON.parse((await clients('list', '--json')).output)).toMatchObject([{ name: 'acme' }])
  expect((await errand(['clients', 'add', 'acme'], { ...env, ERRAND_SECRET: '' })).output).toContain('ERRAND_SECRET')
})

test('every verb has help with an example', async () => {
  for (const verb of [
    ['init'],
    ['new', 'request'],
    ['dev'],
    ['start'],
    ['produce'],
    ['topics'],
    ['schemas', 'generate'],
    ['schemas', 'register'],
    ['receive'],
    ['doctor'],
    ['dead-letters'],
    ...['list', 'show', 'redrive', 'skip'].map((verb) => ['dead-letters', verb]),
    ['clients'],
    ...['add', 'list', 'rotate', 'revoke'].map((verb) => ['clients', verb]),
    ['down'],
    ['reset'],
  ]) {
    const { code, output } = await errand([...verb, '--help'])
    expect(code).toBe(0)
    expect(output).toMatch(/Examples?:\n {2}\S+/)
  }
})
