import type { RequestListener } from 'node:http'
import { afterEach, describe, expect, test } from 'vitest'
import type { Resolve } from '../../../consumers/callbacks/target.ts'
import { closeAll, eventually, http, poster, type Receiver, raw, to } from './loopback.ts'

afterEach(closeAll)

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
    const gone = { origin: 'https://gone.example.com', port: 443, sockets: [] }
    const outcome = await poster([], { resolve: notFound }).post(to(gone))
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
    for (const receiver of receivers) await posts.post(to(receiver)) // known to be quick: half is kept for those
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
    await eventually(() => second.sockets[0]?.destroyed)
    expect([first, third].map(({ sockets }) => sockets.map(({ destroyed }) => destroyed))).toEqual([[false], [false]])
    expect((await posts.post(to(second))).kind).toBe('delivered')
    expect(second.sockets.length).toBe(2)
  })

  test('are all gone after close, and what was under way has failed', async () => {
    const receiver = await raw(() => undefined)
    const posts = poster([receiver])
    const outcome = posts.post(to(receiver))
    await eventually(() => receiver.sockets.length === 1)
    await posts.close()
    expect((await outcome).kind).toBe('failed')
    await eventually(() => receiver.sockets.every(({ destroyed }) => destroyed))
  })
})

describe('the signal', () => {
  test('ends an attempt with its reason, and the connection', async () => {
    const receiver = await raw(() => undefined)
    const stopping = new AbortController()
    const outcome = poster([receiver]).post({ ...to(receiver), signal: stopping.signal })
    await eventually(() => receiver.sockets.length === 1)
    stopping.abort(new Error('the partition has moved'))
    await expect(outcome).rejects.toThrow('the partition has moved')
    await eventually(() => receiver.sockets[0]?.destroyed)
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
    await eventually(() => seen.length === 1)
    const second = posts.post({ ...to(receiver, '/second'), signal: stopping.signal })
    const third = posts.post(to(receiver, '/third'))
    await new Promise(setImmediate)
    stopping.abort(new Error('not now'))
    await expect(second).rejects.toThrow('not now')
    expect([(await first).kind, (await third).kind]).toEqual(['delivered', 'delivered'])
    expect(seen).toEqual(['/first', '/third'])
  })

  test('that aborts in the turn of the call connects to nothing', async () => {
    const receiver = await raw(() => undefined)
    const stopping = new AbortController()
    const outcome = poster([receiver]).post({ ...to(receiver), signal: stopping.signal })
    stopping.abort(new Error('never mind'))
    await expect(outcome).rejects.toThrow('never mind')
    expect(receiver.sockets.length).toBe(0)
  })

  test('that has aborted already connects to nothing', async () => {
    const receiver = await raw(() => undefined)
    const aborted = AbortSignal.abort(new Error('too late'))
    await expect(poster([receiver]).post({ ...to(receiver), signal: aborted })).rejects.toThrow('too late')
    expect(receiver.sockets.length).toBe(0)
  })
})
