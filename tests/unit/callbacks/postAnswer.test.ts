import { afterEach, describe, expect, test } from 'vitest'
import { parseRetryAfter } from '../../../consumers/callbacks/outcome.ts'
import { body, closeAll, headers, http, outcomeAt, poster, raw, to } from './loopback.ts'

afterEach(closeAll)

describe('an answer', () => {
  test.each([200, 201, 202, 204, 299])('of %i means delivered', async (statusCode) => {
    const receiver = await http((_, response) => response.writeHead(statusCode).end())
    expect(await outcomeAt(receiver)).toEqual({ kind: 'delivered', statusCode })
  })

  test('of 410 means that the receiver wants no more', async () => {
    expect(await outcomeAt(await http((_, response) => response.writeHead(410).end()))).toEqual({ kind: 'gone' })
  })

  test.each([400, 404, 429, 500, 503])('of %i means failed, with what the receiver asks for', async (statusCode) => {
    const receiver = await http((_, response) => response.writeHead(statusCode, { 'retry-after': '7' }).end('sorry'))
    expect(await outcomeAt(receiver)).toEqual({
      kind: 'failed',
      statusCode,
      reason: `the receiver answered ${statusCode}`,
      retryAfterMs: 7_000,
    })
  })

  test.each([301, 302, 303, 307, 308])('of %i is not followed, wherever it leads', async (statusCode) => {
    const inside = await http((_, response) => response.writeHead(204).end())
    const receiver = await http((_, response) => response.writeHead(statusCode, { location: inside.origin }).end())
    expect(await poster([receiver, inside]).post(to(receiver))).toEqual({
      kind: 'failed',
      statusCode,
      reason: `the receiver answered ${statusCode}, a redirect, which is not followed`,
    })
    expect(inside.sockets.length).toBe(0)
  })

  test('that is only informational is not one', async () => {
    const receiver = await http((_, response) => {
      response.writeProcessing()
      response.writeEarlyHints({ link: '</a>; rel=preload' })
      response.writeHead(204).end()
    })
    expect(await outcomeAt(receiver)).toEqual({ kind: 'delivered', statusCode: 204 })
  })

  test('that is only informational, and nothing after it, is silence', async () => {
    const receiver = await raw((socket) => socket.write('HTTP/1.1 103 Early Hints\r\n\r\n'))
    expect(await outcomeAt(receiver, { timeoutMs: 100 })).toEqual({ kind: 'failed', reason: 'no answer within 0.1 s' })
  })

  test.each([
    ['garbage', 'SSH-2.0-OpenSSH_9.9\r\n', 'the answer was not valid HTTP'],
    ['endless headers', `HTTP/1.1 200 OK\r\n${'a: b\r\n'.repeat(20_000)}`, 'the answer was not valid HTTP'],
    ['another protocol', 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n', undefined],
  ])('that is %s fails', async (_, text, reason) => {
    const receiver = await raw((socket) => socket.write(text))
    expect(await outcomeAt(receiver)).toMatchObject({ kind: 'failed', ...(reason ? { reason } : {}) })
  })
})

test('the receiver gets path, query, headers and exactly the bytes of the body', async () => {
  const seen: unknown[] = []
  const receiver = await http(async (request, response) => {
    const chunks = await request.toArray()
    seen.push({
      method: request.method,
      url: request.url,
      headers: request.headers,
      body: Buffer.concat(chunks).toString(),
    })
    response.writeHead(204).end()
  })
  await poster([receiver]).post(to(receiver, '/hooks/a%20b?c=d&e'))
  expect(seen).toEqual([
    {
      method: 'POST',
      url: '/hooks/a%20b?c=d&e',
      headers: {
        ...headers,
        host: new URL(receiver.origin).host,
        connection: 'keep-alive',
        'content-length': String(body.length),
      },
      body: body.toString(),
    },
  ])
})

test.each([
  ['0', 0],
  ['120', 120_000],
  ['9999999999', 9_999_999_999_000],
  ['Fri, 02 Jan 2026 00:01:30 GMT', 90_000],
  ['Thu, 01 Jan 2026 00:00:00 GMT', 0],
  ['Sat, 03 Jan 2026 00:00:00 GMT', 86_400_000],
  ['-5', undefined],
  ['1.5', undefined],
  ['soon', undefined],
  ['2026-01-02', undefined],
  ['', undefined],
])('Retry-After: %j asks for %s ms', (text, afterMs) => {
  expect(parseRetryAfter(text, Date.UTC(2026, 0, 2))).toBe(afterMs)
})
