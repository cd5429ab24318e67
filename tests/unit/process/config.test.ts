import { createPrivateKey } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { loadConfig, loadRegistry } from '../../../process/config.ts'
import { authority } from '../../certificates.ts'

const folder = mkdtempSync(join(tmpdir(), 'errand-config-'))
afterAll(() => rmSync(folder, { recursive: true }))
const signer = await authority(folder, 'signer')
const [one, other] = [await signer.issue('one'), await signer.issue('other')]
const read = (path: string): string => readFileSync(path, 'utf8')
const written = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}
const encrypted = (key: string): string =>
  createPrivateKey(read(key))
    .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' })
    .toString()

const least = {
  KAFKA_BROKERS: 'one:9092, two:9093',
  SCHEMA_REGISTRY_URL: 'http://localhost:8081/apis/ccompat/v7',
  ERRAND_SECRET: '1:secret',
}

const problems = (env: Record<string, string | undefined>): string => {
  try {
    loadConfig(env)
    return ''
  } catch (error) {
    expect(error).toMatchObject({ code: 'invalid-configuration' })
    return (error as Error).message
  }
}

describe('the configuration', () => {
  test('needs three variables; all else has a default', () => {
    expect(loadConfig(least)).toEqual({
      kafka: { brokers: ['one:9092', 'two:9093'] },
      registry: { url: 'http://localhost:8081/apis/ccompat/v7' },
      secret: '1:secret',
      storeFile: '.errand/store.sqlite',
      http: { host: '127.0.0.1', port: 3000 },
      callbackOrigins: [],
      drainMs: 25_000,
      schemas: 'fail',
    })
  })

  test('takes an empty variable for one that is not set', () => {
    const empty = { ERRAND_NAMESPACE: '', ERRAND_HTTP_PORT: '', KAFKA_TLS: '', KAFKA_SASL_USERNAME: '' }
    expect(loadConfig({ ...least, ...empty })).toEqual(loadConfig(least))
    expect(problems({ ...least, ERRAND_SECRET: '' })).toContain('ERRAND_SECRET is not set')
  })

  test('reports every problem at once, each with its variable', () => {
    const text = problems({
      SCHEMA_REGISTRY_URL: 'kafka:8081',
      ERRAND_HTTP_PORT: '70000',
      ERRAND_HTTP_HOST: 'http://0.0.0.0',
      ERRAND_DRAIN_MS: 'soon',
      ERRAND_NAMESPACE: 'a b',
      KAFKA_TLS_CA_FILE: join(folder, 'missing.pem'),
      KAFKA_SASL_MECHANISM: 'md5',
      ERRAND_CALLBACK_ORIGINS: 'http://127.0.0.1:4000/path',
    })
    expect(text.split('\n- ').map((line) => line.split(' ')[0])).toEqual(
      expect.arrayContaining([
        ...['KAFKA_BROKERS', 'SCHEMA_REGISTRY_URL', 'ERRAND_SECRET', 'ERRAND_HTTP_PORT', 'ERRAND_HTTP_HOST'],
        ...['ERRAND_DRAIN_MS', 'ERRAND_NAMESPACE', 'KAFKA_TLS_CA_FILE', 'KAFKA_SASL_MECHANISM', 'KAFKA_SASL_USERNAME'],
        ...['KAFKA_SASL_PASSWORD', 'ERRAND_CALLBACK_ORIGINS'],
      ]),
    )
    expect(text).toContain('KAFKA_BROKERS is not set')
    expect(text).toContain('SCHEMA_REGISTRY_URL must be an http or https URL')
  })

  test.each([',', 'localhost', 'http://localhost:9092', 'one:9092,two', 'one:0', 'one:99999'])(
    'brokers %j are refused',
    (KAFKA_BROKERS) => {
      expect(problems({ ...least, KAFKA_BROKERS })).toContain('KAFKA_BROKERS must be host:port')
    },
  )

  test.each(['-1', '65536', '1e3', 'http'])('the port %j is refused in plain words', (ERRAND_HTTP_PORT) => {
    expect(problems({ ...least, ERRAND_HTTP_PORT })).toContain('ERRAND_HTTP_PORT must be a port, 0 to 65535')
  })

  test.each(['-1', '0.5', '2147483648', 'soon'])('%j milliseconds are refused in plain words', (ERRAND_DRAIN_MS) => {
    expect(problems({ ...least, ERRAND_DRAIN_MS })).toContain('ERRAND_DRAIN_MS must be a whole number of milliseconds')
  })

  test.each([
    [{ KAFKA_SASL_MECHANISM: 'plain', KAFKA_SASL_USERNAME: 'u' }, 'KAFKA_SASL_PASSWORD is not set'],
    [{ KAFKA_SASL_USERNAME: 'u', KAFKA_SASL_PASSWORD: 'p' }, 'KAFKA_SASL_MECHANISM is not set'],
    [{ SCHEMA_REGISTRY_PASSWORD: 'p' }, 'SCHEMA_REGISTRY_USERNAME is not set'],
    [{ KAFKA_TLS_CERT_FILE: one.cert }, 'KAFKA_TLS_KEY_FILE is not set'],
    [{ SCHEMA_REGISTRY_KEY_FILE: one.key }, 'SCHEMA_REGISTRY_CERT_FILE is not set'],
  ])('%j alone is refused: half of it is missing', (half, problem) => {
    expect(problems({ ...least, ...half })).toContain(problem)
  })

  test('carries credentials and the text of certificate files; a mechanism may be written as Kafka writes it', () => {
    const { kafka, registry } = loadConfig({
      ...least,
      KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512',
      KAFKA_SASL_USERNAME: 'u',
      KAFKA_SASL_PASSWORD: 'p',
      KAFKA_TLS_CA_FILE: signer.cert,
      KAFKA_TLS_CERT_FILE: one.cert,
      KAFKA_TLS_KEY_FILE: one.key,
      SCHEMA_REGISTRY_URL: 'https://localhost/apis/ccompat/v7',
      SCHEMA_REGISTRY_USERNAME: 'r',
      SCHEMA_REGISTRY_CA_FILE: signer.cert,
      SCHEMA_REGISTRY_CERT_FILE: other.cert,
      SCHEMA_REGISTRY_KEY_FILE: other.key,
    })
    expect(kafka.sasl).toEqual({ mechanism: 'scram-sha-512', username: 'u', password: 'p' })
    expect(kafka.tls).toEqual({ ca: read(signer.cert), cert: read(one.cert), key: read(one.key) })
    expect(registry).toMatchObject({
      auth: { username: 'r', password: '' },
      tls: { ca: read(signer.cert), cert: read(other.cert), key: read(other.key) },
    })
  })

  test('of a registry needs nothing else, and shows who we are to no other one than that of SCHEMA_REGISTRY_URL', () => {
    const own = {
      SCHEMA_REGISTRY_USERNAME: 'r',
      SCHEMA_REGISTRY_PASSWORD: 'p',
      SCHEMA_REGISTRY_CA_FILE: signer.cert,
      SCHEMA_REGISTRY_CERT_FILE: other.cert,
      SCHEMA_REGISTRY_KEY_FILE: other.key,
    }
    const auth = { username: 'r', password: 'p' }
    const set = { ...own, SCHEMA_REGISTRY_URL: 'https://registry/apis/ccompat/v7' }
    const kafka = { KAFKA_BROKERS: 'none', KAFKA_SASL_MECHANISM: 'plain' }
    expect(loadRegistry({ ...set, ...kafka }, 'https://registry/v6')).toMatchObject({
      url: 'https://registry/v6',
      auth,
    })
    expect(loadRegistry(own, 'https://other')).toMatchObject({ auth, tls: { cert: read(other.cert) } })
    expect(loadRegistry(set, 'https://other')).toEqual({ url: 'https://other', tls: { ca: read(signer.cert) } })
    expect(loadRegistry(set, 'http://registry')).toEqual({ url: 'http://registry' })
    expect(() => loadRegistry({ SCHEMA_REGISTRY_PASSWORD: 'p' }, 'http://registry')).toThrow('USERNAME is not set')
    expect(() => loadRegistry({}, 'registry')).toThrow('SCHEMA_REGISTRY_URL must be an http or https URL')
  })

  test('speaks TLS when it is told to or has certificates, and not when it is told not to', () => {
    const ca = { KAFKA_TLS_CA_FILE: signer.cert }
    expect(loadConfig({ ...least, KAFKA_TLS: 'true' }).kafka.tls).toEqual({})
    expect(loadConfig({ ...least, ...ca }).kafka.tls).toEqual({ ca: read(signer.cert) })
    expect(loadConfig({ ...least, ...ca, KAFKA_TLS: 'false' }).kafka.tls).toBeUndefined()
  })

  test.each([
    [{ KAFKA_TLS: 'yes' }, 'KAFKA_TLS must be true or false'],
    [{ KAFKA_TLS_CA_FILE: join(folder, 'missing.pem') }, 'KAFKA_TLS_CA_FILE cannot be read: ENOENT'],
    [{ KAFKA_TLS_CA_FILE: folder }, 'KAFKA_TLS_CA_FILE cannot be read: EISDIR'],
    [{ KAFKA_TLS_CA_FILE: one.key }, 'KAFKA_TLS_CA_FILE has no certificate in PEM form'],
    [
      { KAFKA_TLS_CERT_FILE: one.cert, KAFKA_TLS_KEY_FILE: other.cert },
      'KAFKA_TLS_KEY_FILE has no private key in PEM form',
    ],
    [
      { KAFKA_TLS_CERT_FILE: one.cert, KAFKA_TLS_KEY_FILE: written('encrypted.key', encrypted(one.key)) },
      'KAFKA_TLS_KEY_FILE is encrypted; decrypt it: openssl pkey',
    ],
    [
      { KAFKA_TLS_CERT_FILE: one.cert, KAFKA_TLS_KEY_FILE: other.key },
      'KAFKA_TLS_CERT_FILE and KAFKA_TLS_KEY_FILE are not a pair',
    ],
    [
      {
        SCHEMA_REGISTRY_URL: 'https://localhost',
        SCHEMA_REGISTRY_CERT_FILE: one.cert,
        SCHEMA_REGISTRY_KEY_FILE: other.key,
      },
      'SCHEMA_REGISTRY_CERT_FILE and SCHEMA_REGISTRY_KEY_FILE are not a pair',
    ],
    [
      { SCHEMA_REGISTRY_CA_FILE: signer.cert },
      'SCHEMA_REGISTRY_URL is http, where the certificates of SCHEMA_REGISTRY_…_FILE are for https',
    ],
  ])('%j cannot be used, and the message says why', (wrong, problem) => {
    expect(problems({ ...least, ...wrong })).toContain(problem)
  })

  test('never repeats a secret in a problem', () => {
    const secretNames = ['ERRAND_SECRET', 'KAFKA_SASL_PASSWORD', 'SCHEMA_REGISTRY_PASSWORD']
    fc.assert(
      fc.property(fc.stringMatching(/^[\x21-\x7e]{12,40}$/), (secret) => {
        const text = problems(Object.fromEntries(secretNames.map((name) => [name, secret])))
        expect(text).not.toBe('')
        expect(text).not.toContain(secret)
      }),
    )
  })
})
