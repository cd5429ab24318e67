// Receivers on loopback, each on a free port, and posters that may call them. `afterEach(closeAll)` leaves nothing running.
import { once } from 'node:events'
import { createServer as createHttpServer, type RequestListener } from 'node:http'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { vi } from 'vitest'
import type { PostOutcome } from '../../../consumers/callbacks/outcome.ts'
import { createPoster, type Post, type Poster, type PosterOptions } from '../../../consumers/callbacks/post.ts'
import { callbackPolicy, type Resolve } from '../../../consumers/callbacks/target.ts'

export type Receiver = {
  readonly origin: string
  readonly port: number
  /** Every connection there has been, in order. */
  readonly sockets: Socket[]
}

let opened = new AsyncDisposableStack()

export async function closeAll(): Promise<void> {
  const closing = opened
  opened = new AsyncDisposableStack()
  await closing.disposeAsync()
}

async function listen(server: Server): Promise<Receiver> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const receiver: Receiver = { origin: `http://127.0.0.1:${port}`, port, sockets: [] }
  server.on('connection', (socket: Socket) => {
    receiver.sockets.push(socket)
    socket.on('error', () => socket.destroy())
  })
  opened.defer(async () => {
    for (const socket of receiver.sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  return receiver
}

export const http = (listener: RequestListener): Promise<Receiver> => listen(createHttpServer(listener))

/** A receiver that speaks for itself, once something has been sent to it. */
export const raw = (speak: (socket: Socket) => void): Promise<Receiver> =>
  listen(createServer((socket) => socket.once('data', () => speak(socket))))

/** A poster that may call these receivers. */
export function poster(
  receivers: readonly Receiver[],
  { resolve, ...options }: Partial<PosterOptions> & { readonly resolve?: Resolve } = {},
): Poster {
  const allowedOrigins = receivers.map(({ origin }) => origin)
  const policy = callbackPolicy({ allowedOrigins, ...(resolve ? { resolve } : {}) })
  const created = createPoster({ policy, ...options })
  opened.defer(() => created.close())
  return created
}

export const headers = { 'content-type': 'application/json', 'webhook-id': 'req_0.1' }
export const body = Buffer.from('{"type":"punctuality.succeeded"}')
const { signal } = new AbortController()

export const to = (receiver: Receiver, path = '/'): Post => ({
  url: `${receiver.origin}${path}`,
  headers,
  body,
  signal,
})

/** The outcome of one attempt at a receiver by a poster of its own. */
export const outcomeAt = (receiver: Receiver, options: Partial<PosterOptions> = {}): Promise<PostOutcome> =>
  poster([receiver], options).post(to(receiver))

/** Waits for what the network brings about, with patience for a machine that does other things. */
export const eventually = (condition: () => boolean | undefined): Promise<unknown> =>
  vi.waitUntil(condition, { timeout: 4_000, interval: 10 })
