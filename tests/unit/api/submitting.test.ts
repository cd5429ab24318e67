import { describe, expect, test } from 'vitest'
import { ErrandError } from '../../../app/errors.ts'
import { readHeaders } from '../../../kafka/headers.ts'
import { parseRequestId } from '../../../process/requestId.ts'
import { unseal } from '../../../process/seal.ts'
import { eventually, idIn, type RunningApi, refused, runningApi, type Sent, startMs, valid } from './runningApi.ts'

const whole = {
  ...valid,
  callback: { url: 'https://example.com/done' },
  reference: 'order 1',
  deadline: '2030-01-01T00:10:00Z',
}

const attributes = ({ topic, ...record }: Sent) =>
  readHeaders({ topic, partition: 0, offset: 0n, timestampMs: 0, ...record })

const envelope = (api: RunningApi, record: Sent) => {
  const { id, type, run, seal } = attributes(record)
  return unseal(api.keyring, { kind: 'request', id, type, run, value: record.value! }, seal)
}

describe('a request that is accepted', () => {
  test('is answered with 202, its place and its resource', async () => {
    await using api = await runningApi()
    const answer = await api.post('/v1/requests/report', whole)
    const resource = (await answer.json()) as { readonly id: string }
    expect(answer.status).toBe(202)
    expect(answer.headers.get('location')).toBe(`/v1/requests/${resource.id}`)
    expect(answer.headers.get('retry-after')).toBe('1')
    expect(answer.headers.get('content-type')).toBe('application/json')
    expect(resource).toEqual({
      id: expect.stringMatching(/^req_/),
      type: 'report',
      reference: 'order 1',
      run: 1,
      status: 'queued',
      createdAt: '2030-01-01T00:00:00.000Z',
      deadline: '2030-01-01T00:10:00.000Z',
      attempt: 0,
      callback: { url: 'https://example.com/done', status: 'pending', attempts: 0 },
      links: { self: `/v1/requests/${resource.id}`, result: `/v1/requests/${resource.id}/result` },
    })
  })

  test('lies in the log with its data, its headers and all that the platform must believe sealed', async () => {
    await using api = await runningApi()
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    const id = await idIn(await api.post('/v1/requests/report', whole, { headers: { traceparent } }))
    const [record] = api.sent
    expect(api.sent).toHaveLength(1)
    expect(record).toMatchObject({
      topic: 'test.requests.report',
      key: Buffer.from(id),
      value: Buffer.from('\x06SEA\x00\x00'), // Avro: a length of 3, the text, 0, the first branch of the union
      placement: { kind: 'turn' },
      options: { deadlineMs: startMs + 10_000 },
    })
    expect(attributes(record!)).toMatchObject({
      ...{ id, subject: id, type: 'report', source: '/test', timeMs: startMs, run: 1, traceparent, own: {} },
    })
    expect(envelope(api, record!)).toEqual({
      client: 'development',
      reference: 'order 1',
      callbackUrl: 'https://example.com/done',
      deadlineMs: Date.UTC(2030, 0, 1, 0, 10),
    })
    expect(parseRequestId(api.keyring, id)?.timeMs).toBe(startMs)
  })

  test('with a time before which it is not to run is scheduled, and says when asking again makes sense', async () => {
    await using api = await runningApi()
    const answer = await api.post('/v1/requests/report', { ...valid, runAt: '2030-01-01T02:00:00.5+01:00' })
    expect(answer.headers.get('retry-after')).toBe('3601')
    expect(await answer.json()).toMatchObject({ status: 'scheduled', runAt: '2030-01-01T01:00:00.500Z' })
    expect(envelope(api, api.sent[0]!)).toMatchObject({ runAtMs: startMs + 3_600_500 })
  })

  test('needs no more than its data', async () => {
    await using api = await runningApi()
    const answer = await api.post('/v1/requests/report', valid)
    expect(answer.status).toBe(202)
    expect(await answer.json()).not.toHaveProperty('callback')
    expect(envelope(api, api.sent[0]!)).toEqual({ client: 'development' })
  })

  test('goes by its ordering key, within its client, where its type is ordered', async () => {
    await using api = await runningApi()
    const answer = await api.post('/v1/requests/ordered', { ...valid, orderingKey: 'SEA/1' })
    expect(answer.status).toBe(202)
    expect(api.sent).toMatchObject([{ key: Buffer.from('development/SEA/1'), placement: { kind: 'key' } }])
  })

  test('of an ordered type without an ordering key goes in turn', async () => {
    await using api = await runningApi()
    const id = await idIn(await api.post('/v1/requests/ordered', valid))
    expect(api.sent).toMatchObject([{ key: Buffer.from(id), placement: { kind: 'turn' } }])
  })

  test.each([
    'nonsense',
    '00-00000000000000000000000000000000-b7ad6b7169203331-01',
    'ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  ])('carries no traceparent that is not one: %s', async (traceparent) => {
    await using api = await runningApi()
    await api.post('/v1/requests/report', valid, { headers: { traceparent } })
    expect(attributes(api.sent[0]!)).not.toHaveProperty('traceparent')
  })

  test("brings none of its HTTP headers along, least of all the platform's own", async () => {
    await using api = await runningApi()
    await api.post('/v1/requests/report', valid, { headers: { 'errand-run': '7', ce_id: 'forged', 'x-own': 'x' } })
    expect(attributes(api.sent[0]!)).toMatchObject({ run: 1, own: {} })
    expect(attributes(api.sent[0]!).id).not.toBe('forged')
  })

  test('is one log line, without payload', async () => {
    await using api = await runningApi()
    const id = await idIn(await api.post('/v1/requests/report', whole))
    await eventually(() => api.lines).toHaveLength(1)
    expect(api.lines).toEqual([
      {
        ...{ level: 'info', event: 'request.accepted', id, type: 'report', client: 'development' },
        ...{ method: 'POST', route: '/v1/requests/:name', status: 202, durationMs: 0 },
      },
    ])
  })
})

