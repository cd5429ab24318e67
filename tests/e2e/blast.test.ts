// `errand schemas check --topic` as a person and a script meet it.
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, inject, onTestFinished, test } from 'vitest'
import { registerSchemas } from '../../bin/schemas/register.ts'
import { openSystem } from '../../bin/system.ts'
import { applyTopics } from '../../bin/topics.ts'
import { newSecret } from '../../process/keyring.ts'
import { added } from '../adder.ts'
import { command } from './commands.ts'

const app = ['--app', 'tests/adder.ts']
type Env = Readonly<Record<string, string>>

async function errand(env: Env, ...args: readonly string[]) {
  const ran = command('errand', args, env)
  return { code: await ran.ended, output: ran.output() }
}

/** The adder's topics with 20 events, and a folder with a v2 of them. */
async function adding(more: readonly object[], changed: object = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'errand-blast-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const env = {
    KAFKA_BROKERS: inject('system').brokers.join(','),
    SCHEMA_REGISTRY_URL: inject('system').registryUrl,
    ERRAND_SECRET: newSecret(),
    ERRAND_NAMESPACE: `blast-${randomBytes(4).toString('hex')}`,
  }
  const v1 = added.record.schema as unknown as { readonly fields: readonly object[] }
  const fields = v1.fields.map((field) => ({
    ...field,
    ...((field as { name: string }).name === 'sum' ? changed : {}),
  }))
  await mkdir(join(folder, 'added'))
  await writeFile(join(folder, 'added/v1.avsc'), JSON.stringify(v1))
  await writeFile(join(folder, 'added/v2.avsc'), JSON.stringify({ ...v1, fields: [...fields, ...more] }))
  await using system = await openSystem('tests/adder.ts', { clientId: 'tests', logLevel: 'error', env })
  const { kafka, catalogue, registry, codec, producer } = system
  await applyTopics(kafka.admin, catalogue, { allowSingleReplica: true })
  await registerSchemas({ catalogue, registry, print: () => undefined })
  const topic = catalogue.event('added')
  const encode = await codec.encoder(`${topic}-value`, added.record)
  for (let sum = 0; sum < 20; sum++) {
    const record = { key: null, value: encode({ sum, from: 'a' }), headers: new Map() }
    await producer.send(topic, record, { kind: 'partition', partition: sum % 4 })
  }
  const check = (...args: readonly string[]) => errand(env, 'schemas', 'check', folder, ...app, ...args)
  return { env, folder, check }
}

/** How far it is goes to standard error, before it. */
const jsonOf = (output: string) => JSON.parse(output.slice(output.indexOf('{\n')))

const note = { name: 'note', type: ['null', 'string'], default: null }

test('a safe version exits 0 and tells how the topic is read; names, times and registries that are wrong exit 2', async () => {
  const { env, folder, check } = await adding([note])
  const safe = await check('--topic', 'added', '--since', '7d')
  expect([safe.code, safe.output]).toEqual([0, expect.stringContaining('0 read alike, 20 read otherwise, 0 not read')])
  expect(safe.output).toContain('subscriber logs (added): event.note added: null | string, null in older records')
  expect(safe.output).toMatch(/written with v1 \(id \d+\): 20/)
  const full = await check('--topic', `${env.ERRAND_NAMESPACE}.added`, '--since', '2027-01-01', '--json')
  expect([full.code, jsonOf(full.output)]).toMatchObject([
    0,
    { findings: [], blast: { whole: true, records: { records: 0 } } },
  ])

  const unknown = await check('--topic', 'taken-off')
  expect([unknown.code, unknown.output]).toEqual([2, expect.stringContaining('there are added, requests.add, results')])
  const foreign = await check('--topic', 'requests.add')
  expect([foreign.code, foreign.output]).toEqual([2, expect.stringContaining('has no versions of add/input')])
  const late = await check('--topic', 'added', '--since', 'yesterday')
  expect([late.code, late.output]).toEqual([2, expect.stringContaining('so long ago, such as 2h or 3d')])
  const alone = await check('--since', '7d')
  expect([alone.code, alone.output]).toEqual([2, expect.stringContaining('--since goes with --topic')])
  const away = { ...env, SCHEMA_REGISTRY_URL: 'http://127.0.0.1:1' }
  const unanswered = await errand(away, 'schemas', 'check', folder, ...app, '--topic', 'added')
  expect([unanswered.code, unanswered.output]).toEqual([2, expect.stringContaining('127.0.0.1:1 is not available')])
  const none = await errand(
    { ...env, ERRAND_NAMESPACE: 'nobody' },
    'schemas',
    'check',
    folder,
    ...app,
    '--topic',
    'added',
  )
  expect([none.code, none.output]).toEqual([2, expect.stringContaining('there is no topic nobody.added')])
})

test('a version that reads what is there no more exits 1, for people and for programs', async () => {
  const { check } = await adding([], { type: 'string' })
  const text = await check('--topic', 'added')
  expect([text.code, text.output]).toEqual([
    1,
    expect.stringContaining('✗ 20 read no more: TYPE_MISMATCH at /fields/0/type'),
  ])
  expect(text.output).toContain('runtime RECORDS_FAIL')
  expect(text.output).toContain('v2 does not read 20 of 20 records that v1 reads')
  const json = jsonOf((await check('--topic', 'added', '--json')).output)
  expect(json.blast).toMatchObject({ records: { records: 20, fails: 20, broken: 20, reasons: [{ records: 20 }] } })
  const sarif = await check('--topic', 'added', '--format', 'sarif')
  expect([sarif.code, sarif.output]).toEqual([1, expect.stringContaining('RECORDS_FAIL')])
})

test('Ctrl-C gives what was counted so far, says so, and exits 1', async () => {
  const { env, folder } = await adding([note])
  const asked = Promise.withResolvers<void>()
  const registry = createServer((request, response) => {
    if (request.url?.includes('/schemas/ids/')) return asked.resolve() // and no answer
    response.setHeader('content-type', 'application/json').end('["AVRO"]')
  })
  await new Promise<void>((resolve) => void registry.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    registry.closeAllConnections()
    registry.close()
  })
  const { port } = registry.address() as AddressInfo
  const slow = { ...env, SCHEMA_REGISTRY_URL: `http://127.0.0.1:${port}` }
  const ran = command('errand', ['schemas', 'check', folder, ...app, '--topic', 'added'], slow)
  await asked.promise
  ran.child.kill('SIGINT')
  expect(await ran.ended).toBe(1)
  expect(ran.output()).toContain('INTERRUPTED: this is what was counted so far')
})
