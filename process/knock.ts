// A connection opened only to learn what becomes of it: whether somebody listens, whether TLS comes about, what a question
// is answered with. For diagnoses; traffic goes through clients.
import { connect, isIP } from 'node:net'
import { connect as connectTls, type PeerCertificate } from 'node:tls'
import { systemClock } from './clock.ts'
import type { Tls } from './config.ts'
import type { TlsFailure } from './tlsFault.ts'

export type Address = { readonly host: string; readonly port: number }

export type Knock =
  /** No connection; `reason` is Node's own text. */
  | { readonly kind: 'unreachable'; readonly reason: string }
  /** There is somebody, and no TLS with him. */
  | { readonly kind: 'tls-failed'; readonly failure: TlsFailure }
  /** Connected, and the connection was closed without an answer. */
  | { readonly kind: 'closed' }
  /** Connected, and no answer within the limit. */
  | { readonly kind: 'silent' }
  /** The answer, or what came of it before the connection was closed. */
  | { readonly kind: 'answered'; readonly data: Buffer }

export type KnockOptions = {
  /** Absent: without TLS. */
  readonly tls?: Tls & { readonly rejectUnauthorized?: boolean }
  readonly question: Buffer
  /** Whether the answer is whole. */
  readonly isWhole: (data: Buffer) => boolean
  /** Default 3,000. */
  readonly limitMs?: number
}

/** Connects, asks, and closes. Never rejects but for TLS material that cannot be used. */
export function knock({ host, port }: Address, options: KnockOptions): Promise<Knock> {
  const { tls, question, isWhole, limitMs = 3_000 } = options
  const { promise, resolve } = Promise.withResolvers<Knock>()
  const socket = tls
    ? connectTls({ host, port, ...(isIP(host) ? {} : { servername: host }), ...tls })
    : connect({ host, port })
  let stage: 'connecting' | 'securing' | 'open' = 'connecting'
  let data = Buffer.alloc(0)
  const end = (found: Knock): void => {
    timer[Symbol.dispose]()
    socket.destroy()
    resolve(found)
  }
  const closed = (): void => end(data.length > 0 ? { kind: 'answered', data } : { kind: 'closed' })
  const timer = systemClock.after(limitMs, () =>
    end(
      stage === 'connecting' ? { kind: 'unreachable', reason: `no answer within ${limitMs} ms` } : { kind: 'silent' },
    ),
  )
  const opened = (): void => {
    stage = 'open'
    if (isWhole(data)) end({ kind: 'answered', data })
    else socket.write(question)
  }
  socket
    .on('connect', () => {
      stage = 'securing'
      if (!tls) opened()
    })
    .on('secureConnect', opened)
    .on('data', (chunk: Buffer) => {
      data = Buffer.concat([data, chunk])
      if (isWhole(data)) end({ kind: 'answered', data })
    })
    .on('error', (error: NodeJS.ErrnoException & { readonly cert?: PeerCertificate }) => {
      const { code = '', message, cert } = error
      if (stage === 'connecting') end({ kind: 'unreachable', reason: message })
      // With TLS 1.3 a client's certificate is refused after the handshake.
      else if (stage === 'securing' || code.startsWith('ERR_SSL'))
        end({ kind: 'tls-failed', failure: { code, message, names: cert?.subjectaltname } })
      else closed()
    })
    .on('close', closed)
  return promise
}

/** Whether TLS is spoken there, whoever is trusted; a refusal in TLS counts. */
export async function speaksTls(address: Address): Promise<boolean> {
  const nothing = { question: Buffer.alloc(0), isWhole: () => true }
  const found = await knock(address, { ...nothing, tls: { rejectUnauthorized: false } })
  return found.kind === 'answered' || (found.kind === 'tls-failed' && found.failure.code.includes('ALERT'))
}
