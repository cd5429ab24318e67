import fc from 'fast-check'
import { Webhook } from 'standardwebhooks'
import { describe, expect, test } from 'vitest'
import { callbackHeaders, renderBody } from '../../../consumers/callbacks/body.ts'

const content = {
  id: 'req_0123',
  run: 1,
  type: 'punctuality',
  outcome: 'succeeded',
  finishedAtMs: Date.UTC(2026, 0, 2, 3, 4, 5, 6),
  json: '{"flights":12}',
} as const

describe('the body', () => {
  test('is type, timestamp and data with the result as it is', () => {
    expect(renderBody({ ...content, reference: 'order 7' }).toString()).toBe(
      '{"type":"punctuality.succeeded","timestamp":"2026-01-02T03:04:05.006Z","data":{"id":"req_0123","run":1,' +
        '"type":"punctuality","reference":"order 7","status":"succeeded","result":{"flights":12},"links":{"self":"/v1/requests/req_0123"}}}',
    )
  })

  test.each(['failed', 'cancelled', 'expired'] as const)('of %s carries the error instead', (outcome) => {
    const body = JSON.parse(
      renderBody({ ...content, outcome, json: '{"code":"no-flights","message":"none"}' }).toString(),
    )
    expect(body.type).toBe(`punctuality.${outcome}`)
    expect(body.data).toEqual({
      id: 'req_0123',
      run: 1,
      type: 'punctuality',
      status: outcome,
      error: { code: 'no-flights', message: 'none' },
      links: { self: '/v1/requests/req_0123' },
    })
  })

  test('is JSON with every value in its place, whatever result and reference are', () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        fc.option(fc.string({ unit: 'grapheme' }), { nil: undefined }),
        (result, reference) => {
          const given = { ...content, json: JSON.stringify(result), ...(reference === undefined ? {} : { reference }) }
          const { data } = JSON.parse(renderBody(given).toString())
          expect(data.result).toEqual(JSON.parse(JSON.stringify(result)))
          expect(data.reference).toBe(reference)
          expect(renderBody(given).equals(renderBody(given))).toBe(true)
        },
      ),
    )
  })
})

describe('the headers of an attempt', () => {
  const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
  const body = renderBody(content)
  const attempt = { id: content.id, run: 2, attempt: 1, attempts: 5, secrets: [secret], body, nowMs: Date.now() }

  test('carry a signature that the official library verifies', () => {
    expect(new Webhook(secret).verify(body.toString(), callbackHeaders(attempt))).toEqual(JSON.parse(body.toString()))
  })

  test('carry a signature for each secret while one is being replaced, and nothing else that differs', () => {
    const nowMs = Date.now()
    const other = `whsec_${Buffer.alloc(32, 8).toString('base64')}`
    const { 'webhook-signature': both = '', ...rest } = callbackHeaders({ ...attempt, secrets: [other, secret], nowMs })
    const { 'webhook-signature': one, ...same } = callbackHeaders({ ...attempt, nowMs })
    expect([rest, both.split(' ')[1]]).toEqual([same, one])
    for (const known of [secret, other])
      expect(new Webhook(known).verify(body.toString(), { ...rest, 'webhook-signature': both })).toBeDefined()
  })

  test('say which attempt it is, of how many, and when the next one is', () => {
    const headers = callbackHeaders({
      ...attempt,
      attempt: 3,
      nowMs: 1_770_000_000_999,
      nextAttemptAtMs: 1_770_000_004_000,
    })
    expect(headers).toEqual({
      'content-type': 'application/json',
      'user-agent': 'errand/1',
      'webhook-id': 'req_0123.2',
      'webhook-timestamp': '1770000000',
      'webhook-signature': expect.stringMatching(/^v1,[A-Za-z0-9+/]{43}=$/),
      'errand-attempt': '3',
      'errand-attempts': '5',
      'errand-next-attempt': '2026-02-02T02:40:04.000Z',
    })
  })

  test('promise no next attempt on the last one', () => {
    expect(callbackHeaders({ ...attempt, attempt: 5 })).not.toHaveProperty('errand-next-attempt')
  })

  test('keep the webhook-id over all attempts of a run, and change the timestamp (I5)', () => {
    const [first, second] = [1, 2].map((number) =>
      callbackHeaders({ ...attempt, attempt: number, nowMs: attempt.nowMs + number * 1_000 }),
    )
    expect(second?.['webhook-id']).toBe(first?.['webhook-id'])
    expect(second?.['webhook-timestamp']).not.toBe(first?.['webhook-timestamp'])
  })
})
