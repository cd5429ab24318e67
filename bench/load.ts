// A load of POSTs in a process of its own: so many connections that are kept, one request under way on each, for so long.
// Raw sockets, because every library for this takes more of the two cores than the server it measures.
//   echo '{"url": …, "connections": 64, "rampSeconds": 1, "seconds": 5, "headers": {…}, "bodies": ["…", …]}' | node bench/load.ts
// prints one line of JSON: what was answered, by status, and how long it took.
import { connect } from 'node:net'
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

/** The longest answer that is understood, bytes. */
const maxAnswerBytes = 65_536

/** One connection: `ask` sends a request and resolves with its answer's status. The answer must have a content-length. */
function connection(host: string, port: number) {
  const answer = Buffer.allocUnsafe(maxAnswerBytes)
  let [bytes, pending] = [0, Promise.withResolvers<number>()]
  const onRead = (count: number, chunk: Uint8Array): boolean => {
    answer.set(chunk.subarray(0, count), bytes)
    bytes += count
    const status = wholeAnswer(answer, bytes)
    if (status !== undefined) pending.resolve(status)
    return true
  }
  // Read without a stream in between: that would take as much as all the rest.
  const socket = connect({
    host,
    port,
    noDelay: true,
    onread: { buffer: Buffer.allocUnsafe(maxAnswerBytes), callback: onRead },
  })
  socket.on('error', () => undefined) // `close` follows
  socket.on('close', () => pending.reject(new Error('the server closed a connection')))
  const ask = (request: Buffer): Promise<number> => {
    ;[bytes, pending] = [0, Promise.withResolvers()]
    socket.write(request)
    return pending.promise
  }
  return { ask, close: () => socket.destroy() }
}

/** Its status, once all of it is there. */
function wholeAnswer(answer: Buffer, bytes: number): number | undefined {
  const head = answer.toString('latin1', 0, bytes)
  const end = head.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1])
  if (Number.isNaN(length)) throw new Error(`an answer without a length: ${head}`)
  return bytes >= end + 4 + length ? Number(head.slice(9, 12)) : undefined
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
    const { ask, close } = connection(hostname, Number(port))
    while (performance.now() < endMs) {
      const askedMs = performance.now()
      const status = await ask(requests[next++ % requests.length]!)
      const answeredMs = performance.now()
      statuses[status] = (statuses[status] ?? 0) + 1
      if (askedMs >= startMs) times.push(answeredMs - askedMs) // also those that were still under way at the end
      if (answeredMs >= startMs && answeredMs < endMs) answered++
    }
    close()
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
