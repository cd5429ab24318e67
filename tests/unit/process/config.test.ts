import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { loadConfig } from '../../../process/config.ts'

const folder = mkdtempSync(join(tmpdir(), 'errand-config-'))
afterAll(() => rmSync(folder, { recursive: true }))
const pem = (name: string): string => {
  writeFileSync(join(folder, name), `the ${name}`)
  return join(folder, name)
}

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

  test.each([',', 'localhost', 'http://localhost:9092', 'one:9092,two'])('brokers %j are refused', (KAFKA_BROKERS) => {
    expect(problems({ ...least, KAFKA_BROKERS })).toContain('KAFKA_BROKERS must be host:port')
  })

  test.each([
    [{ KAFKA_SASL_MECHANISM: 'plain', KAFKA_SASL_USERNAME: 'u' }, 'KAFKA_SASL_PASSWORD is not set'],
    [{ KAFKA_SASL_USERNAME: 'u', KAFKA_SASL_PASSWORD: 'p' }, 'KAFKA_SASL_MECHANISM is not set'],
    [{ SCHEMA_REGISTRY_PASSWORD: 'p' }, 'SCHEMA_REGISTRY_USERNAME is not set'],
    [{ KAFKA_TLS_CERT_FILE: pem('cert') }, 'KAFKA_TLS_KEY_FILE is not set'],
  ])('%j alone is refused: half of it is missing', (half, problem) => {
    expect(problems({ ...least, ...half })).toContain(problem)
  })

  test('carries credentials and the text of certificate files', () => {
    const { kafka, registry } = loadConfig({
      ...least,
      KAFKA_SASL_MECHANISM: 'scram-sha-512',
      KAFKA_SASL_USERNAME: 'u',
      KAFKA_SASL_PASSWORD: 'p',
      KAFKA_TLS_CA_FILE: pem('ca'),
      KAFKA_TLS_CERT_FILE: pem('cert'),
      KAFKA_TLS_KEY_FILE: pem('key'),
      SCHEMA_REGISTRY_USERNAME: 'r',
      SCHEMA_REGISTRY_CA_FILE: pem('registry-ca'),
    })
    expect(kafka.sasl).toEqual({ mechanism: 'scram-sha-512', username: 'u', password: 'p' })
    expect(kafka.tls).toEqual({ ca: 'the ca', cert: 'the cert', key: 'the key' })
    expect(registry).toMatchObject({ auth: { username: 'r', password: '' }, tls: { ca: 'the registry-ca' } })
  })

  test('speaks TLS when it is told to or has certificates, and not when it is told not to', () => {
    expect(loadConfig({ ...least, KAFKA_TLS: 'true' }).kafka.tls).toEqual({})
    expect(loadConfig({ ...least, KAFKA_TLS_CA_FILE: pem('ca') }).kafka.tls).toEqual({ ca: 'the ca' })
    expect(loadConfig({ ...least, KAFKA_TLS: 'false', KAFKA_TLS_CA_FILE: pem('ca') }).kafka.tls).toBeUndefined()
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
