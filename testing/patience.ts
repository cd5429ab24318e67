// Real time for handlers: a handler that reads a file takes real time, and virtual time must not run past its timeout
// meanwhile; one that hangs must not hold virtual time for ever. So time stands still while a handler is young, in real time,
// and does not itself wait for virtual time.
import { AsyncLocalStorage } from 'node:async_hooks'
import type { App } from '../app/app.ts'
import type { Context } from '../app/context.ts'
import { type Clock, systemClock } from '../process/clock.ts'

/** How long virtual time waits for one handler, in real ms. */
const patienceMs = 250

type Handler = (input: never, context: Context<never>) => Promise<unknown>

/** A handler that runs. */
type Call = { readonly startedMs: number; waits: number }

export class Patience {
  readonly #calls = new Set<Call>()
  readonly #current = new AsyncLocalStorage<Call>()

  /** Whether a handler may be doing something in real time. */
  get isWaiting(): boolean {
    const youngMs = systemClock.now() - patienceMs
    return [...this.#calls].some(({ startedMs, waits }) => startedMs > youngMs && waits === 0)
  }

  /** Whether no handler runs at all. */
  get isIdle(): boolean {
    return this.#calls.size === 0
  }

  /** The app, its handlers watched. */
  watch<Resources>(app: App<Resources>): App<Resources> {
    const watched = <T extends { readonly handler: Handler }>(all: Readonly<Record<string, T>>): Record<string, T> =>
      Object.fromEntries(
        Object.entries(all).map(([name, each]) => [name, { ...each, handler: this.#watched(each.handler) }]),
      )
    return {
      ...app,
      requests: watched(app.requests),
      subscribers: watched(app.subscribers) as App<Resources>['subscribers'],
    }
  }

  /** The clock, for handlers to sleep by. */
  clock(clock: Clock): Clock {
    return { ...clock, sleep: (delayMs, signal) => this.virtual(clock.sleep(delayMs, signal)) }
  }

  /** The handler that waits for this waits for virtual time. */
  async virtual<T>(waiting: Promise<T>): Promise<T> {
    const call = this.#current.getStore() ?? { waits: 0 }
    call.waits += 1
    return waiting.finally(() => {
      call.waits -= 1
    })
  }

  #watched(handler: Handler): Handler {
    return async (input, context) => {
      const call = { startedMs: systemClock.now(), waits: 0 }
      this.#calls.add(call)
      try {
        return await this.#current.run(call, () => handler(input, context))
      } finally {
        this.#calls.delete(call)
      }
    }
  }
}
