import { once } from 'node:events'
import { createServer as createHttpServer, type RequestListener } from 'node:http'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, test, vi } from 'vitest'
import {
  createPoster,
  maxRetryAfterMs,
  type Poster,
  type PosterOptions,
  parseRetryAfter,
} from '../../../consumers/callbacks/post.ts'
import { callbackPolicy, type Resolve } from '../../../consumers/callbacks/target.ts'

type Receiver = { readonly origin: string; readonly port: number; readonly sockets: Socket[] }

let closing = new AsyncDisposableStack()
afterEach(async () => {
  await closing.disposeAsync()
  closing = new AsyncDisposableStack()
})

async function listen(server: Server): Promise<Receiver> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const receiver: Receiver = { origin: `http://127.0.0.1:${port}`, port, sockets: [] }
  server.on('connection', (socket: Socket) => {
    receiver.sockets.push(socket)
    socket.on('error', () => socket.destroy())
  })
  closing.defer(async () => {
    for (const socket of receiver.sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  return receiver
}

const http = (listener: RequestListener): Promise<Receiver> => listen(createHttpServer(listener))
/** A receiver that speaks for itself, once something has been sent to it. */
const raw = (speak: (socket: Socket) => void): Promise<Receiver> =>
  listen(createServer((socket) => socket.once('data', () => speak(socket))))

function poster(receivers: readonly Receiver[], options: Partial<PosterOptions> & { resolve?: Resolve } = {}): Poster {
  const { resolve, ...rest } = options
  const allowedOrigins = receivers.map(({ origin }) => origin)
  const policy = callbackPolicy({ allowedOrigins, ...(resolve ? { resolve } : {}) })
  const created = createPoster({ policy, ...rest })
  closing.defer(() => created.close())
  return created
}

const headers = { 'content-type': 'application/json', 'webhook-id': 'req_0.1' }
const body = Buffer.from('{"type":"punctuality.succeeded"}')
const signal = new AbortController().signal
const to = (receiver: Receiver, path = '/') => ({ url: `${receiver.origin}${path}`, headers, body, signal })

/** The outcome of one attempt at a receiver of its own. */
const outcomeAt = async (receiver: Receiver, options: Partial<PosterOptions> = {}) =>
  poster([receiver], options).post(to(receiver))

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

describe('a receiver', () => {
  const timeoutMs = 150
  const silence = { kind: 'failed', reason: 'no answer within 0.15 s' }

  test('that takes its time within the timeout is waited for', async () => {
    const receiver = await http((_, response) => void setTimeout(() => response.writeHead(204).end(), 50))
    expect(await outcomeAt(receiver)).toEqual({ kind: 'delivered', statusCode: 204 })
  })

  test('that never answers costs one timeout and its connection', async () => {
    const receiver = await raw(() => undefined)
    expect(await outcomeAt(receiver, { timeoutMs })).toEqual(silence)
    await vi.waitUntil(() => receiver.sockets[0]?.destroyed)
  })

  test('that never answers costs less where the attempt has less', async () => {
    const receiver = await raw(() => undefined)
    expect(await poster([receiver]).post({ ...to(receiver), timeoutMs })).toEqual(silence)
  })

  test('that drips headers for ever costs no more', async () => {
    const receiver = await raw((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n')
      const drip = setInterval(() => socket.write('a: b\r\n'), 20)
      socket.on('close', () => clearInterval(drip))
    })
    expect(await outcomeAt(receiver, { timeoutMs })).toEqual(silence)
    await vi.waitUntil(() => receiver.sockets[0]?.destroyed)
  })

  test('that answers and then drips a body for ever has taken the callback, and loses its connection', async () => {
    const receiver = await http((_, response) => {
      response.writeHead(200)
      const drip = setInterval(() => response.write('.'), 20)
      response.on('close', () => clearInterval(drip))
    })
    expect(await outcomeAt(receiver, { timeoutMs })).toEqual({ kind: 'delivered', statusCode: 200 })
    await vi.waitUntil(() => receiver.sockets[0]?.destroyed)
  })

  test('that pours out a body without end is cut off after a little', async () => {
    let writtenBytes = 0
    const receiver = await http((_, response) => {
      response.writeHead(500)
      const chunk = Buffer.alloc(65_536)
      const pour = (): void => {
        while (!response.destroyed && response.write(chunk)) writtenBytes += chunk.length
      }
      response.on('drain', pour)
      pour()
    })
    expect(await outcomeAt(receiver)).toMatchObject({ kind: 'failed', statusCode: 500 })
    await vi.waitUntil(() => receiver.sockets[0]?.destroyed)
    expect(writtenBytes).toBeLessThan(32 * 1_048_576) // the kernel's buffers, not a stream
  })

  test('that closes or resets the connection has failed', async () => {
    for (const close of [(socket: Socket) => socket.destroy(), (socket: Socket) => socket.resetAndDestroy()])
      expect(await outcomeAt(await raw(close))).toEqual({
        kind: 'failed',
        reason: 'the connection was closed before an answer came',
      })
  })

  test('that resets after its status has taken the callback', async () => {
    const receiver = await raw((socket) => {
      socket.write('HTTP/1.1 202 Accepted\r\ncontent-length: 10\r\n\r\nabc', () =>
        setTimeout(() => socket.resetAndDestroy(), 20),
      )
    })
    expect(await outcomeAt(receiver)).toEqual({ kind: 'delivered', statusCode: 202 })
  })

  test('that nobody runs refuses, however many ask at once', async () => {
    const receiver = await http(() => undefined)
    await closing.disposeAsync()
    closing = new AsyncDisposableStack()
    const posts = poster([receiver], { connectionsPerOrigin: 2 })
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => posts.post(to(receiver))))
    expect(new Set(outcomes.map((outcome) => JSON.stringify(outcome)))).toEqual(
      new Set(['{"kind":"failed","reason":"the connection was refused"}']),
    )
  })

  test('that speaks no TLS where https is asked for has failed', async () => {
    const receiver = await http((_, response) => response.end())
    const secure = { ...receiver, origin: `https://127.0.0.1:${receiver.port}` }
    expect(await outcomeAt(secure)).toEqual({ kind: 'failed', reason: 'the TLS connection could not be made' })
  })

  test('that is there again is delivered to again', async () => {
    let answers = 0
    const receiver = await http((_, response) => (++answers === 1 ? response.destroy() : response.writeHead(204).end()))
    const posts = poster([receiver])
    expect((await posts.post(to(receiver))).kind).toBe('failed')
    expect((await posts.post(to(receiver))).kind).toBe('delivered')
  })
})

