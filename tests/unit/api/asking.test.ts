import { describe, expect, test } from 'vitest'
import { retentionMs } from '../../../kafka/catalogue.ts'
import { answered, asked, idOf, other, type RunningApi, refused, runningApi, startMs } from './runningApi.ts'

/** Status has read every partition of the topic until then. */
const passed = (passedMs: number, partitions = [0, 1, 2]) =>
  partitions.map((partition) => ({ topic: 'test.requests.report', partition, offset: 1n, passedMs }))

describe('an id without a row (I9)', () => {
  test('is queued for as long as status may still find it', async () => {
    await using api = await runningApi()
    const id = idOf(api)
    const answer = await api.fetch(`/v1/requests/${id}`)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('retry-after')).toBe('1')
    expect(await answer.json()).toEqual({
      ...{ id, type: 'report', run: 1, status: 'queued', createdAt: '2030-01-01T00:00:00.000Z', attempt: 0 },
      links: { self: `/v1/requests/${id}`, result: `/v1/requests/${id}/result` },
    })
  })

  test.each([
    ['status has read until the send deadline, and no further', passed(startMs + 10_000)],
    ['one partition is behind', [...passed(startMs + 60_000, [0, 1]), ...passed(startMs, [2])]],
    ['one partition has never been read', passed(startMs + 60_000, [0, 2])],
    [
      'partitions are read of other topics only',
      passed(startMs + 60_000).map((each) => ({ ...each, topic: 'test.requests.ordered' })),
    ],
  ])('is queued where %s', async (_name, positions) => {
    await using api = await runningApi()
    await api.store.project([], positions)
    expect(await (await api.fetch(`/v1/requests/${idOf(api)}`)).json()).toMatchObject({ status: 'queued' })
  })

  test('is 404 once status has passed its time and the send deadline on all partitions', async () => {
    await using api = await runningApi()
    await api.store.project([], passed(startMs + 10_001))
    await refused(api, await api.fetch(`/v1/requests/${idOf(api)}`), 404, 'unknown-request')
    await refused(api, await api.fetch(`/v1/requests/${idOf(api)}?wait=60`), 404, 'unknown-request')
  })

  test('is found where it is projected while we look', async () => {
    let looks = 0
    await using api = await runningApi({}, (store) => ({
      ...store,
      request: async (id) => (looks++ === 0 ? undefined : store.request(id)),
    }))
    const id = idOf(api)
    await api.store.project([{ kind: 'asked', id, run: 1, asked }], passed(startMs + 10_001))
    expect(await (await api.fetch(`/v1/requests/${id}`)).json()).toMatchObject({ id, reference: 'order 1' })
    expect(looks).toBe(2)
  })

  test('is 410 beyond retention', async () => {
    await using api = await runningApi()
    const id = idOf(api, { timeMs: startMs - retentionMs - 1 })
    await refused(api, await api.fetch(`/v1/requests/${id}`), 410, 'no-longer-kept')
    await refused(api, await api.fetch(`/v1/requests/${id}/result`), 410, 'no-longer-kept')
  })
})

describe('an id that is not the client’s', () => {
  test.each([
    ['nonsense', () => 'nonsense'],
    ['a digit changed', (api: RunningApi) => idOf(api).replace(/.$/, (last) => (last === '0' ? '1' : '0'))],
    ['another client', (api: RunningApi) => idOf(api, { client: 'other' })],
    ['another type, gone from the app', (api: RunningApi) => idOf(api, { type: 'gone' })],
  ])('is 404: %s', async (_name, make) => {
    await using api = await runningApi()
    await refused(api, await api.fetch(`/v1/requests/${make(api)}`), 404, 'unknown-request')
    await refused(api, await api.fetch(`/v1/requests/${make(api)}/result`), 404, 'unknown-request')
  })

  test('is 404 where the row says so', async () => {
    await using api = await runningApi()
    const id = idOf(api)
    await api.store.project([{ kind: 'asked', id, run: 1, asked: { ...asked, client: 'other' } }], [])
    await refused(api, await api.fetch(`/v1/requests/${id}`), 404, 'unknown-request')
  })

  test('is found by the client whose it is', async () => {
    await using api = await runningApi()
    const headers = { authorization: `Bearer ${other.apiKey}` }
    expect((await api.fetch(`/v1/requests/${idOf(api, { client: 'other' })}`, { headers })).status).toBe(200)
  })
})

