// Waits for views to change. Writes by this process wake at once; those of others are noticed by one look at the file's
// data_version for all waiters together, which goes on only while somebody waits.
import type { Clock } from '../../process/clock.ts'
import type { RequestView } from '../store.ts'

const pollMs = 30

/** What is watched. `version` differs after another connection has written. */
export type Watched = {
  readonly version: () => number
  readonly revision: (id: string) => number
  readonly read: (id: string) => RequestView | undefined
}

type Waiter = {
  readonly revision: number
  /** Ends the wait with the view as it is now. */
  readonly settle: () => void
  readonly fail: (error: unknown) => void
}

export class Watch {
  readonly #watched: Watched
  readonly #clock: Clock
  readonly #waiters = new Map<string, Set<Waiter>>()
  #seenVersion = 0
  #poll: Disposable | undefined

  constructor(watched: Watched, clock: Clock) {
    this.#watched = watched
    this.#clock = clock
  }

  /** See Store.changed. */
  async changed(id: string, revision: number, signal: AbortSignal): Promise<RequestView | undefined> {
    const { version, revision: revisionOf, read } = this.#watched
    // Before the look at the view, so that no write can fall between the two.
    if (!this.#poll) this.#seenVersion = version()
    if (signal.aborted || revisionOf(id) !== revision) return read(id)

    const { promise, resolve, reject } = Promise.withResolvers<RequestView | undefined>()
    const settle = (): void => {
      try {
        resolve(read(id))
      } catch (error) {
        reject(error)
      }
    }
    const waiter = { revision, settle, fail: reject }
    this.#add(id, waiter)
    signal.addEventListener('abort', settle, { once: true })
    try {
      return await promise
    } finally {
      signal.removeEventListener('abort', settle)
      this.#remove(id, waiter)
    }
  }

  /** Ends the waits for those of the ids whose view has another revision now. */
  wake(ids: Iterable<string>): void {
    for (const id of ids) {
      const waiters = this.#waiters.get(id)
      if (!waiters) continue
      const revision = this.#watched.revision(id)
      for (const waiter of waiters) if (waiter.revision !== revision) waiter.settle()
    }
  }

  /** Ends every wait. Call it while the views can still be read. */
  close(): void {
    for (const waiters of this.#waiters.values()) for (const { settle } of waiters) settle()
  }

  #add(id: string, waiter: Waiter): void {
    const waiters = this.#waiters.get(id)
    if (waiters) waiters.add(waiter)
    else this.#waiters.set(id, new Set([waiter]))
    if (!this.#poll) this.#pollAfter(pollMs)
  }

  #remove(id: string, waiter: Waiter): void {
    const waiters = this.#waiters.get(id)
    waiters?.delete(waiter)
    if (waiters?.size === 0) this.#waiters.delete(id)
    if (this.#waiters.size > 0) return
    this.#poll?.[Symbol.dispose]()
    this.#poll = undefined
  }

  #pollAfter(delayMs: number): void {
    this.#poll = this.#clock.after(delayMs, () => this.#look())
  }

  #look(): void {
    const startedMs = this.#clock.now()
    try {
      const version = this.#watched.version()
      if (version !== this.#seenVersion) this.wake(this.#waiters.keys())
      this.#seenVersion = version
    } catch (error) {
      for (const waiters of this.#waiters.values()) for (const { fail } of waiters) fail(error)
    }
    // However many wait, looking takes a tenth of the time at most.
    this.#pollAfter(Math.max(pollMs, 9 * (this.#clock.now() - startedMs)))
  }
}
