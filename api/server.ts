// The HTTP server under an app. Closing it (I7): new connections are refused, requests on kept ones get 503, what is in
// flight is finished within the grace period, idle connections end a moment later.

import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, type Socket, Server as TcpServer } from 'node:net'
import type { Express } from 'express'
import { ErrandError } from '../app/errors.ts'
import { Chain } from '../process/chain.ts'
import { endOfTurn } from '../process/endOfTurn.ts'
import { exchangeClasses } from './exchange.ts'
import { Problem, type ProblemCode, problemMessage, sendProblem } from './problems.ts'

export type Listening = {
  /** `http://127.0.0.1:3000` */
  readonly url: string
  /** May be called again: it is one close. Resolves when no connection is left; after `graceMs` those that are get cut. */
  close(): Promise<void>
}

export type ListenOptions = {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  /** How long `close` waits for what is in flight, ms. */
  readonly graceMs?: number
}

/** An Express app, or any other listener. */
type App = ((request: IncomingMessage, response: ServerResponse) => unknown) &
  Partial<Pick<Express, 'request' | 'response'>>

/**
 * A request must have arrived whole in 30 s, its headers in 10 s; connections are kept for 65 s, longer than the 60 s of
 * common load balancers, so that it is they who end them.
 */
const timeouts = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 5_000,
}

/** How long a connection without a request is still heard when the server closes: who asks meanwhile is refused, not cut. */
const lastCallMs = 50

/** Listens. Throws `port-taken`, or `cannot-listen` for any other reason. */
export async function listen(app: App, { host, port, graceMs = 10_000 }: ListenOptions): Promise<Listening> {
  const inFlight = new Chain<ServerResponse>()
  let closing: Promise<void> | undefined
  const server = createServer({ ...timeouts, ...(isExpress(app) && exchangeClasses(app)) }, (request, response) => {
    if (closing !== undefined) return refuse(response)
    const link = inFlight.add(response)
    response.on('close', () => inFlight.remove(link))
    if (request.method !== 'POST') app(request, response)
    else void endOfTurn().then(() => app(request, response)) // all of a turn at one go (docs/benchmarks.md)
  })
  const connections = new Chain<Socket>()
  server.on('connection', (socket: Socket) => {
    const link = connections.add(socket)
    socket.on('close', () => connections.remove(link))
  })
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    const before = [...inFlight].findLast(({ req }) => req.socket === socket && req.complete)
    if (before) before.on('close', () => answerUnparsed(error, socket))
    else answerUnparsed(error, socket)
  })
  await listening(server, host, port)
  const address = server.address() as AddressInfo
  return {
    url: `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`,
    close: () => (closing ??= drain({ server, connections, inFlight, graceMs })),
  }
}

const isExpress = (app: App): app is Express => app.request !== undefined

async function listening(server: Server, host: string, port: number): Promise<void> {
  try {
    server.listen({ host, port })
    await once(server, 'listening')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EADDRINUSE')
      throw new ErrandError(
        'port-taken',
        `port ${port} of ${host} is taken: stop what listens there, or set ERRAND_HTTP_PORT`,
        { cause },
      )
    throw new ErrandError('cannot-listen', `cannot listen on ${host}:${port}: ${(cause as Error).message}`, { cause })
  }
}

type Draining = {
  readonly server: Server
  readonly connections: Iterable<Socket>
  readonly inFlight: Iterable<ServerResponse>
  readonly graceMs: number
}

async function drain({ server, connections, inFlight, graceMs }: Draining): Promise<void> {
  const closed = once(server, 'close')
  // Not http's own close: that cuts at once what is between two requests or still being written, and keeps what never asked.
  TcpServer.prototype.close.call(server)
  server.keepAliveTimeout = lastCallMs // for those whose answer's head has left and does not say `close`
  for (const response of inFlight) if (!response.headersSent) response.setHeader('connection', 'close')
  const lastCall = setTimeout(() => {
    const busy = new Set(Array.from(inFlight, ({ req }) => req.socket))
    for (const socket of connections) if (!busy.has(socket)) socket.destroySoon()
  }, lastCallMs)
  const cut = setTimeout(() => server.closeAllConnections(), graceMs)
  await closed
  clearTimeout(lastCall)
  clearTimeout(cut)
  server.close() // no connection is left, but a timer that looks for slow ones
}

function refuse(response: ServerResponse): void {
  response.setHeader('connection', 'close')
  sendProblem(
    response,
    new Problem('stopping', 'Send it again: another process will take it.', { headers: { 'retry-after': '1' } }),
  )
}

const unparsed: Readonly<Record<string, ProblemCode>> = {
  HPE_HEADER_OVERFLOW: 'headers-too-large',
  ERR_HTTP_REQUEST_TIMEOUT: 'timeout',
}

/** What is not even HTTP gets a problem too, where anybody is left to read it. */
function answerUnparsed(error: NodeJS.ErrnoException, socket: Socket): void {
  const code = unparsed[error.code ?? ''] ?? 'malformed-request'
  if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy()
  else socket.end(problemMessage(new Problem(code, 'The connection is closed.')))
}
