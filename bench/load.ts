// A load of POSTs in a process of its own: so many connections that are kept, one request under way on each, for so long.
// Raw sockets, because every library for this takes more of the two cores than the server it measures.
//   echo '{"url": …, "connections": 64, "rampSeconds": 1, "seconds": 5, "headers": {…}, "bodies": ["…", …]}' | node bench/load.ts
// prints one line of JSON: what was answered, by status, and how long it took.
import { connect, type Socket } from 'node:net'
import { performance } from 'node:perf_hooks'

export type Load = {
  readonly url: string
  readonly connections: number
  /** Before it is counted: connections are opened, and a server that has idled gets back what it gave away. */
  readonly rampSeconds: number
  readonly seconds: number
  readonly headers: Readonly<Record<string, string>>
  /** Sent in turn. */
  readonly bodies: readonly string[]
}

export type Answered = {
  /** By status: all answers, also those to what was asked before it counted. */
  readonly statuses: Readonly<Record<string, number>>
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
}

const headEnd = Buffer.from('\r\n\r\n')

/** One request on this connection; resolves with its answer's status. The answer must have a content-length. */
function exchange(socket: Socket, request: Buffer): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  let answer: Buffer = Buffer.alloc(0)
  const onData = (bytes: Buffer): void => {
    answer = answer.length === 0 ? bytes : Buffer.concat([answer, bytes])
    const end = answer.indexOf(headEnd)
    if (end < 0) return
    const head = answer.toString('latin1', 0, end)
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1])
    if (Number.isNaN(length)) reject(new Error(`an answer without a length: ${head}`))
    if (answer.length >= end + headEnd.length + length) resolve(Number(head.slice(9, 12)))
  }
  const onClose = (): void => reject(new Error('the server closed a connection'))
  socket.on('data', onData).once('close', onClose)
  socket.write(request)
  return promise.finally(() => socket.off('data', onData).off('close', onClose))
}

async function run({ url, connections, rampSeconds, seconds, headers, bodies }: Load): Promise<Answered> {
  const { hostname, port, host, pathname } = new URL(url)
  const lines = Object.entries({ host, 'content-type': 'application/json', ...headers }).map(
    ([name, text]) => `${name}: ${text}\r\n`,
  )
  const requests = bodies.map((body) =>
    Buffer.from(
      `POST ${pathname} HTTP/1.1\r\n${lines.join('')}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    ),
  )
  const statuses: Record<string, number> = {}
  const times: number[] = []
  let [next, answered] = [0, 0]
  const startMs = performance.now() + rampSeconds * 1_000
  const endMs = startMs + seconds * 1_000
  const client = async (): Promise<void> => {
    const socket = connect({ host: hostname, port: Number(port), noDelay: true })
    socket.on('error', () => undefined) // `close` follows
    while (performance.now() < endMs) {
      const askedMs = performance.now()
      const status = await exchange(socket, requests[next++ % requests.length]!)
      const answeredMs = performance.now()
      statuses[status] = (statuses[status] ?? 0) + 1
      if (askedMs >= startMs) times.push(answeredMs - askedMs) // also those that were still under way at the end
      if (answeredMs >= startMs && answeredMs < endMs) answered++
    }
    socket.destroy()
  }
  await Promise.all(Array.from({ length: connections }, client))
  times.sort((a, b) => a - b)
  const percentile = (share: number): number => times[Math.floor(times.length * share)] ?? Number.NaN
  return {
    statuses,
    perSecond: answered / seconds,
    p50Ms: percentile(0.5),
    p99Ms: percentile(0.99),
  }
}

if (import.meta.main) {
  let text = ''
  for await (const part of process.stdin) text += part
  process.stdout.write(`${JSON.stringify(await run(JSON.parse(text)))}\n`)
}
