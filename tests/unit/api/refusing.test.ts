import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { newCredentials } from '../../../process/credentials.ts'
import { refused, runningApi, valid } from './runningApi.ts'

const json = { 'content-type': 'application/json' }
const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`

describe('who has no key', () => {
  test.each([
    ['no header', {}],
    ['another scheme', { authorization: 'Basic ZGV2OmRldg==' }],
    ['an unknown key', { authorization: 'Bearer errand_dev_guessed' }],
    ['an empty key', { authorization: 'Bearer ' }],
    ['a key that nobody has', { authorization: `Bearer ${newCredentials().apiKey}` }],
  ])('gets 401 before anything is read: %s', async (_name, headers) => {
    await using api = await runningApi()
    const answer = await fetch(`${api.server.url}/v1/requests/report`, { method: 'POST', body: 'x', headers })
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="errand"')
    await refused(api, answer, 401, 'unauthenticated')
  })

  test('is told what the operator has to do where nobody has one', async () => {
    await using api = await runningApi({ clients: { authenticate: () => undefined, active: 0 } })
    const { detail } = await refused(api, await api.post('/v1/requests/report', valid), 401, 'unauthenticated')
    expect(detail).toContain('errand clients add')
  })

  test('cannot tell which types there are', async () => {
    await using api = await runningApi()
    const ask = (path: string) => fetch(api.server.url + path, { method: 'POST' })
    expect(await (await ask('/v1/requests/report')).text()).toBe(await (await ask('/v1/requests/nothing')).text())
  })

  test('with a known one is welcome whatever the case of the scheme', async () => {
    await using api = await runningApi()
    const answer = await api.fetch('/v1/types', { headers: { authorization: `bEaReR ${api.client.apiKey}` } })
    expect(answer.status).toBe(200)
  })
})

describe('what nothing is queued for', () => {
  test.each(['nothing', '__proto__', 'constructor', 'toString'])('a type that is not: %s', async (type) => {
    await using api = await runningApi()
    const problem = await refused(api, await api.post(`/v1/requests/${type}`, valid), 404, 'unknown-type')
    expect(problem.links).toEqual({ types: '/v1/types' })
  })

  test.each([
    ['text', { 'content-type': 'text/plain' }],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['another charset', { 'content-type': 'application/json; charset=latin1' }],
    ['JSON of another kind', { 'content-type': 'application/json-seq' }],
    ['an encoding nobody knows', { ...json, 'content-encoding': 'rot13' }],
  ])('a body that is %s', async (_name, headers) => {
    await using api = await runningApi()
    await refused(api, await api.post('/v1/requests/report', valid, { headers }), 415, 'unsupported-media-type')
  })

  test.each([
    ['empty', ''],
    ['no JSON', '{"data":'],
    ['JSON and more', '{} {}'],
    ['not UTF-8', Buffer.from([0x22, 0xff, 0x22])],
    ['a lone byte-order mark', '\ufeff{}'],
    ['nested deeper than any schema', `{"data":${nested(64)}}`],
    ['nested a hundred thousand deep', nested(100_000)],
  ])('a body that is %s', async (_name, body) => {
    await using api = await runningApi()
    await refused(api, await api.post('/v1/requests/report', undefined, { body }), 400, 'malformed-json')
  })

  test('no body at all', async () => {
    await using api = await runningApi()
    const answer = await api.fetch('/v1/requests/report', { method: 'POST', headers: json })
    await refused(api, answer, 400, 'malformed-json')
  })

  test('a body that says gzip and is not', async () => {
    await using api = await runningApi()
    const answer = await api.post('/v1/requests/report', valid, { headers: { 'content-encoding': 'gzip' } })
    await refused(api, answer, 400, 'malformed-request')
  })

  test('a URL that cannot be decoded', async () => {
    await using api = await runningApi()
    await refused(api, await api.post('/v1/requests/%ff', valid), 400, 'malformed-request')
  })

  describe('a body beyond the limit', () => {
    const large = JSON.stringify({ ...valid, reference: 'x'.repeat(2_000) })

    test.each([
      ['with its length', large, {}],
      ['in chunks', () => new Blob([large]).stream(), {}],
      ['that is small until it is inflated', gzipSync(large), { 'content-encoding': 'gzip' }],
    ])('%s', async (_name, body, headers) => {
      await using api = await runningApi({ maxBodyBytes: 1_000 })
      const stream = typeof body === 'function'
      const init = { body: stream ? body() : body, headers, ...(stream && { duplex: 'half' as const }) }
      await refused(api, await api.post('/v1/requests/report', undefined, init), 413, 'too-large')
    })

    test('of half a megabyte, unless told otherwise', async () => {
      await using api = await runningApi()
      const body = `${' '.repeat(524_288)}{}`
      await refused(api, await api.post('/v1/requests/report', undefined, { body }), 413, 'too-large')
    })
  })

  describe('a body with problems, which are told all at once', () => {
    const errors = async (body: unknown, type = 'report'): Promise<unknown> => {
      await using api = await runningApi()
      const problem = await refused(api, await api.post(`/v1/requests/${type}`, body), 422, 'invalid-request')
      return problem.errors.map(({ pointer }) => pointer)
    }

    test('in data, callback, reference, ordering key and deadline', async () => {
      const body = {
        data: { airport: 7 },
        callback: { url: 'http://example.com', secret: 'x' },
        reference: '',
        orderingKey: 'x',
        deadline: 'soon',
        runAt: 'now',
      }
      expect(new Set((await errors(body)) as string[])).toEqual(
        new Set([
          ...['/data/airport', '/data/from', '/callback/url', '/callback/secret', '/reference', '/orderingKey'],
          ...['/deadline', '/runAt'],
        ]),
      )
    })

    test.each([
      ['the whole', [1], ['']],
      ['the whole', 'text', ['']],
      ['the whole', null, ['']],
      ['data that is missing', {}, ['/data']],
      ['data that is null', { data: null }, ['/data']],
      ['a callback that is text', { ...valid, callback: 'https://example.com' }, ['/callback']],
      ['a callback without URL', { ...valid, callback: {} }, ['/callback/url']],
      ['a callback URL that is a list', { ...valid, callback: { url: ['https://x.example'] } }, ['/callback/url']],
      ['a reference that is null', { ...valid, reference: null }, ['/reference']],
      ['a reference too long', { ...valid, reference: 'x'.repeat(201) }, ['/reference']],
      ['a reference with half a character', { ...valid, reference: '\ud800' }, ['/reference']],
      ['a reference with a line break', { ...valid, reference: 'a\nb' }, ['/reference']],
      ['a deadline that has passed', { ...valid, deadline: '2029-12-31T23:59:59Z' }, ['/deadline']],
      ['a deadline that is now', { ...valid, deadline: '2030-01-01T01:00:00+01:00' }, ['/deadline']],
      ['a deadline on a day that is not', { ...valid, deadline: '2030-02-30T00:00:00Z' }, ['/deadline']],
      ['a deadline without zone', { ...valid, deadline: '2031-01-01T00:00:00' }, ['/deadline']],
      ['a deadline that is a number', { ...valid, deadline: 4102444800000 }, ['/deadline']],
      ['a run-at without zone', { ...valid, runAt: '2030-01-02T00:00:00' }, ['/runAt']],
      ['a run-at more than six days ahead', { ...valid, runAt: '2030-01-07T00:00:00.001Z' }, ['/runAt']],
      [
        'a run-at that is the deadline',
        { ...valid, deadline: '2030-01-02T00:00:00Z', runAt: '2030-01-02T01:00:00+01:00' },
        ['/runAt'],
      ],
      ['a name with a slash', { ...valid, 'a/b~c': 1 }, ['/a~1b~0c']],
      ['names of the language', JSON.parse('{"data":{"airport":"SEA","from":0},"__proto__":1}'), ['/__proto__']],
    ])('%s', async (_name, body, pointers) => {
      expect(await errors(body)).toEqual(pointers)
    })

    test('a run-at together with an ordering key: what waits keeps no order', async () => {
      const body = { ...valid, orderingKey: 'SEA', runAt: '2030-01-02T00:00:00Z' }
      expect(await errors(body, 'ordered')).toEqual(['/runAt'])
    })

    test('a prototype in the data is a name like any other', async () => {
      const data = JSON.parse('{"airport":"SEA","from":0,"__proto__":{"note":"x"}}')
      expect(await errors({ data })).toEqual(['/data/__proto__'])
    })

    test('the first hundred, where there are more', async () => {
      await using api = await runningApi()
      const body = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`x${index}`, 1]))
      const problem = await refused(api, await api.post('/v1/requests/report', body), 422, 'invalid-request')
      expect(problem.errors).toHaveLength(100)
      expect(problem.detail).toContain('of 5001')
    })
  })
})

describe('what is read none the less', () => {
  test.each([
    ['a charset that is said', { 'content-type': 'application/json; charset=UTF-8' }, JSON.stringify(valid)],
    ['gzip', { ...json, 'content-encoding': 'gzip' }, gzipSync(JSON.stringify(valid))],
    ['a name that comes twice: the last counts', json, '{"data":1,"data":{"airport":"SEA","from":0}}'],
    ['brackets in a string', json, JSON.stringify({ data: { airport: `\\"${'[{'.repeat(99)}`, from: 0 } })],
    [
      'a run-at six days ahead',
      json,
      JSON.stringify({ ...valid, runAt: '2030-01-07T00:00:00Z', deadline: '2030-01-07T00:00:01Z' }),
    ],
    ['a run-at that has passed', json, JSON.stringify({ ...valid, runAt: '1970-01-01T00:00:00Z' })],
    [
      'a deadline in small letters',
      json,
      JSON.stringify({ ...valid, deadline: '2030-01-01t00:00:00.0001+00:00' }).replace('.0001', '.5'),
    ],
  ])('%s', async (_name, headers, body) => {
    await using api = await runningApi()
    expect((await api.post('/v1/requests/report', undefined, { body, headers })).status).toBe(202)
    expect(api.sent).toHaveLength(1)
  })
})