describe('a request that the store knows', () => {
  test('shows how far it is, then its result and its callback', async () => {
    await using api = await runningApi()
    const id = idOf(api)
    const callbackUrl = 'https://example.com/done'
    await api.store.project(
      [
        { kind: 'asked', id, run: 1, asked: { ...asked, callbackUrl } },
        { kind: 'started', id, run: 1, startedAtMs: startMs + 1_000, attempt: 1 },
        { kind: 'progressed', id, run: 1, progress: { attempt: 1, sequence: 1, fraction: 0.5, message: 'half' } },
      ],
      [],
    )
    const running = await api.fetch(`/v1/requests/${id}`)
    expect(running.headers.get('retry-after')).toBe('1')
    expect(await running.json()).toMatchObject({
      ...{ status: 'running', reference: 'order 1', attempt: 1, progress: { fraction: 0.5, message: 'half' } },
      ...{ startedAt: '2030-01-01T00:00:01.000Z', callback: { status: 'pending', attempts: 0 } },
    })
    const delivered = {
      status: 'delivering',
      attempt: 2,
      atMs: startMs,
      statusCode: 503,
      nextAttemptAtMs: startMs + 9_000,
    } as const
    await api.store.project(
      [answered(id, 'succeeded', '{"flights":3}'), { kind: 'delivered', id, run: 1, delivered }],
      [],
    )
    const done = await api.fetch(`/v1/requests/${id}`)
    expect(done.headers.get('retry-after')).toBeNull()
    expect(await done.json()).toMatchObject({
      ...{ status: 'succeeded', finishedAt: '2030-01-01T00:00:02.000Z', result: { flights: 3 } },
      callback: {
        url: callbackUrl,
        status: 'delivering',
        attempts: 2,
        lastStatusCode: 503,
        nextAttemptAt: '2030-01-01T00:00:09.000Z',
      },
    })
  })

  test('is scheduled until it is due or has started, and its entity tag tells', async () => {
    await using api = await runningApi()
    const id = idOf(api)
    await api.store.project([{ kind: 'asked', id, run: 1, asked: { ...asked, runAtMs: startMs + 90_000 } }], [])
    const seen = async () => {
      const answer = await api.fetch(`/v1/requests/${id}`)
      const { status } = (await answer.json()) as { readonly status: string }
      return { status, etag: answer.headers.get('etag'), again: answer.headers.get('retry-after') }
    }
    const first = await seen()
    expect(first).toMatchObject({ status: 'scheduled', again: '90' })
    const early = await api.fetch(`/v1/requests/${id}/result`)
    expect(early.headers.get('retry-after')).toBe('90')
    expect(await early.json()).toMatchObject({ requestStatus: 'scheduled' })
    await api.clock.advance(90_000)
    const due = await seen()
    expect(due).toMatchObject({ status: 'queued', again: '1' })
    expect(due.etag).not.toBe(first.etag)
    await api.store.project([{ kind: 'started', id, run: 1, startedAtMs: startMs, attempt: 1 }], [])
    expect(await seen()).toMatchObject({ status: 'running', again: '1' })
  })

  test('that has failed shows its error and no result', async () => {
    await using api = await runningApi()
    const id = idOf(api)
    await api.store.project([answered(id, 'failed', '{"code":"no-flights","message":"none"}')], [])
    const resource = await (await api.fetch(`/v1/requests/${id}`)).json()
    expect(resource).toMatchObject({ status: 'failed', error: { code: 'no-flights', message: 'none' } })
    expect(resource).not.toHaveProperty('result')
  })

  test('is shown as far as it is known where only its progress has been read', async () => {
    await using api = await runningApi()
    const id = idOf(api)
    await api.store.project([{ kind: 'started', id, run: 1, startedAtMs: startMs, attempt: 1 }], [])
    expect(await (await api.fetch(`/v1/requests/${id}`)).json()).toMatchObject({
      id,
      type: 'report',
      status: 'running',
    })
  })

  test('is 304 until it changes', async () => {
    await using api = await runningApi()
    const id = idOf(api)
    const ask = (etag: string) => api.fetch(`/v1/requests/${id}`, { headers: { 'if-none-match': etag } })
    const first = (await api.fetch(`/v1/requests/${id}`)).headers.get('etag')!
    expect((await ask(first)).status).toBe(304)
    expect((await ask(`"x", W/${first}`)).status).toBe(304)
    await api.store.project([{ kind: 'asked', id, run: 1, asked }], [])
    const second = await ask(first)
    expect(second.status).toBe(200)
    expect(second.headers.get('etag')).not.toBe(first)
  })
})

describe('a result', () => {
  test('is the result alone', async () => {
    await using api = await runningApi()
    const id = idOf(api)
    await api.store.project([answered(id, 'succeeded', '{"flights":3}')], [])
    const answer = await api.fetch(`/v1/requests/${id}/result`)
    expect([answer.status, answer.headers.get('content-type'), await answer.text()]).toEqual([
      ...[200, 'application/json', '{"flights":3}'],
    ])
  })

  test('of a request that has not finished is 409, to be asked for later', async () => {
    await using api = await runningApi()
    const answer = await api.fetch(`/v1/requests/${idOf(api)}/result`)
    expect(answer.headers.get('retry-after')).toBe('1')
    expect(await refused(api, answer, 409, 'not-finished')).toMatchObject({ status: 409, requestStatus: 'queued' })
  })

  test.each(['failed', 'cancelled', 'expired'] as const)(
    'of a request that has %s is 409 for good',
    async (outcome) => {
      await using api = await runningApi()
      const id = idOf(api)
      await api.store.project([answered(id, outcome, '{"code":"x","message":"y"}')], [])
      const answer = await api.fetch(`/v1/requests/${id}/result`)
      expect(answer.headers.get('retry-after')).toBeNull()
      expect(await refused(api, answer, 409, 'not-succeeded')).toMatchObject({ requestStatus: outcome })
    },
  )
})