describe('a request that is not acknowledged by the broker (I2)', () => {
  const failing = (error: unknown) => runningApi({ producer: { send: () => Promise.reject(error) } })

  test.each(['not-sent', 'producer-full', 'unknown-topic', 'closed'])(
    'is 503 and may be sent again: %s',
    async (code) => {
      await using api = await failing(new ErrandError(code, 'broker 10.0.0.7 is down', { retriable: true }))
      const answer = await api.post('/v1/requests/report', valid)
      expect(answer.headers.get('retry-after')).toBe('5')
      expect(JSON.stringify(await refused(api, answer, 503, 'unavailable'))).not.toContain('10.0.0.7')
      await eventually(() => api.lines).toMatchObject([{ level: 'warn', event: 'request.failed', status: 503 }])
    },
  )

  test('is 503 outcome-unknown with its id where the broker did not say', async () => {
    await using api = await failing(new ErrandError('outcome-unknown', 'broker 10.0.0.7 is silent'))
    const answer = await api.post('/v1/requests/report', valid)
    const problem = await refused(api, answer, 503, 'outcome-unknown')
    expect(answer.headers.get('retry-after')).toBe('5')
    expect(problem.detail).toContain('may be done nevertheless')
    const { id } = problem
    expect(parseRequestId(api.keyring, id)?.isType('report')).toBe(true)
    expect(await (await api.fetch(problem.links.self!)).json()).toMatchObject({ id, status: 'queued' })
  })

  test('is outcome-unknown, and an error in the log, where nobody foresaw how it failed', async () => {
    await using api = await failing(new TypeError('secret detail'))
    const problem = await refused(api, await api.post('/v1/requests/report', valid), 503, 'outcome-unknown')
    expect(JSON.stringify(problem)).not.toContain('secret detail')
    await eventually(() => api.lines).toMatchObject([{ level: 'error', error: new TypeError('secret detail') }])
  })

  test('is 413 where its record is larger than the topic takes', async () => {
    await using api = await failing(new ErrandError('record-too-large', 'max.message.bytes is 1048588'))
    await refused(api, await api.post('/v1/requests/report', valid), 413, 'too-large')
  })

  test('is 500, without a word of why, where it cannot be encoded', async () => {
    const encoder = () => () => {
      throw Object.assign(new Error('registry 10.0.0.8 is gone'), { status: 404 })
    }
    await using api = await runningApi({ encoder })
    const problem = await refused(api, await api.post('/v1/requests/report', valid), 500, 'internal')
    expect(JSON.stringify(problem)).not.toContain('registry')
    await eventually(() => api.lines).toMatchObject([{ level: 'error', event: 'request.failed', problem: 'internal' }])
  })
})
