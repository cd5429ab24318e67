// Watches the event loop of its process: what computes for longer than a second holds up every handler, every commit and,
// in the end, the heartbeats. It names the handler where it can.
//
//   known      its synchronous part, up to its first `await`, took that long
//   suspected  it went on after an `await`: one of those that ended in that turn, or still run
import { performance } from 'node:perf_hooks' // the global is the browser's where an app's types have those
import type { Context, Logger } from '../app/context.ts'

/** An attempt, as the log names it. */
export type Attempted = Pick<Context, 'id' | 'attempt'> & { readonly group: string }

const limitMs = 1_000
const everyMs = 250
const maxSuspects = 20

const why =
  "nothing else of this process went on meanwhile; declare a handler that computes with isolate: 'thread', or let it await now and then"

export class LoopWatch {
  readonly #logger: Logger
  #known: (Attempted & { readonly blockedMs: number })[] = []
  #ended: Attempted[] = []
  #tickedMs = performance.now()
  #used = performance.eventLoopUtilization()

  constructor({ logger }: { readonly logger: Logger }) {
    this.#logger = logger
  }

  /** Looks from now on. `running` tells of the attempts that run, asked only when the loop was blocked. */
  start(running: () => readonly Attempted[]): Disposable {
    this.#next()
    const timer = setInterval(() => this.#tick(running), everyMs).unref()
    return { [Symbol.dispose]: () => clearInterval(timer) }
  }

  /** A handler has come to its first `await`, and took this long. */
  paused(group: string, { id, attempt }: Context, tookMs: number): void {
    if (tookMs > limitMs) this.#known.push({ group, id, attempt, blockedMs: Math.round(tookMs) })
  }

  /** A handler has ended. */
  ended(group: string, { id, attempt }: Context): void {
    if (this.#lateMs() > limitMs && this.#ended.length < maxSuspects) this.#ended.push({ group, id, attempt })
  }

  #lateMs(): number {
    return performance.now() - this.#tickedMs - everyMs
  }

  #tick(running: () => readonly Attempted[]): void {
    // A machine that slept was idle: its clock may have gone on, the loop was not blocked.
    const activeMs = performance.eventLoopUtilization(this.#used).active
    const blockedMs = Math.round(Math.min(this.#lateMs(), activeMs))
    if (blockedMs > limitMs || this.#known.length > 0) this.#say(blockedMs, running)
    this.#next()
  }

  #say(blockedMs: number, running: () => readonly Attempted[]): void {
    for (const known of this.#known) this.#logger.warn('eventLoop.blocked', { ...known, why })
    if (this.#known.length > 0) return
    const oneOf = [...this.#ended, ...running()].slice(0, maxSuspects)
    this.#logger.warn('eventLoop.blocked', { blockedMs, oneOf, why })
  }

  #next(): void {
    this.#known = []
    this.#ended = []
    this.#tickedMs = performance.now()
    this.#used = performance.eventLoopUtilization()
  }
}
