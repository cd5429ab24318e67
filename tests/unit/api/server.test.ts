import { once } from 'node:events'
import { Agent, request as httpRequest, IncomingMessage, OutgoingMessage } from 'node:http'
import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import express from 'express'
import { describe, expect, test, vi } from 'vitest'
import { createProbes } from '../../../api/app.ts'
import { type Listening, listen } from '../../../api/server.ts'

const anywhere = { host: '127.0.0.1', port: 0 } as const

const ping = 'GET / HTTP/1.1\r\nhost: x\r\n\r\n'

const open = async ({ url }: Listening): Promise<Socket> => {
  const socket = connect(Number(new URL(url).port), '127.0.0.1').setEncoding('utf8')
  await once(socket, 'connect')
  return socket
}

/** Sends bytes as they are and returns all that comes back. */
const raw = async (server: Listening, bytes: string): Promise<string> => {
  const socket = await open(server)
  socket.write(bytes)
  return await text(socket)
}

const get = async (url: string, agent: Agent): Promise<IncomingMessage> => {
  const [answer] = await once(httpRequest(url, { agent }).end(), 'response')
  return answer as IncomingMessage
}

/** A server that answers when it is told to, by what `arrived` resolves with; the head of its answer may leave before. */
async function patient({ graceMs, hasBegun = false }: { graceMs?: number; hasBegun?: boolean } = {}) {
  const { promise: arrived, resolve } = Promise.withResolvers<() => void>()
  const server = await listen(
    (_request, response) => {
      if (hasBegun) response.writeHead(200, { 'content-length': 4 }).flushHeaders()
      resolve(() => response.end('done'))
    },
    { ...anywhere, ...(graceMs !== undefined && { graceMs }) },
  )
  return { server, arrived }
}

describe('a port', () => {
  test('that is taken is a clear error with the remedy', async () => {
    const first = await listen((_request, response) => response.end(), anywhere)
    const port = Number(new URL(first.url).port)
    await expect(listen(() => undefined, { host: '127.0.0.1', port })).rejects.toMatchObject({
      code: 'port-taken',
      message: `port ${port} of 127.0.0.1 is taken: stop what listens there, or set ERRAND_HTTP_PORT`,
    })
    await first.close()
  })

  test('of an address that is not ours is another', async () => {
    await expect(listen(() => undefined, { host: '192.0.2.1', port: 0 })).rejects.toMatchObject({
      code: 'cannot-listen',
    })
  })
})

test('an Express app finds its exchanges made as it wants them, and changes no prototype', async () => {
  const app = express().get('/', (request, response) => void response.json({ ip: request.ip }))
  await using opened = new AsyncDisposableStack()
  const server = await listen(app, anywhere)
  opened.defer(() => server.close())
  const changed: object[] = []
  const set = Object.setPrototypeOf
  const spy = vi.spyOn(Object, 'setPrototypeOf').mockImplementation((of: object, to: object | null) => {
    if (of instanceof OutgoingMessage && Object.getPrototypeOf(of) !== to) changed.push(of)
    if (of instanceof IncomingMessage && Object.getPrototypeOf(of) !== to) changed.push(of)
    return set(of, to)
  })
  opened.defer(() => spy.mockRestore())
  const answer = await fetch(server.url)
  expect(await answer.json()).toEqual({ ip: '127.0.0.1' })
  expect(spy).toHaveBeenCalled()
  expect(changed).toEqual([])
})

test('a client that ends its side with its request is answered', async () => {
  const server = await listen(
    createProbes(() => ({})),
    anywhere,
  )
  const socket = await open(server)
  socket.end(ping.replace('/', '/livez'))
  expect(await text(socket)).toMatch(/^HTTP\/1.1 200 /)
  await server.close()
})

