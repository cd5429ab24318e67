// What a registry, or something in its place, may answer. The real one is asked in tests/integration/schemas.
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import type { AvroSchema } from '../../../app/record.ts'
import { memoryRegistry } from '../../../schemas/registry/memoryRegistry.ts'
import { registerSubjects } from '../../../schemas/registry/register.ts'
import { createRegistry, type Registry, withoutPassword } from '../../../schemas/registry/registry.ts'

const schema: AvroSchema = { type: 'record', name: 'T', fields: [] }
const servers: Server[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

async function registryThat(answers: RequestListener, options = {}): Promise<Registry> {
  const server = createServer(answers).listen(0, '127.0.0.1')
  servers.push(server)
  await new Promise((resolve) => server.once('listening', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/apis/ccompat/v7`
  return createRegistry({ url, ...options }, { timeoutMs: 300 })
}

const says =
  (status: number, body: string, type = 'application/json'): RequestListener =>
  (_, response) =>
    response.writeHead(status, { 'content-type': type }).end(body)

describe('what is not the answer of a registry is an outage, never an unknown schema', () => {
  test.each<[string, RequestListener]>([
    ['an error page of a proxy', says(502, '<html>', 'text/html')],
    ['an error without a body', says(503, '')],
    ["a registry's own error", says(500, '{"error_code":50001,"message":"storage"}')],
    ['a wrong path', says(404, '<html>', 'text/html')],
    ['another server', says(404, '{"title":"not found","status":404}')],
    ["a gateway's 404", says(404, '{"message":"no Route matched with those values"}')],
    ['a number that is none of these', says(404, '{"error_code":40499,"message":"no"}')],
    ['nothing, as JSON', says(200, 'null')],
    ['a login page', says(200, '<html>', 'text/html')],
    ['JSON of something else', says(200, '{"hello":"world"}')],
    ['wrong credentials', says(401, '{"error_code":40101,"message":"who are you?"}')],
    ['too many requests', says(429, '{"error_code":42901,"message":"later"}')],
    ['silence', () => undefined],
    [
      'an answer that breaks off',
      (_, response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': 100 }).write('{"schema":')
        setTimeout(() => response.destroy(), 20)
      },
    ],
  ])('%s', async (_, answers) => {
    const registry = await registryThat(answers)
    const outage = { code: 'registry-unavailable', retriable: true }
    const calls = [
      ...[registry.schema(1), registry.idOf('s', schema), registry.register('s', schema)],
      ...[registry.level('s'), registry.versions('s'), registry.judge('s', schema)],
    ]
    const outages = calls.map((call) => expect(call).rejects.toMatchObject(outage))
    await Promise.all(outages)
  })
})

test('a closed port is an outage, told with the URL but never its password', async () => {
  const registry = createRegistry({ url: 'http://errand:pass-word@127.0.0.1:1' })
  await expect(registry.schema(1)).rejects.toMatchObject({
    code: 'registry-unavailable',
    retriable: true,
    message: 'the schema registry at http://127.0.0.1:1 is not available: connect ECONNREFUSED 127.0.0.1:1',
  })
})

test.each([
  ['http://errand:pass-word@registry:8081/', 'http://registry:8081'],
  ['https://errand:pass%2Fword@registry/apis/ccompat/v7', 'https://registry/apis/ccompat/v7'],
  ['http://errand:1/pass-word@registry/apis', 'http://registry/apis'],
  ['http:errand:pass-word@registry', 'http://registry'],
  ['http:\\\\errand:pass-word@registry', 'http://registry'],
])('of %s no password is shown', (url, shown) => {
  expect(withoutPassword(url)).toBe(shown)
})

test('a schema that is not there is undefined', async () => {
  const registry = await registryThat(says(404, '{"error_code":40403,"message":"Schema not found"}'))
  expect(await registry.schema(1)).toBeUndefined()
  expect(await registry.idOf('s', schema)).toBeUndefined()
})

test.each([
  ['PROTOBUF', { schemaType: 'PROTOBUF', schema: 'syntax = "proto3";' }],
  ['a schema with references', { schema: '"a.B"', references: [{ name: 'a.B', subject: 'b', version: 1 }] }],
  ['what is not JSON', { schema: 'string' }],
])('%s is undecodable', async (_, answer) => {
  const registry = await registryThat(says(200, JSON.stringify(answer)))
  await expect(registry.schema(1)).rejects.toMatchObject({ code: 'undecodable', retriable: false })
})

test('credentials go with every call, and never into an error', async () => {
  const seen: (string | undefined)[] = []
  const registry = await registryThat(
    ({ headers }, response) => {
      seen.push(headers.authorization)
      response.writeHead(500).end()
    },
    { auth: { username: 'errand', password: 'pass-word' } },
  )
  const error = await registry.schema(1).catch((error: unknown) => error)
  expect(seen).toEqual([`Basic ${Buffer.from('errand:pass-word').toString('base64')}`])
  expect(String(error)).not.toContain('pass-word')
})

test('a level is asked for and set; a subject that has none of its own says so', async () => {
  const said: unknown[] = []
  const registry = await registryThat(({ method, url }, response) => {
    said.push([method, url?.replace(/.*v7/, '')])
    const [status, body] =
      url?.endsWith('/none') && method === 'GET'
        ? [404, { error_code: 40408, message: 'no' }]
        : [200, { compatibilityLevel: 'FULL' }]
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  expect([await registry.level('s'), await registry.level('none')]).toEqual(['FULL', undefined])
  await registry.setLevel('none', 'NONE')
  expect(said).toEqual([
    ['GET', '/config/s'],
    ['GET', '/config/none'],
    ['PUT', '/config/none'],
  ])
})

describe('registering', () => {
  const other: AvroSchema = { type: 'record', name: 'U', fields: [] }

  test('tells what was new and what was there', async () => {
    const registry = memoryRegistry()
    await registry.register('a', schema)
    await registry.setLevel('a', 'BACKWARD_TRANSITIVE')
    const subjects = [
      { name: 'a', schema },
      { name: 'b', schema: other },
    ]
    expect(await registerSubjects(registry, subjects)).toEqual([
      { kind: 'there', subject: 'a', id: 1 },
      { kind: 'new', subject: 'b', id: 2 },
    ])
    expect(await registerSubjects(registry, subjects)).toMatchObject([{ kind: 'there' }, { kind: 'there' }])
  })

  test('one that is refused, with the registry’s own text, does not keep the others out', async () => {
    const registry: Registry = {
      ...memoryRegistry(),
      register: async (subject) =>
        subject === 'a' ? { kind: 'refused', reason: 'a field is missing' } : { kind: 'registered', id: 1 },
    }
    const subjects = ['a', 'b'].map((name) => ({ name, schema }))
    expect(await registerSubjects(registry, subjects)).toEqual([
      { kind: 'refused', subject: 'a', reason: 'a field is missing' },
      { kind: 'new', subject: 'b', id: 1 },
    ])
  })
})
