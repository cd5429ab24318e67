import type { Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { closeAll, eventually, http, outcomeAt, poster, raw, to } from './loopback.ts'

afterEach(closeAll)

describe('a receiver', () => {
  const timeoutMs = 400
  const silence = { kind: 'failed', reason: 'no answer within 0.4 s' }

  test('that takes its time within the timeout is waited for', async () => {
    const receiver = await http((_, response) => void setTimeout(() => response.writeHead(204).end(), 50))
    expect(await outcomeAt(receiver)).toEqual({ kind: 'delivered', statusCode: 204 })
  })

  test('that never answers costs one timeout and its connection', async () => {
    const receiver = await raw(() => undefined)
    expect(await outcomeAt(receiver, { timeoutMs })).toEqual(silence)
    await eventually(() => receiver.sockets[0]?.destroyed)
  })

  test('that drips headers for ever costs no more', async () => {
    const receiver = await raw((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n')
      const drip = setInterval(() => socket.write('a: b\r\n'), 20)
      socket.on('close', () => clearInterval(drip))
    })
    expect(await outcomeAt(receiver, { timeoutMs })).toEqual(silence)
    await eventually(() => receiver.sockets[0]?.destroyed)
  })

  test('that answers and then drips a body for ever has taken the callback, and loses its connection', async () => {
    const receiver = await http((_, response) => {
      response.writeHead(200)
      const drip = setInterval(() => response.write('.'), 20)
      response.on('close', () => clearInterval(drip))
    })
    expect(await outcomeAt(receiver, { timeoutMs })).toEqual({ kind: 'delivered', statusCode: 200 })
    await eventually(() => receiver.sockets[0]?.destroyed)
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
    await eventually(() => receiver.sockets[0]?.destroyed)
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
    await closeAll()
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
