// A secured broker: every way in works, and what keeps us out is told within seconds, with its remedy.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { diagnoseBroker } from '../../../kafka/kafkajs/brokerCheck.ts'
import { kafkajsLog } from '../../../kafka/kafkajs/log.ts'
import type { Log } from '../../../kafka/log.ts'
import { silentLog } from '../../../process/log.ts'
import { freshGroup, logContract, position, records } from '../../contracts/log.ts'
import { testMember } from '../../contracts/logMember.ts'
import { type Listener, type SecuredBroker, securedBroker } from './securedBroker.ts'
import { ca, certificate, type Environment, kafkaOf, user } from './ways.ts'

let broker: SecuredBroker
beforeAll(async () => {
  broker = await securedBroker()
})
afterAll(() => broker?.[Symbol.asyncDispose]())

type Way = (broker: SecuredBroker) => Environment

const at = (listener: Listener, way: Way): Environment => ({ KAFKA_BROKERS: broker.address[listener], ...way(broker) })

function open(env: Environment): Log {
  const log = kafkajsLog({ clientId: 'secured', kafka: kafkaOf(env), log: silentLog })
  onTestFinished(() => log.close())
  return log
}

describe('a topic is created, written to and read by a member of a group, with', () => {
  test.each<[string, Listener, Way]>([
    ['SASL PLAIN', 'saslPlaintext', () => user('plain')],
    ['SCRAM-SHA-256', 'saslPlaintext', () => user('scram-sha-256')],
    ['SCRAM-SHA-512', 'saslPlaintext', () => user('scram-sha-512')],
    ['TLS', 'tls', ca],
    ['mTLS', 'mtls', (all) => ({ ...ca(all), ...certificate(all) })],
    ['TLS and SASL PLAIN', 'saslTls', (all) => ({ ...ca(all), ...user('plain') })],
    ['TLS and SCRAM-SHA-256', 'saslTls', (all) => ({ ...ca(all), ...user('scram-sha-256') })],
    ['TLS and SCRAM-SHA-512', 'saslTls', (all) => ({ ...ca(all), ...user('scram-sha-512') })],
  ])('%s', async (_, listener, way) => {
    const log = open(at(listener, way))
    const topic = `secured.${randomUUID()}`
    await log.admin.create([{ name: topic, partitions: 2, replicas: 1, config: {} }])
    const writer = await log.writer()
    expect(await writer.append({ topic, partition: 1 }, records('a', 'b'))).toBe(0n)
    const group = freshGroup()
    const member = testMember(log, group, [topic])
    await member.membership.start()
    await vi.waitFor(() => expect(member.values()).toEqual(['a', 'b']), { timeout: 15_000 })
    await member.membership.commit([position(topic, 1, 2)])
    expect(await log.admin.committed(group, [topic])).toEqual([position(topic, 1, 2)])
    await member.membership.leave()
    expect(await diagnoseBroker(kafkaOf(at(listener, way)))).toEqual({ kind: 'ok' })
  })
})

logContract('kafkajs over TLS and SCRAM-SHA-512', () =>
  kafkajsLog({
    ...{ clientId: 'secured', log: silentLog },
    kafka: kafkaOf(at('saslTls', (all) => ({ ...ca(all), ...user('scram-sha-512') }))),
  }),
)

const wrong = (env: Environment): Environment => ({ ...env, KAFKA_SASL_PASSWORD: 'another' })
const foreignCertificate = async ({ untrusted }: SecuredBroker, days = 2): Promise<Environment> => {
  const issued = await (days < 0 ? broker.trusted : untrusted).issue('client', { days })
  return { KAFKA_TLS_CERT_FILE: issued.cert, KAFKA_TLS_KEY_FILE: issued.key }
}

