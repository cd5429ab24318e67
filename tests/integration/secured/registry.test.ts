// The real registry behind TLS and basic authentication: schemas pass, and what keeps us out is told with its remedy.
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { type Config, loadConfig } from '../../../process/config.ts'
import { createRegistry } from '../../../schemas/registry/registry.ts'
import { checkRegistry, diagnoseRegistry } from '../../../schemas/registry/registryCheck.ts'
import { type Authority, authority, type Issued } from '../../certificates.ts'
import { password, reader, registryFront, stranger } from './registryFront.ts'
import type { Environment } from './ways.ts'

const { registryUrl } = inject('system')
const opened = new AsyncDisposableStack()
afterAll(() => opened.disposeAsync())

type Fronts = {
  readonly [name in 'tls' | 'mtls' | 'expired' | 'elsewhere']: string
} & { readonly trusted: Authority; readonly untrusted: Authority; readonly client: Issued }
let all: Fronts

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'errand-registry-'))
  opened.defer(() => rm(folder, { recursive: true, force: true }))
  const [trusted, untrusted] = [await authority(folder, 'trusted'), await authority(folder, 'untrusted')]
  const front = async (issued: Promise<Issued>, rest = {}) =>
    opened.use(await registryFront(registryUrl, { issued: await issued, ...rest })).url
  all = {
    ...{ trusted, untrusted, client: await trusted.issue('client') },
    tls: await front(trusted.issue('registry')),
    mtls: await front(trusted.issue('registry'), { wantsCertificateOf: trusted.cert }),
    expired: await front(trusted.issue('registry', { days: -1 })),
    elsewhere: await front(trusted.issue('registry', { names: 'DNS:elsewhere.example' })),
  }
})

const registryOf = (env: Environment): Config['registry'] =>
  loadConfig({ KAFKA_BROKERS: 'none:9092', ERRAND_SECRET: '1:none', ...env }).registry

const ca = () => ({ SCHEMA_REGISTRY_CA_FILE: all.trusted.cert })
const user = (name: string = reader, secret: string = password) => ({
  SCHEMA_REGISTRY_USERNAME: name,
  SCHEMA_REGISTRY_PASSWORD: secret,
})
const certificate = ({ cert, key }: Issued) => ({ SCHEMA_REGISTRY_CERT_FILE: cert, SCHEMA_REGISTRY_KEY_FILE: key })

test.each<[string, () => Environment]>([
  ['TLS and basic authentication', () => ({ SCHEMA_REGISTRY_URL: all.tls, ...ca(), ...user() })],
  ['mTLS as well', () => ({ SCHEMA_REGISTRY_URL: all.mtls, ...ca(), ...user(), ...certificate(all.client) })],
])('a schema is registered and found through %s', async (_, env) => {
  const config = registryOf(env())
  const registry = createRegistry(config)
  const name = `T${randomUUID().replaceAll('-', '')}`
  const schema = { type: 'record', name, fields: [] } as const
  await registry.setLevel(`${name}-value`, 'FULL')
  const registered = await registry.register(`${name}-value`, schema)
  expect(registered).toMatchObject({ kind: 'registered' })
  const id = await registry.idOf(`${name}-value`, schema)
  expect(registered).toEqual({ kind: 'registered', id })
  expect(await registry.schema(id!)).toEqual(schema)
  expect(await registry.level(`${name}-value`)).toBe('FULL')
  expect(await registry.versions(`${name}-value`)).toEqual([{ version: 1, content: { id, schema }, isDeleted: false }])
  expect(await registry.judge(`${name}-value`, schema)).toMatchObject({ isCompatible: true })
  expect(await diagnoseRegistry(config)).toEqual({ kind: 'ok' })
})

describe('what keeps us from it is told with its remedy:', () => {
  const at = (url: string, ...more: Environment[]): Environment => Object.assign({ SCHEMA_REGISTRY_URL: url }, ...more)
  test.each<[string, () => Environment | Promise<Environment>, RegExp]>([
    ['no credentials', () => at(all.tls, ca()), /asks who we are \(401\), and SCHEMA_REGISTRY_USERNAME is not set/],
    ['a wrong password', () => at(all.tls, ca(), user(reader, 'no')), /refuses the user "reader" \(401\)\.\nCorrect/],
    [
      'a user without rights',
      () => at(all.tls, ca(), user(stranger)),
      /does not serve the user "stranger" \(403\)\.\nHave/,
    ],
    ['no authority', () => at(all.tls, user()), /that no public authority has signed\.\nLet SCHEMA_REGISTRY_CA_FILE/],
    [
      'another authority',
      () => at(all.tls, { SCHEMA_REGISTRY_CA_FILE: all.untrusted.cert }),
      /the authority in SCHEMA_REGISTRY_CA_FILE has not signed/,
    ],
    [
      'another name',
      () => at(all.elsewhere, ca()),
      /for other names: DNS:elsewhere\.example\.\n.* in SCHEMA_REGISTRY_URL/,
    ],
    ['an expired certificate', () => at(all.expired, ca()), /a certificate that has expired/],
    ['no client certificate', () => at(all.mtls, ca(), user()), /\(mTLS\), and SCHEMA_REGISTRY_CERT_FILE is not set/],
    [
      "another authority's client certificate",
      async () => at(all.mtls, ca(), certificate(await all.untrusted.issue('client'))),
      /refuses the client certificate in SCHEMA_REGISTRY_CERT_FILE, issued by CN=untrusted/,
    ],
    ['http to a TLS port', () => at(all.tls.replace('https', 'http')), /speaks TLS, and .* http:\/\/\.\nWrite https/],
    ['https to a plain port', () => at(registryUrl.replace('http', 'https')), /does not speak TLS on that port/],
    [
      'no path',
      () => at(new URL(registryUrl).origin),
      /is none: .* \(status 404\).*\n.* Apicurio's is \/apis\/ccompat\/v7/,
    ],
    ['its pages', () => at(new URL('/apis', registryUrl).href), /is none: what answers there/],
  ])('%s', async (_, env, text) => {
    const config = registryOf(await env())
    const message = expect.stringMatching(text)
    await expect(checkRegistry(config)).rejects.toMatchObject({ code: 'misconfigured', message })
    await expect(checkRegistry(config)).rejects.not.toThrow(password)
  })

  test('a registry that is down is away, and nobody is kept from starting', async () => {
    const config = registryOf({ SCHEMA_REGISTRY_URL: 'http://127.0.0.1:1' })
    expect(await diagnoseRegistry(config)).toMatchObject({
      kind: 'away',
      remedy: 'Start it, or correct SCHEMA_REGISTRY_URL.',
    })
    await expect(checkRegistry(config)).resolves.toBeUndefined()
  })
})
