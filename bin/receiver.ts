// A receiver of callbacks on loopback, for trying things out: checks each, answers it and shows it to whoever started it.
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ErrandError } from '../app/errors.ts'
import { isSecret, type Verification, verify } from '../client/signature.ts'

export type ReceivedCallback = {
  readonly atMs: number
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** As it came, byte for byte: verify it with any library. */
  readonly body: Buffer
  readonly verification: Verification
  /** What it was answered: 204 verified, 400 not, 500 one of the first that were to fail. */
  readonly statusCode: 204 | 400 | 500
}

export type ReceiverOptions = {
  /** 0 takes a free one. */
  readonly port: number
  /** The callback secret, `whsec_…`; a function where it may change. */
  readonly secret: string | (() => string)
  /** How many deliveries of each webhook-id are answered 500 before one is taken. Default 0. */
  readonly failures?: number
  readonly onCallback: (callback: ReceivedCallback) => void
}

export type Receiver = {
  /** Without a slash at the end: an origin, as `ERRAND_CALLBACK_ORIGINS` wants it. */
  readonly url: string
  close(): Promise<void>
}

const maxBodyBytes = 4 * 1_048_576

/** Starts a receiver for POSTs to any path. Rejects with `port-taken` or `invalid-secret`. */
export async function startReceiver({ port, secret, failures = 0, onCallback }: ReceiverOptions): Promise<Receiver> {
  if (typeof secret === 'string' && !isSecret(secret))
    throw new ErrandError('invalid-secret', 'a callback secret is "whsec_" followed by base64')
  const failed = new Map<string, number>()
  /** Whether this delivery is one that is to fail. */
  const fails = (id: string): boolean => {
    const before = failed.get(id) ?? 0
    if (before < failures) failed.set(id, before + 1)
    return before < failures
  }
  const receive = async (request: IncomingMessage): Promise<number> => {
    if (request.method !== 'POST') return 405
    const body = await bodyOf(request)
    if (!body) return 413
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, [value ?? ''].flat().join(', ')]),
    )
    const verification = verify({ headers, body, secret: typeof secret === 'string' ? secret : secret() })
    const statusCode = verification.kind === 'refused' ? 400 : fails(verification.id) ? 500 : 204
    onCallback({ atMs: Date.now(), path: request.url ?? '/', headers, body, verification, statusCode })
    return statusCode
  }
  const server = createServer((request, response) => {
    receive(request).then(
      (statusCode) => response.writeHead(statusCode, statusCode === 413 ? { connection: 'close' } : {}).end(),
      (error: Error) => response.destroy(error), // the sender went away, or onCallback threw
    )
  })
  await listen(server, port)
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

const listen = (server: Server, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const taken = `port ${port} on 127.0.0.1 is taken by another program: stop it, or choose another (errand dev: --receiver-port, errand receive: --port)`
      reject(cause.code === 'EADDRINUSE' ? new ErrandError('port-taken', taken, { cause }) : cause)
    })
    server.listen(port, '127.0.0.1', resolve)
  })

/** The body, or undefined where it is too large; the rest of it is not read. */
const bodyOf = async (request: IncomingMessage): Promise<Buffer | undefined> => {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > maxBodyBytes) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