describe('the first question says what is wrong and what to do:', () => {
  test.each<[string, Listener, (broker: SecuredBroker) => Environment | Promise<Environment>, RegExp]>([
    ['no SASL', 'saslPlaintext', () => ({}), /asks for SASL .*\nSet KAFKA_SASL_MECHANISM to scram-sha-512 or/],
    ['no SASL in TLS', 'scram512', ca, /asks for SASL .*\nSet KAFKA_SASL_MECHANISM to scram-sha-512, with/],
    [
      'a wrong password',
      'saslPlaintext',
      () => wrong(user('plain')),
      /refuses the user "alice" with PLAIN: .*\nCorrect/,
    ],
    [
      'a wrong SCRAM password',
      'saslTls',
      (all) => ({ ...ca(all), ...wrong(user('scram-sha-512')) }),
      /refuses the user "alice" with SCRAM-SHA-512: .* for each mechanism/s,
    ],
    [
      'a mechanism that is not offered',
      'scram512',
      (all) => ({ ...ca(all), ...user('plain') }),
      /does not offer the SASL mechanism PLAIN\.\nSet KAFKA_SASL_MECHANISM to scram-sha-512\./,
    ],
    ['needless SASL', 'tls', (all) => ({ ...ca(all), ...user('plain') }), /does no SASL .*\nName its SASL port/],
    ['no TLS at a TLS port', 'tls', () => ({}), /speaks TLS on that port, .*\nSet KAFKA_TLS=true/],
    ['no TLS at a SASL TLS port', 'saslTls', () => user('plain'), /speaks TLS on that port/],
    ['TLS at a plaintext port', 'plaintext', ca, /does not speak TLS .*\nName its TLS port in KAFKA_BROKERS/],
    ['TLS at a SASL plaintext port', 'saslPlaintext', (all) => ({ ...ca(all), ...user('plain') }), /not speak TLS/],
    [
      'another authority',
      'tls',
      ({ untrusted }) => ({ KAFKA_TLS_CA_FILE: untrusted.cert }),
      /certificate that the authority in KAFKA_TLS_CA_FILE has not signed\.\nLet KAFKA_TLS_CA_FILE name/,
    ],
    [
      'no authority',
      'tls',
      () => ({ KAFKA_TLS: 'true' }),
      /that no public authority has signed\.\nLet KAFKA_TLS_CA_FILE/,
    ],
    [
      'another name',
      'elsewhere',
      ca,
      /for other names: DNS:elsewhere\.example\.\nUse one of these names in KAFKA_BROKERS/,
    ],
    ['an expired certificate', 'expired', ca, /a certificate that has expired\.\nRenew it/],
    ['no client certificate', 'mtls', ca, /a client certificate \(mTLS\), and KAFKA_TLS_CERT_FILE is not set\.\nLet/],
    [
      "another authority's client certificate",
      'mtls',
      async (all) => ({ ...ca(all), ...(await foreignCertificate(all)) }),
      /refuses the client certificate in KAFKA_TLS_CERT_FILE, issued by CN=untrusted\.\nUse/,
    ],
    [
      'an expired client certificate',
      'mtls',
      async (all) => ({ ...ca(all), ...(await foreignCertificate(all, -1)) }),
      /refuses the client certificate in KAFKA_TLS_CERT_FILE, which expired on 2.*\nHave it renewed/,
    ],
    ['an address from which nobody gets on', 'lost', () => ({}), /calls broker\.invalid:9092 .*advertised\.listeners/s],
  ])('%s', async (_, listener, way, text) => {
    const env = { KAFKA_BROKERS: broker.address[listener], ...(await way(broker)) }
    const began = performance.now()
    const code = listener === 'lost' ? 'log-unavailable' : 'misconfigured'
    await expect(open(env).admin.brokers()).rejects.toMatchObject({ code, message: expect.stringMatching(text) })
    expect(performance.now() - began).toBeLessThan(10_000)
    const finding = await diagnoseBroker(kafkaOf(env))
    expect(finding.kind === 'ok' ? '' : `${finding.problem}\n${finding.remedy}`).toMatch(text)
  })

  test('one broker of two that is down does not hide what is wrong with the other', async () => {
    const env = { KAFKA_BROKERS: `127.0.0.1:1,${broker.address.saslPlaintext}`, ...wrong(user('plain')) }
    await expect(open(env).admin.brokers()).rejects.toThrow(/refuses the user "alice"/)
  })

  test('a broker that is down is away, as before', async () => {
    const down = open({ KAFKA_BROKERS: '127.0.0.1:1' }).admin.brokers()
    const message = expect.stringMatching(/^Kafka does not answer: .* cannot be reached: connect ECONNREFUSED 127/)
    await expect(down).rejects.toMatchObject({ code: 'log-unavailable', retriable: true, message })
  })
})

test('a transaction tells which topic it is that may not be written to', async () => {
  const [id, plaintext] = [randomUUID(), broker.address.plaintext]
  const [mine, others] = [`secured.${id}.mine`, `secured.${id}.others`]
  const all = open(at('saslPlaintext', () => user('scram-sha-512')))
  await all.admin.create([mine, others].map((name) => ({ name, partitions: 1, replicas: 1, config: {} })))
  const grant = (...words: readonly string[]) =>
    broker.tool(
      'org.apache.kafka.tools.AclCommand',
      ...['--bootstrap-server', plaintext, '--add', '--allow-principal', 'User:bob', ...words],
    )
  await grant('--operation', 'Describe', '--topic', others)
  await grant('--operation', 'Write', '--operation', 'Describe', '--topic', mine)
  await grant('--operation', 'Write', '--operation', 'Describe', '--transactional-id', id)
  const bob = open(at('saslPlaintext', () => user('scram-sha-512', 'bob')))
  const owner = await bob.transaction(id)
  const appends = [mine, others].map((topic) => ({ topic, partition: 0, records: records('x') }))
  await expect(owner.commit(freshGroup(), appends, [])).rejects.toMatchObject({
    ...{ code: 'append-refused', retriable: false, isOfPlace: true },
    to: { topic: others, partition: 0 },
  })
  await owner.close()
})
