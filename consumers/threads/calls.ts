// The inside of a handler thread: runs the calls that it is told, one at a time, with a context that tells the process.
import type { MessagePort } from 'node:worker_threads'
import type { App } from '../../app/app.ts'
import type { Context, Logger } from '../../app/context.ts'
import { unlistedEvent } from '../../app/errors.ts'
import type { AnyEvent } from '../../app/event.ts'
import { systemClock } from '../../process/clock.ts'
import { membersOf } from '../../process/log.ts'
import type { Report } from '../progress.ts'
import { type AbortReason, type Answer, type Call, type FromThread, pack, type ToThread, unpack } from './crossing.ts'
import { thrown } from './thrown.ts'

/** The process passes on two a second; a loop may report a million times. */
const progressEveryMs = 250

export type CallsOptions = {
  readonly port: MessagePort
  readonly app: App
  readonly resources: unknown
  readonly log: Logger
}

/** Says that it is ready, and runs what it is told. Resolves when it is told to end. */
export function handleCalls({ port, app, resources, log }: CallsOptions): Promise<void> {
  const tell = (said: FromThread): void => port.postMessage(said)
  let running: AbortController | undefined
  const run = async (call: Call): Promise<void> => {
    running = new AbortController()
    const said = await handle(call, { app, resources, log, tell, signal: running.signal })
    running = undefined
    tell(said)
  }
  const abort = (reason: AbortReason): void => {
    if (!running) return
    tell({ kind: 'aborting' }) // before what the handler does about it
    running.abort(reason.name === undefined ? reason.message : new DOMException(reason.message, reason.name))
  }
  return new Promise((resolve) => {
    port.on('message', (told: ToThread) => {
      if (told.kind === 'call') void run(told.call)
      else if (told.kind === 'abort') abort(told.reason)
      else resolve()
    })
    tell({ kind: 'ready' })
  })
}

/** A log whose lines the process writes. */
export function threadLog(port: MessagePort, bindings = ''): Logger {
  const at =
    (level: 'debug' | 'info' | 'warn' | 'error'): Logger['info'] =>
    (event, fields) => {
      const members = bindings + (fields === undefined ? '' : membersOf(fields))
      port.postMessage({ kind: 'logged', level, event, fields: members.slice(1) } satisfies FromThread)
    }
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => threadLog(port, bindings + membersOf(fields)),
  }
}

type Handling = Omit<CallsOptions, 'port'> & {
  readonly tell: (said: FromThread) => void
  readonly signal: AbortSignal
}

async function handle(
  { kind, name, input, context, bindings }: Call,
  { app, resources, log, tell, signal }: Handling,
): Promise<FromThread> {
  const sent: { readonly event: AnyEvent; readonly record: unknown }[] = []
  using progress = spaced((report) => tell({ kind: 'progressed', ...report }))
  const send: Context['send'] = (event, record) => void sent.push({ event, record })
  try {
    const handler = handlerOf(app, kind, name)
    const own = { signal, resources, send, progress: progress.report, log: log.child(bindings) }
    const output = await handler(unpack(input), { ...context, ...own })
    const places = sent.map(({ event, record }) => ({ event: placeOf(event, app), record }))
    return { kind: 'returned', answer: pack({ output, sent: places } satisfies Answer) }
  } catch (error) {
    return { kind: 'threw', error: thrown(error) }
  }
}

function placeOf(event: AnyEvent, { events }: App): number {
  const place = events.indexOf(event)
  if (place < 0) throw unlistedEvent(event.name)
  return place
}

function handlerOf(
  { requests, subscribers }: App,
  kind: Call['kind'],
  name: string,
): (input: unknown, context: Context) => Promise<unknown> {
  const declared = kind === 'request' ? requests[name] : subscribers[name]
  if (!declared) throw new TypeError(`the app as this thread has loaded it has no ${kind} "${name}"`)
  return declared.handler as (input: unknown, context: Context) => Promise<unknown>
}

/** Tells a report at most each so many ms, of those between the newest. The time is looked at, as a loop that never yields gives no timer a turn. */
function spaced(tell: (report: Report) => void): { report: Context['progress'] } & Disposable {
  let [lastMs, isOver] = [Number.NEGATIVE_INFINITY, false]
  let timer: Disposable | undefined
  const pass = (report: Report): void => {
    lastMs = systemClock.now()
    tell(report)
  }
  const report = (fraction: number, message?: string): void => {
    timer?.[Symbol.dispose]()
    if (isOver) return
    const said = { fraction, ...(message === undefined ? {} : { message }) }
    const waitMs = lastMs + progressEveryMs - systemClock.now()
    if (waitMs > 0) timer = systemClock.after(waitMs, () => pass(said))
    else pass(said)
  }
  const end = (): void => {
    isOver = true
    timer?.[Symbol.dispose]()
  }
  return { report, [Symbol.dispose]: end }
}