describe('the policy', () => {
  const resolving =
    (...addresses: string[]): Resolve =>
    (_hostname, _options, callback) =>
      callback(
        null,
        addresses.map((address) => ({ address, family: 4 })),
      )

  test('is asked before anything is connected to', async () => {
    const receiver = await http((_, response) => response.end())
    const posts = poster([])
    for (const url of [receiver.origin, `https://127.0.0.1:${receiver.port}`, `https://localhost:${receiver.port}`])
      expect(await posts.post({ ...to(receiver), url })).toMatchObject({ kind: 'blocked' })
    expect(receiver.sockets.length).toBe(0)
  })

  test.each([[['127.0.0.1']], [['8.8.8.8', '127.0.0.1']], [['127.0.0.1', '8.8.8.8']]])(
    'blocks a name that leads to %j, without a connection',
    async (addresses) => {
      const receiver = await http((_, response) => response.end())
      const posts = poster([], { resolve: resolving(...addresses) })
      const outcome = await posts.post({ ...to(receiver), url: `https://rebind.example.com:${receiver.port}/` })
      expect(outcome).toEqual({
        kind: 'blocked',
        reason: 'The host of the callback URL must lead to public addresses only.',
      })
      expect(receiver.sockets.length).toBe(0)
    },
  )

  test('lets a listed name lead inside', async () => {
    const receiver = await http((_, response) => response.writeHead(204).end())
    const named = { ...receiver, origin: `http://receiver.internal:${receiver.port}` }
    const posts = poster([named], { resolve: resolving('127.0.0.1') })
    expect(await posts.post(to(named))).toEqual({ kind: 'delivered', statusCode: 204 })
  })

  test('does not hide that a name has no address', async () => {
    const notFound: Resolve = (_hostname, _options, callback) =>
      callback(Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' }), [])
    const outcome = await poster([], { resolve: notFound }).post({
      url: 'https://gone.example.com/',
      headers,
      body,
      signal,
    })
    expect(outcome).toEqual({ kind: 'failed', reason: 'the host name could not be resolved' })
  })
})

describe('connections', () => {
  test('are kept and used again, also after answers with a body or an error', async () => {
    let answers = 0
    const receiver = await http((_, response) =>
      response.writeHead([200, 404, 500][answers++ % 3]!).end('x'.repeat(20_000)),
    )
    const posts = poster([receiver])
    for (let n = 0; n < 12; n += 1) await posts.post(to(receiver))
    expect(answers).toBe(12)
    expect(receiver.sockets.length).toBeLessThanOrEqual(2) // undici frees a connection just after its answer has ended
  })

  test('are no more than allowed for one origin', async () => {
    const receiver = await http((_, response) => void setTimeout(() => response.writeHead(204).end(), 2))
    const posts = poster([receiver], { connectionsPerOrigin: 3 })
    const outcomes = await Promise.all(Array.from({ length: 30 }, () => posts.post(to(receiver))))
    expect(outcomes.every(({ kind }) => kind === 'delivered')).toBe(true)
    expect(receiver.sockets.length).toBe(3)
  })

  test('serve no more attempts at once than allowed in all', async () => {
    let [inside, most] = [0, 0]
    const slow: RequestListener = (_, response) => {
      most = Math.max(most, ++inside)
      setTimeout(() => {
        inside -= 1
        response.writeHead(204).end()
      }, 5)
    }
    const receivers = await Promise.all([http(slow), http(slow), http(slow)])
    const posts = poster(receivers, { connections: 2 })
    await Promise.all(Array.from({ length: 30 }, (_, n) => posts.post(to(receivers[n % 3]!))))
    expect(most).toBe(2)
  })

  test('of the origin that is idle for longest go when another origin needs them', async () => {
    const receivers = await Promise.all(
      Array.from({ length: 3 }, () => http((_, response) => response.writeHead(204).end())),
    )
    const [first, second, third] = receivers as [Receiver, Receiver, Receiver]
    const posts = poster(receivers, { connections: 2 })
    for (const receiver of [first, second, first, third])
      expect((await posts.post(to(receiver))).kind).toBe('delivered')
    await vi.waitUntil(() => second.sockets[0]?.destroyed)
    expect([first, third].map(({ sockets }) => sockets.map(({ destroyed }) => destroyed))).toEqual([[false], [false]])
    expect((await posts.post(to(second))).kind).toBe('delivered')
    expect(second.sockets.length).toBe(2)
  })

  test('are all gone after close, and what was under way has failed', async () => {
    const receiver = await raw(() => undefined)
    const posts = poster([receiver])
    const outcome = posts.post(to(receiver))
    await vi.waitUntil(() => receiver.sockets.length === 1)
    await posts.close()
    expect((await outcome).kind).toBe('failed')
    await vi.waitUntil(() => receiver.sockets.every(({ destroyed }) => destroyed))
  })
})

describe('the signal', () => {
  test('ends an attempt with its reason, and the connection', async () => {
    const receiver = await raw(() => undefined)
    const stopping = new AbortController()
    const outcome = poster([receiver]).post({ ...to(receiver), signal: stopping.signal })
    await vi.waitUntil(() => receiver.sockets.length === 1)
    stopping.abort(new Error('the partition has moved'))
    await expect(outcome).rejects.toThrow('the partition has moved')
    await vi.waitUntil(() => receiver.sockets[0]?.destroyed)
  })

  test('that aborts while the attempt waits for a connection keeps it from being sent', async () => {
    const seen: string[] = []
    const receiver = await http((request, response) => {
      seen.push(request.url!)
      setTimeout(() => response.writeHead(204).end(), 30)
    })
    const posts = poster([receiver], { connectionsPerOrigin: 1 })
    const stopping = new AbortController()
    const first = posts.post(to(receiver, '/first'))
    const second = posts.post({ ...to(receiver, '/second'), signal: stopping.signal })
    const third = posts.post(to(receiver, '/third'))
    stopping.abort(new Error('not now'))
    await expect(second).rejects.toThrow('not now')
    expect([(await first).kind, (await third).kind]).toEqual(['delivered', 'delivered'])
    expect(seen).toEqual(['/first', '/third'])
  })

  test('that has aborted already connects to nothing', async () => {
    const receiver = await raw(() => undefined)
    const aborted = AbortSignal.abort(new Error('too late'))
    await expect(poster([receiver]).post({ ...to(receiver), signal: aborted })).rejects.toThrow('too late')
    expect(receiver.sockets.length).toBe(0)
  })
})

test.each([
  ['0', 0],
  ['120', 120_000],
  ['999999999999999999999', maxRetryAfterMs],
  ['Fri, 02 Jan 2026 00:01:30 GMT', 90_000],
  ['Thu, 01 Jan 2026 00:00:00 GMT', 0],
  ['Fri, 31 Dec 9999 23:59:59 GMT', maxRetryAfterMs],
  ['-5', undefined],
  ['1.5', undefined],
  ['soon', undefined],
  ['2026-01-02', undefined],
  ['', undefined],
])('Retry-After: %j asks for %s ms', (text, afterMs) => {
  expect(parseRetryAfter(text, Date.UTC(2026, 0, 2))).toBe(afterMs)
})
