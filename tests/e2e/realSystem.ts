// A system of real processes on a real broker, in a namespace of its own; callbacks are verified with the official
// `standardwebhooks` package.
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Webhook } from 'standardwebhooks'
import { onTestFinished } from 'vitest'
import { type Cluster, type Development, prepareDevelopment } from '../../bin/development.ts'
import { type Program, runProgram } from '../../bin/program.ts'
import { startReceiver } from '../../bin/receiver.ts'
import { developmentClient } from '../../process/clients.ts'
import { newSecret, parseKeyring } from '../../process/keyring.ts'

export type Line = { readonly event?: string; readonly level?: number; readonly url?: string } & Readonly<
  Record<string, unknown>
>

/** `errand start …` with what it has logged. Resolved when it is ready. */
export type Running = { readonly program: Program; readonly lines: readonly Line[]; readonly url: string }

export type CalledBack = {
  readonly id: string
  readonly webhookId: string
  readonly type: string
  readonly result: unknown
}

export type RealSystemOptions = {
  /** Default: the adder. */
  readonly app?: string
  /** The request type that is asked for. */
  readonly type?: string
  /** What its programs have besides in their environment. */
  readonly env?: Readonly<Record<string, string>>
}

export type RealSystem = Pick<Development, 'system' | 'env'> & {
  readonly callbacks: readonly CalledBack[]
  readonly apiKey: string
  readonly callbackUrl: string
  start(...args: readonly string[]): Promise<Running>
  ask(url: string, data: object, rest?: object, of?: string): Promise<Response>
  get(url: string, path: string): Promise<Response>
}

export async function realSystem(
  cluster: Cluster,
  { app = 'tests/adder.ts', type = 'add', env: own = {} }: RealSystemOptions = {},
): Promise<RealSystem> {
  const folder = await mkdtemp(join(tmpdir(), 'errand-e2e-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const secret = newSecret()
  const namespace = `e2e-${randomBytes(4).toString('hex')}`
  const client = developmentClient(parseKeyring(secret, namespace))
  const webhook = new Webhook(client.callbackSecret)
  const callbacks: CalledBack[] = []
  const receiver = await startReceiver({
    port: 0,
    secret: client.callbackSecret,
    onCallback: ({ headers, body }) => {
      const { type, data } = webhook.verify(body, { ...headers }) as {
        type: string
        data: { id: string; result?: unknown }
      }
      callbacks.push({ id: data.id, webhookId: headers['webhook-id'] ?? '', type, result: data.result })
    },
  })
  onTestFinished(() => receiver.close())
  const development = await prepareDevelopment({
    app,
    cluster,
    folder,
    secret,
    namespace,
    httpPort: 0,
    callbackOrigins: [receiver.url],
    onProgress: () => undefined,
  })
  onTestFinished(() => development[Symbol.asyncDispose]())
  const headers = { authorization: `Bearer ${client.apiKey}`, 'content-type': 'application/json' }
  const callbackUrl = `${receiver.url}/callbacks`
  /** Short: some of these systems are stopped without a broker, where nothing can be flushed. */
  const env = { ...development.env, ERRAND_DRAIN_MS: '3000', ...own }
  return {
    ...development,
    env,
    callbacks,
    apiKey: client.apiKey,
    callbackUrl,
    start: (...args) => started(args.includes('--app') ? args : [...args, '--app', app], env),
    ask: (url, data, rest = { callback: { url: callbackUrl } }, of = type) =>
      fetch(`${url}/v1/requests/${of}`, { method: 'POST', headers, body: JSON.stringify({ data, ...rest }) }),
    get: (url, path) => fetch(`${url}${path}`, { headers }),
  }
}

async function started(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Running> {
  const lines: Line[] = []
  const ready = Promise.withResolvers<string>()
  const program = runProgram(['start', ...args], {
    env,
    onLine: (text) => {
      const line = parse(text)
      lines.push(line)
      if (line.event === 'process.started') ready.resolve(line.url ?? '')
    },
  })
  onTestFinished(() => program.stop())
  void program.ended.then((code) =>
    ready.reject(new Error(`errand start ${args.join(' ')} ended with ${code}: ${JSON.stringify(lines.slice(-5))}`)),
  )
  return { program, lines, url: await ready.promise }
}

const parse = (text: string): Line => {
  try {
    return JSON.parse(text)
  } catch {
    return { text } // not of our log
  }
}

/** Calls `each` for every item, `atOnce` at a time. */
export async function atOnce<T>(items: Iterable<T>, limit: number, each: (item: T) => Promise<void>): Promise<void> {
  const left = items[Symbol.iterator]()
  const one = async (): Promise<void> => {
    for (let next = left.next(); !next.done; next = left.next()) await each(next.value)
  }
  await Promise.all(Array.from({ length: limit }, one))
}
