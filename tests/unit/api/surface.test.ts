import { describe, expect, test } from 'vitest'
import { createProbes } from '../../../api/app.ts'
import type { Readiness } from '../../../api/probes.ts'
import { listen } from '../../../api/server.ts'
import { ErrandError } from '../../../app/errors.ts'
import { eventually, idIn, refused, runningApi, testApp, valid } from './runningApi.ts'

describe('the request types', () => {
  test('are told with their schemas, whether they are ordered, and their timeout', async () => {
    await using api = await runningApi()
    const answer = await api.fetch('/v1/types')
    const { report, ordered } = testApp.requests
    const schemas = { input: report!.input.schema, result: report!.result.schema }
    expect(await answer.json()).toEqual({
      types: [
        { name: 'report', ...schemas, orderingKey: false, timeoutMs: 60_000, links: { submit: '/v1/requests/report' } },
        {
          name: 'ordered',
          ...schemas,
          orderingKey: true,
          timeoutMs: ordered!.timeoutMs,
          links: { submit: '/v1/requests/ordered' },
        },
      ],
    })
  })

  test('are told to clients only', async () => {
    await using api = await runningApi()
    await refused(api, await fetch(`${api.server.url}/v1/types`), 401, 'unauthenticated')
  })
})

describe('the probes', () => {
  test('need no key and leave no log line', async () => {
    await using api = await runningApi()
    const [live, ready] = await Promise.all(['/livez', '/readyz'].map((path) => fetch(api.server.url + path)))
    expect([live!.status, ready!.status]).toEqual([200, 200])
    expect(await ready!.json()).toEqual({ status: 'ready', checks: { kafka: 'ok' } })
    await api.fetch('/v1/types')
    await eventually(() => api.lines).toMatchObject([{ route: '/v1/types' }])
  })

  test('say which check fails, and live on', async () => {
    let checks: Readiness = { kafka: 'failing', store: 'ok' }
    await using api = await runningApi({ ready: () => checks })
    const problem = await refused(api, await fetch(`${api.server.url}/readyz`), 503, 'not-ready')
    expect(problem.checks).toEqual({ kafka: 'failing', store: 'ok' })
    expect((await fetch(`${api.server.url}/livez`)).status).toBe(200)
    checks = { kafka: 'ok', store: 'ok' }
    expect((await fetch(`${api.server.url}/readyz`)).status).toBe(200)
  })

  test('can be had alone', async () => {
    const server = await listen(
      createProbes(() => ({ kafka: 'ok' })),
      { host: '127.0.0.1', port: 0 },
    )
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200)
    expect((await fetch(`${server.url}/v1/types`)).status).toBe(404)
    await server.close()
  })
})

describe('every answer', () => {
  test.each(['/', '/v1', '/v1/requests', '/v1/nothing', '/v1/requests/a/b/c'])(
    'for what is not there is a problem: %s',
    async (path) => {
      await using api = await runningApi()
      await refused(api, await api.fetch(path), 404, 'unknown-route')
    },
  )

  test.each([
    ['DELETE', '/v1/requests/report', 'GET, HEAD, POST'],
    ['PUT', '/v1/requests/report/result', 'GET, HEAD'],
    ['OPTIONS', '/v1/types', 'GET, HEAD'],
    ['POST', '/livez', 'GET, HEAD'],
    ['POST', '/readyz', 'GET, HEAD'],
  ])('for a method that is not is a problem: %s %s', async (method, path, allow) => {
    await using api = await runningApi()
    const answer = await api.fetch(path, { method })
    expect(answer.headers.get('allow')).toBe(allow)
    await refused(api, answer, 405, 'method-not-allowed')
  })

  test('to HEAD is that of GET without its body', async () => {
    await using api = await runningApi()
    const [head, get] = [await api.fetch('/v1/types', { method: 'HEAD' }), await api.fetch('/v1/types')]
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([
      ...[200, get.headers.get('content-length'), ''],
    ])
  })

  test('is guarded against browsers, and does not say what runs here', async () => {
    await using api = await runningApi()
    for (const answer of [
      await api.fetch('/v1/types'),
      await api.fetch('/'),
      await api.post('/v1/requests/report', valid),
    ]) {
      expect(answer.headers.get('x-powered-by')).toBeNull()
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
      expect(answer.headers.get('content-security-policy')).toBe("default-src 'none';frame-ancestors 'none'")
    }
  })

  test('that is refused is one log line that names the problem', async () => {
    await using api = await runningApi()
    await api.post('/v1/requests/report', {})
    await eventually(() => api.lines).toHaveLength(1)
    expect(api.lines).toMatchObject([
      { level: 'info', event: 'request.refused', problem: 'invalid-request', status: 422, client: 'development' },
    ])
  })

  test('is 503 where the store is busy, 500 where it is broken, and says nothing of either', async () => {
    for (const [retriable, status, code] of [
      [true, 503, 'unavailable'],
      [false, 500, 'internal'],
    ] as const) {
      const error = new ErrandError('store-x', '/var/lib/secret is locked', { retriable })
      await using api = await runningApi({}, (store) => ({ ...store, request: () => Promise.reject(error) }))
      const id = await idIn(await api.post('/v1/requests/report', valid))
      api.sent.length = 0
      const problem = await refused(api, await api.fetch(`/v1/requests/${id}`), status, code)
      expect(JSON.stringify(problem)).not.toContain('secret')
    }
  })
})
