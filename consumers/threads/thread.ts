// A handler thread as its process sees it: one worker thread, which runs one handler at a time.
//
//   starting ─ready▶ idle ─run▶ running ─returned, threw▶ idle
//       └────────────┴────────────┴─ exit, or terminated ▶ ended: what runs fails, and the process goes on
import type { Worker } from 'node:worker_threads'
import type { Logger } from '../../app/context.ts'
import { ErrandError } from '../../app/errors.ts'
import type { Clock } from '../../process/clock.ts'
import type { Report } from '../progress.ts'
import { within } from '../within.ts'
import { type AbortReason, type Answer, type Call, type FromThread, type ToThread, unpack } from './crossing.ts'
import { revived } from './thrown.ts'

/** What a thread gets to hear of an abort. One that has not by then is in a loop that never yields. */
const heedMs = 1_000
/** What an idle one gets to dispose its resources. */
const endMs = 2_000

export type RunOptions = { readonly signal: AbortSignal; readonly onProgress: (report: Report) => void }

type Running = {
  readonly call: Call
  readonly onProgress: (report: Report) => void
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: unknown) => void
  /** Runs while it is not known whether an abort was heard. */
  unheard?: Disposable
}

export class HandlerThread {
  /** Resolves when it can run handlers; rejects where it has ended before. */
  readonly started: Promise<void>
  readonly ended: Promise<void>
  readonly #worker: Worker
  readonly #logger: Logger
  readonly #clock: Clock
  readonly #ready = Promise.withResolvers<void>()
  #running: Running | undefined
  #uncaught: unknown
  /** Why it was ended, if it did not end by itself. */
  #why: string | undefined
  #state: 'starting' | 'started' | 'ending' | 'ended' = 'starting'

  constructor(worker: Worker, { logger, clock }: { readonly logger: Logger; readonly clock: Clock }) {
    this.#worker = worker
    this.#logger = logger
    this.#clock = clock
    this.started = this.#ready.promise
    this.started.catch(() => undefined) // it is told to whoever waits for it
    worker.on('message', (said: FromThread) => this.#hear(said))
    worker.on('error', (error) => {
      this.#uncaught = error
    })
    this.ended = new Promise((resolve) => {
      worker.once('exit', (code) => {
        this.#end(code)
        resolve()
      })
    })
  }

  /** Whether it could run something now. */
  get idle(): boolean {
    return this.#state === 'started' && !this.#running
  }

  /** Runs a handler; rejects with what it throws, or with `thread-ended`. A thread that does not heed the signal is ended. */
  run(call: Call, { signal, onProgress }: RunOptions): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    this.#running = { call, onProgress, resolve, reject }
    this.#tell({ kind: 'call', call })
    signal.addEventListener('abort', () => this.#abort(call, signal.reason), { once: true })
    return promise
  }

  /** Ends it, whatever it does; resolves when it has ended. */
  terminate(why: string): Promise<void> {
    if (this.#running && this.#state === 'started')
      this.#logger.warn('thread.terminated', { ...this.#running.call.bindings, why })
    if (this.#state !== 'ended') this.#state = 'ending'
    this.#why ??= why
    this.#worker.terminate().catch((error: unknown) => this.#logger.error('thread.notTerminated', { error }))
    return this.ended
  }

  /** Lets an idle one dispose its resources, and ends it. */
  async close(): Promise<void> {
    if (this.idle) {
      this.#state = 'ending'
      this.#tell({ kind: 'end' })
      await within(this.ended, endMs, this.#clock)
    }
    await this.terminate('the process stops')
  }

  #tell(message: ToThread): void {
    this.#worker.postMessage(message)
  }

  #abort(call: Call, reason: unknown): void {
    const running = this.#running
    if (running?.call !== call) return
    this.#tell({ kind: 'abort', reason: tellable(reason) })
    running.unheard = this.#clock.after(
      heedMs,
      () => void this.terminate('its handler did not yield when its signal aborted'),
    )
  }

  #hear(said: FromThread): void {
    switch (said.kind) {
      case 'ready':
        if (this.#state === 'starting') this.#state = 'started'
        this.#ready.resolve()
        break
      case 'aborting':
        this.#running?.unheard?.[Symbol.dispose]()
        break
      case 'progressed':
        this.#running?.onProgress(said)
        break
      case 'logged':
        this.#logger[said.level](said.event, JSON.parse(`{${said.fields}}`))
        break
      case 'returned':
        this.#settle()?.resolve(unpack(said.answer) as Answer)
        break
      case 'threw':
        this.#settle()?.reject(revived(said.error))
        break
      default:
        said satisfies never
    }
  }

  #settle(): Running | undefined {
    const running = this.#running
    this.#running = undefined
    running?.unheard?.[Symbol.dispose]()
    return running
  }

  #end(exitCode: number): void {
    const [before, running] = [this.#state, this.#settle()]
    this.#state = 'ended'
    const error = threadEnded(this.#why ?? whyEnded(exitCode, this.#uncaught), this.#uncaught)
    if (before === 'started') this.#logger.error('thread.ended', { ...running?.call.bindings, error })
    running?.reject(error)
    this.#ready.reject(error)
  }
}

const tellable = (reason: unknown): AbortReason =>
  reason instanceof Error ? { name: reason.name, message: reason.message } : { message: String(reason) }

const threadEnded = (why: string, uncaught: unknown): ErrandError =>
  new ErrandError('thread-ended', `the handler's thread ended: ${why}`, { cause: uncaught })

function whyEnded(exitCode: number, uncaught: unknown): string {
  if (uncaught === undefined)
    return `something in it called process.exit, and its exit code is ${exitCode}; a handler throws to fail`
  const { code, stack } = uncaught as { readonly code?: unknown; readonly stack?: unknown }
  if (code === 'ERR_WORKER_OUT_OF_MEMORY')
    return 'it ran out of memory (a heap as large as --max-old-space-size allows)'
  return `nobody caught ${stack ?? uncaught}`
}