describe('a server that closes (I7)', () => {
  test('finishes what is in flight, then lets its connection go, and takes no new one', async () => {
    const { server, arrived } = await patient()
    const answer = fetch(server.url)
    const finish = await arrived
    const closed = server.close()
    await expect(fetch(server.url)).rejects.toThrow()
    finish()
    expect((await answer).headers.get('connection')).toBe('close')
    expect(await (await answer).text()).toBe('done')
    await closed
  })

  test('ends connections that are idle', async () => {
    const server = await listen((_request, response) => response.end('done'), anywhere)
    const agent = new Agent({ keepAlive: true })
    expect(await text(await get(server.url, agent))).toBe('done')
    await server.close()
    agent.destroy()
  })

  test('answers 503 to what still comes on a connection in use, and ends it', async () => {
    const { server, arrived } = await patient({ hasBegun: true })
    const socket = await open(server)
    const all = text(socket)
    socket.write(ping)
    const finish = await arrived
    const closed = server.close()
    socket.write(ping)
    finish()
    const [first, second] = (await all).split('done')
    expect(first).toMatch(/^HTTP\/1.1 200 /)
    expect(second).toMatch(/^HTTP\/1.1 503 /)
    expect(second).toContain('connection: close')
    expect(second).toContain('urn:errand:problem:stopping')
    await closed
  })

  test('ends a connection whose answer had begun before, once it is whole', async () => {
    const { server, arrived } = await patient({ hasBegun: true, graceMs: 60_000 })
    const agent = new Agent({ keepAlive: true })
    const answer = get(server.url, agent)
    const finish = await arrived
    const closed = server.close()
    finish()
    expect(await text(await answer)).toBe('done')
    await closed
    agent.destroy()
  })

  test('refuses who asks on a kept connection just then, and does not cut him off', async () => {
    const server = await listen((_request, response) => response.end('done'), anywhere)
    const socket = await open(server)
    socket.write(ping)
    await once(socket, 'data')
    socket.write(ping)
    const closed = server.close()
    expect(await text(socket)).toMatch(/^HTTP\/1.1 503 /)
    await closed
  })

  test('does not wait for a connection on which nobody has asked', async () => {
    const server = await listen((_request, response) => response.end(), { ...anywhere, graceMs: 60_000 })
    const socket = await open(server)
    await server.close()
    socket.destroy()
  })

  test('finishes an answer that its client is slow to read', async () => {
    const bytes = 32_000_000
    const written = Promise.withResolvers<void>()
    const server = await listen(
      (_request, response) => {
        response.writeHead(200, { 'content-length': bytes }).end(Buffer.alloc(bytes))
        written.resolve()
      },
      { ...anywhere, graceMs: 60_000 },
    )
    const [socket, idle] = [(await open(server)).pause(), (await open(server)).resume()]
    socket.write(ping)
    await written.promise
    const closed = server.close()
    await once(idle, 'close') // the last call has been made
    const answer = await text(socket)
    expect(answer.length - answer.indexOf('\r\n\r\n') - 4).toBe(bytes)
    await closed
  })

  test('cuts what does not finish within the grace period', async () => {
    const arrived = Promise.withResolvers<void>()
    const server = await listen(() => arrived.resolve(), { ...anywhere, graceMs: 20 })
    const answer = fetch(server.url)
    const refused = expect(answer).rejects.toThrow()
    await arrived.promise
    await server.close()
    await refused
  })

  test('closes once, however often it is told', async () => {
    const server = await listen(() => undefined, anywhere)
    expect(server.close()).toBe(server.close())
    await server.close()
  })
})

describe('what is not HTTP', () => {
  test('is answered after what was asked before it on its connection', async () => {
    const { server, arrived } = await patient()
    const socket = await open(server)
    socket.write(`${ping}what?\r\n\r\n`)
    const finish = await arrived
    finish()
    const [first, second] = (await text(socket)).split('done')
    expect([first?.slice(0, 12), second?.slice(0, 12)]).toEqual(['HTTP/1.1 200', 'HTTP/1.1 400'])
    await server.close()
  })

  test('is answered at once in the middle of a body, which its handler waits for', async () => {
    const server = await listen((request, response) => request.resume().on('end', () => response.end()), anywhere)
    const answer = await raw(server, 'POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n')
    expect(answer).toMatch(/^HTTP\/1.1 400 /)
    await server.close()
  })

  test.each([
    ['nonsense', 'what?\r\n\r\n', 400, 'malformed-request'],
    [
      'two lengths',
      'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n{}',
      400,
      'malformed-request',
    ],
    ['headers without end', `GET / HTTP/1.1\r\nhost: x\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'headers-too-large'],
  ])('is a problem too: %s', async (_name, bytes, status, code) => {
    const server = await listen((_request, response) => response.end(), anywhere)
    const answer = await raw(server, bytes)
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} .*\r\ncontent-type: application/problem\\+json\r\n`))
    expect(JSON.parse(answer.split('\r\n\r\n')[1]!)).toMatchObject({ status, type: `urn:errand:problem:${code}` })
    await server.close()
  })
})