test('no JSON body, whatever is in it, is answered with 5xx: each is either queued or a problem', {
  timeout: 30_000,
}, async () => {
  await using api = await runningApi()
  const anything = fc.jsonValue({ maxDepth: 6 })
  const near = fc.record(
    {
      data: fc.oneof(
        anything,
        fc.record({ airport: anything, from: anything, note: anything }, { requiredKeys: [] }),
        fc.constant(valid.data),
      ),
      callback: fc.oneof(anything, fc.record({ url: anything })),
      reference: fc.oneof(anything, fc.string({ unit: 'binary' })),
      orderingKey: anything,
      deadline: anything,
      runAt: anything,
    },
    { requiredKeys: [] },
  )
  const text = fc.oneof(anything, near).map((value) => JSON.stringify(value).replaceAll('123', '1e999'))
  await fc.assert(
    fc.asyncProperty(text, fc.constantFrom('report', 'ordered'), async (body, type) => {
      const before = api.sent.length
      const answer = await api.post(`/v1/requests/${type}`, undefined, { body })
      const queued = api.sent.length - before
      expect([answer.status, queued]).toEqual(
        queued === 1 ? [202, 1] : [expect.toSatisfy((status) => status >= 400 && status < 500), 0],
      )
      await answer.body?.cancel()
    }),
    { numRuns: 150 },
  )
})
