// The handler threads of a process: at most `size`, all isolated handlers share them, each is started when it is first needed
// and kept. Who finds none free waits, first come first served. A thread that is given back while its handler still runs is
// ended, and another takes its place.
import type { Worker } from 'node:worker_threads'
import type { Logger } from '../../app/context.ts'
import { ErrandError } from '../../app/errors.ts'
import type { Clock } from '../../process/clock.ts'
import { HandlerThread } from './thread.ts'

export type ThreadsOptions = {
  /** Starts a thread that loads the app and calls `handleCalls`. */
  readonly start: () => Worker
  readonly size: number
  readonly logger: Logger
  readonly clock: Clock
}

/** A thread for one attempt; disposing gives it back. */
export type Taken = Pick<HandlerThread, 'run'> & Disposable

/** Loading the app and opening its resources may take so long. */
const startMs = 60_000

export class Threads implements AsyncDisposable {
  readonly #options: ThreadsOptions
  readonly #all = new Set<HandlerThread>()
  readonly #idle: HandlerThread[] = []
  readonly #waiting: (() => void)[] = []
  /** How many more may be taken. */
  #free: number
  #closed = false

  constructor(options: ThreadsOptions) {
    this.#options = options
    this.#free = options.size
  }

  get size(): number {
    return this.#options.size
  }

  /** Resolves with a thread when one is free; with undefined where the signal aborts first. Rejects where none can be started. */
  async take(signal: AbortSignal): Promise<Taken | undefined> {
    if (!(await this.#turn(signal))) return undefined
    try {
      const thread = this.#idleOne() ?? (await this.#started())
      return { run: (call, options) => thread.run(call, options), [Symbol.dispose]: () => this.#giveBack(thread) }
    } catch (error) {
      this.#freeOne()
      throw error
    }
  }

  /** Ends all of them: idle ones dispose their resources first. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#all].map((thread) => thread.close()))
  }

  #turn(signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return Promise.resolve(false)
    if (this.#free > 0) {
      this.#free -= 1
      return Promise.resolve(true)
    }
    return new Promise((resolve) => {
      const go = (): void => {
        signal.removeEventListener('abort', giveUp)
        resolve(true)
      }
      const giveUp = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(go), 1)
        resolve(false)
      }
      signal.addEventListener('abort', giveUp, { once: true })
      this.#waiting.push(go)
    })
  }

  #freeOne(): void {
    const next = this.#waiting.shift()
    if (next) next()
    else this.#free += 1
  }

  /** One may have ended by itself meanwhile. */
  #idleOne(): HandlerThread | undefined {
    for (let thread = this.#idle.pop(); thread; thread = this.#idle.pop()) if (thread.idle) return thread
    return undefined
  }

  async #started(): Promise<HandlerThread> {
    if (this.#closed) throw new ErrandError('threads-closed', 'no handler thread is started while the process stops')
    const { start, logger, clock } = this.#options
    const thread = new HandlerThread(start(), { logger, clock })
    this.#all.add(thread)
    void thread.ended.then(() => this.#all.delete(thread))
    using _ = clock.after(startMs, () => void thread.terminate(`it was not ready within ${startMs} ms`))
    await thread.started
    return thread
  }

  #giveBack(thread: HandlerThread): void {
    if (thread.idle) {
      this.#idle.push(thread)
      this.#freeOne()
    } else void thread.terminate('its handler still runs after its attempt').then(() => this.#freeOne())
  }
}
