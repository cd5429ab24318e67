// A whole system on a secured cluster, with the rights that the documentation lists and no more; and every verb where it is
// kept out.
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test, vi } from 'vitest'
import { diagnoseBroker } from '../../../kafka/kafkajs/brokerCheck.ts'
import { kafkajsLog } from '../../../kafka/kafkajs/log.ts'
import { newSecret } from '../../../process/keyring.ts'
import { silentLog } from '../../../process/log.ts'
import { freshGroup, records } from '../../contracts/log.ts'
import { testMember } from '../../contracts/logMember.ts'
import { command } from '../../e2e/commands.ts'
import { realSystem } from '../../e2e/realSystem.ts'
import { password, reader, registryFront } from './registryFront.ts'
import { type Listener, type SecuredBroker, securedBroker } from './securedBroker.ts'
import { ca, certificate, type Environment, kafkaOf, user } from './ways.ts'

const { registryUrl } = inject('system')
const opened = new AsyncDisposableStack()
let broker: SecuredBroker
let registry: { readonly url: string }
beforeAll(async () => {
  broker = opened.use(await securedBroker())
  registry = opened.use(await registryFront(registryUrl, { issued: await broker.trusted.issue('registry') }))
})
afterAll(() => opened.disposeAsync())

const documentation = readFileSync('docs/configuration.md', 'utf8')
/** The first block of shell under a heading. */
const block = (heading: string): string =>
  documentation.split(`# ${heading}\n`)[1]!.split('```sh\n')[1]!.split('```')[0]!.replaceAll('\\\n', ' ')

/** What the documentation grants to `errand` on `flights.`, granted to bob on a prefix of ours. */
async function grant(prefix: string): Promise<void> {
  const commands = block('Rights').trim().split('\n')
  expect(commands).toHaveLength(3)
  for (const line of commands) {
    const [, ...words] = line
      .replace('kafka-1:9092', broker.address.plaintext)
      .replace('--command-config admin.properties', '')
      .replace('User:errand', 'User:bob')
      .replace('flights.', prefix)
      .split(/ +/)
    await broker.tool('org.apache.kafka.tools.AclCommand', ...words)
  }
}

const registryAccess = (): Environment => ({
  SCHEMA_REGISTRY_CA_FILE: broker.trusted.cert,
  SCHEMA_REGISTRY_USERNAME: reader,
  SCHEMA_REGISTRY_PASSWORD: password,
})

test('over TLS, SCRAM and basic authentication, with the documented rights alone, a request is answered with its callback', async () => {
  await grant('e2e-')
  const access = { ...ca(broker), ...user('scram-sha-512', 'bob'), ...registryAccess() }
  for (const [name, value] of Object.entries(access)) vi.stubEnv(name, value)
  onTestFinished(() => void vi.unstubAllEnvs())
  const errand = await realSystem({ brokers: [broker.address.saslTls], registryUrl: registry.url })
  const { url } = await errand.start()
  const asked = await errand.ask(url, { a: 2, b: 3 })
  expect(asked.status).toBe(202)
  const { id } = (await asked.json()) as { id: string }
  await vi.waitFor(() => expect(errand.callbacks).toHaveLength(1), { timeout: 60_000, interval: 50 })
  expect(errand.callbacks).toMatchObject([{ id, type: 'add.succeeded', result: { sum: 5 } }])
  const shown = await (await errand.get(url, `/v1/requests/${id}?wait=20`)).json()
  expect(shown).toMatchObject({ status: 'succeeded', result: { sum: 5 } })
  expect((await errand.ask(url, { a: 2, b: 3, mood: 'permanent' })).status).toBe(202)
  await vi.waitFor(() => expect(errand.callbacks).toHaveLength(2), { timeout: 60_000, interval: 50 })
  const redrive = ['dead-letters', 'redrive', 'workers.add', '--all', '--yes', '--app', 'tests/adder.ts']
  await vi.waitFor(async () => {
    const redriven = command('errand', redrive, { ...access, ...errand.env })
    expect([await redriven.ended, redriven.output()]).toEqual([0, expect.stringContaining('1 letter redriven')])
  }, 60_000) // the client is told before the letter is written
  await vi.waitFor(() => expect(errand.callbacks).toHaveLength(3), { timeout: 60_000, interval: 50 })
}, 200_000)

