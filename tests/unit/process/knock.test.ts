import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { type Address, knock, speaksTls } from '../../../process/knock.ts'

const closing: (() => Promise<unknown>)[] = []
afterEach(() => Promise.all(closing.splice(0).map((close) => close())))

/** Somebody at an address, who does this with every connection. */
async function somebody(does: (socket: Socket) => void): Promise<Address> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => socket.destroy()))
    does(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(() => {
    for (const socket of sockets) socket.destroy()
    return new Promise((resolve) => server.close(resolve))
  })
  return { host: '127.0.0.1', port: (server.address() as { port: number }).port }
}

const ask = (address: Address, tls?: object) =>
  knock(address, {
    question: Buffer.from('who?'),
    isWhole: (data) => data.toString() === 'it is I',
    limitMs: 300,
    ...(tls ? { tls } : {}),
  })

test('an answer is taken when it is whole, in however many pieces it comes', async () => {
  const address = await somebody((socket) =>
    socket.once('data', (question) => {
      if (question.toString() !== 'who?') return
      socket.write('it ')
      setTimeout(() => socket.write('is I'), 20)
    }),
  )
  expect(await ask(address)).toEqual({ kind: 'answered', data: Buffer.from('it is I') })
})

test('what came before the connection was closed is the answer', async () => {
  const address = await somebody((socket) => socket.once('data', () => socket.end('it')))
  expect(await ask(address)).toEqual({ kind: 'answered', data: Buffer.from('it') })
})

test('nobody, silence and a closed door are told apart', async () => {
  expect(await ask({ host: '127.0.0.1', port: 1 })).toEqual({
    kind: 'unreachable',
    reason: 'connect ECONNREFUSED 127.0.0.1:1',
  })
  const silent = await somebody((socket) => void socket.resume())
  expect(await ask(silent)).toEqual({ kind: 'silent' })
  expect(await ask(silent, {})).toEqual({ kind: 'silent' })
  const shut = await somebody((socket) => socket.destroy())
  expect(await ask(shut)).toEqual({ kind: 'closed' })
})

test('who closes on TLS, or answers it with something else, does not speak it', async () => {
  for (const does of [(socket: Socket) => socket.destroy(), (socket: Socket) => socket.end('HTTP/1.1 400\r\n\r\n')]) {
    const address = await somebody((socket) => socket.once('data', () => does(socket)))
    expect(await ask(address, {})).toMatchObject({ kind: 'tls-failed', failure: { message: expect.any(String) } })
    expect(await speaksTls(address)).toBe(false)
  }
})