test('whoever lacks a right is told which, and where the rights are listed', async () => {
  const open = (env: Environment) => {
    const log = kafkajsLog({ clientId: 'rights', kafka: kafkaOf(env), log: silentLog })
    onTestFinished(() => log.close())
    return log
  }
  const bob = open({ KAFKA_BROKERS: broker.address.saslPlaintext, ...user('plain', 'bob') })
  const root = open({ KAFKA_BROKERS: broker.address.plaintext })
  const topic = `rights.${randomBytes(4).toString('hex')}`
  const spec = { partitions: 1, replicas: 1, config: {} }
  const told = (right: string) => expect.stringMatching(new RegExp(`${right}.*configuration\\.md.*under "Rights"`))
  const noTopic = told('no right to do that with the topic')
  const creation = bob.admin.create([{ name: topic, ...spec }])
  await expect(creation).rejects.toMatchObject({ code: 'log-refused', message: noTopic })
  await root.admin.create([{ name: topic, ...spec }])
  await expect(bob.admin.offsets(topic)).rejects.toMatchObject({ message: told(`with the topic ${topic}`) })
  expect(await bob.admin.describe([topic])).toEqual(new Map())
  await expect(testMember(bob, freshGroup(), [topic]).membership.start()).rejects.toMatchObject({ message: noTopic })
  await grant(topic)
  const writer = await bob.writer()
  await writer.append({ topic, partition: 0 }, records('a'))
  const member = testMember(bob, freshGroup(), [topic])
  await expect(member.membership.start()).rejects.toMatchObject({ message: told('no right to be in the group') })
  const elsewhere = `${freshGroup()}.elsewhere`
  await root.admin.create([{ name: elsewhere, ...spec }])
  await expect(writer.append({ topic: elsewhere, partition: 0 }, records('a'))).rejects.toMatchObject({
    message: noTopic,
  })
}, 120_000)

describe('the block that the documentation gives connects:', () => {
  test.each<[string, Listener, Environment]>([
    ['Plain', 'plaintext', {}],
    ['TLS', 'tls', {}],
    ['mTLS', 'mtls', {}],
    ['SASL over TLS, own authority', 'saslTls', user('scram-sha-256')],
    ['Like Confluent Cloud: SASL PLAIN over TLS, public authority', 'saslTls', user('plain')],
    ['Like Amazon MSK: SCRAM-SHA-512 over TLS, public authority', 'scram512', user('scram-sha-512')],
  ])('%s', async (heading, listener, credentials) => {
    const given = Object.fromEntries([...block(heading).matchAll(/^export (\w+)=(.*)$/gm)].map(([, k, v]) => [k!, v!]))
    const { KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD } = credentials
    const own = { ...ca(broker), ...certificate(broker), KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD }
    const replaced = Object.entries(own).filter(([name]) => name in given)
    // The authority of the tests is not a public one.
    const authority = heading.includes('public') ? ca(broker) : {}
    const kafka = Object.entries(given).filter(([name]) => name.startsWith('KAFKA_'))
    const env = {
      ...Object.fromEntries([...kafka, ...replaced]),
      ...authority,
      KAFKA_BROKERS: broker.address[listener],
    }
    expect(await diagnoseBroker(kafkaOf(env as Environment))).toEqual({ kind: 'ok' })
  })
})

describe('every verb that is kept out ends with exit code 2 and says why', () => {
  const app = ['--app', 'tests/adder.ts']
  const environment = (): Environment => ({
    KAFKA_BROKERS: broker.address.plaintext,
    SCHEMA_REGISTRY_URL: registry.url,
    ...registryAccess(),
    ERRAND_SECRET: newSecret(),
    ERRAND_NAMESPACE: `secured-${randomBytes(4).toString('hex')}`,
    ERRAND_HTTP_PORT: '0',
  })
  async function errand(verb: string, env: Environment) {
    const folder = await mkdtemp(join(tmpdir(), 'errand-secured-verb-'))
    onTestFinished(() => rm(folder, { recursive: true, force: true }))
    const own = verb === 'dev' ? ['--folder', folder, '--receiver-port', '0'] : []
    const ran = command('errand', [...verb.split(' '), ...app, ...own], {
      ERRAND_STORE_FILE: join(folder, 'store'),
      ...env,
    })
    return { code: await ran.ended, output: ran.output() }
  }

  test.each(['start', 'start subscribers', 'topics plan', 'topics apply', 'produce added', 'dead-letters list', 'dev'])(
    'by its brokers: errand %s',
    async (verb) => {
      const env = { ...environment(), KAFKA_BROKERS: broker.address.saslPlaintext, ...user('plain') }
      const { code, output } = await errand(verb, { ...env, KAFKA_SASL_PASSWORD: 'xyzzy' })
      expect(output).toMatch(/^errand: The broker at .* refuses the user "alice" with PLAIN.*\nCorrect KAFKA_SASL_/m)
      expect(output.match(/refuses the user/g)).toHaveLength(1)
      expect(output).not.toContain('xyzzy')
      expect(code).toBe(2)
    },
  )

  test('by its registry: errand start, produce, schemas register, dev', async () => {
    const env = environment()
    expect((await errand('topics apply --allow-single-replica', env)).output).toMatch(/\d+ created/)
    for (const verb of ['start subscribers', 'produce added', 'schemas register', 'dev']) {
      const { code, output } = await errand(verb, { ...env, SCHEMA_REGISTRY_PASSWORD: 'xyzzy' })
      expect(output).toMatch(/^errand: The schema registry at .* refuses the user "reader" \(401\)\.\nCorrect SCHEMA_/m)
      expect(output).not.toContain('xyzzy')
      expect(code).toBe(2)
    }
  }, 120_000)
})
