// A clock whose time moves only when a test says so.
import { setImmediate as turn } from 'node:timers/promises'
import type { Clock } from '../process/clock.ts'

export type ManualClock = Clock & {
  /**
   * Moves the time on by `byMs` and wakes whoever is due, in the order of their times (first come first served among
   * equals), each at exactly its own time. After each the event loop turns once, so what it set going runs before the next
   * is woken, and may itself wait and be woken within the same call. Resolves when the whole time has passed.
   */
  advance(byMs: number): Promise<void>
  /** Moves on to the time at which somebody is due next, and wakes all who are due then. False where nobody waits. */
  advanceToNext(): Promise<boolean>
  /**
   * Moves on to the time at which somebody is due who waits for longer than `shortMs`; whoever waits for less is woken then,
   * late, and once. For times at which those who wait for little find nothing to do whenever they wake. False where nobody does.
   */
  leap(shortMs: number): Promise<boolean>
}

type Waiting = { readonly dueMs: number; readonly delayMs: number; readonly wake: () => void; isOver: boolean }

/** A clock that stands at `startMs` (ms since the epoch; default 0). */
export function manualClock(startMs = 0): ManualClock {
  const waiting = new Agenda()
  let nowMs = startMs
  let untilMs = startMs

  const after = (delayMs: number, action: () => void): Disposable => {
    const timer: Waiting = { dueMs: nowMs + Math.max(0, delayMs), delayMs, wake: action, isOver: false }
    waiting.add(timer)
    return {
      [Symbol.dispose]: () => {
        timer.isOver = true
      },
    }
  }

  const sleep = (delayMs: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const onAbort = (): void => {
        timer[Symbol.dispose]()
        reject(signal?.reason)
      }
      const timer = after(delayMs, () => {
        signal?.removeEventListener('abort', onAbort)
        resolve()
      })
      signal?.addEventListener('abort', onAbort, { once: true })
    })

  const next = (): Waiting | undefined => {
    const first = waiting.first
    return first && first.dueMs <= untilMs ? waiting.take() : undefined
  }

  const advance = async (byMs: number): Promise<void> => {
    if (!(byMs >= 0)) throw new RangeError(`time does not move by ${byMs} ms`)
    untilMs += byMs
    await turn()
    for (let due = next(); due; due = next()) {
      nowMs = Math.max(nowMs, due.dueMs)
      due.isOver = true
      due.wake()
      await turn()
    }
    nowMs = untilMs
  }

  const advanceToNext = async (): Promise<boolean> => {
    const first = waiting.first
    if (!first) return false
    await advance(Math.max(0, first.dueMs - nowMs))
    return true
  }

  const leap = async (shortMs: number): Promise<boolean> => {
    const dueMs = waiting.earliest(({ delayMs }) => delayMs > shortMs)
    if (dueMs === undefined) return false
    nowMs = Math.max(nowMs, dueMs)
    untilMs = nowMs
    await advance(0)
    return true
  }

  return { now: () => nowMs, sleep, after, advance, advanceToNext, leap }
}

type Place = { readonly waiting: Waiting; readonly number: number }

const isBefore = (one: Place, other: Place): boolean =>
  one.waiting.dueMs < other.waiting.dueMs || (one.waiting.dueMs === other.waiting.dueMs && one.number < other.number)

/** Who waits, by their times and then as they came: a binary heap, for there may be ten thousands. */
class Agenda {
  readonly #heap: Place[] = []
  #came = 0

  get first(): Waiting | undefined {
    while (this.#heap[0]?.waiting.isOver) this.#pop()
    return this.#heap[0]?.waiting
  }

  add(waiting: Waiting): void {
    const place = { waiting, number: ++this.#came }
    let at = this.#heap.push(place) - 1
    for (let above = (at - 1) >> 1; at > 0 && isBefore(place, this.#heap[above]!); above = (at - 1) >> 1) {
      this.#heap[at] = this.#heap[above]!
      at = above
    }
    this.#heap[at] = place
  }

  /** When the first of these is due. */
  earliest(isMeant: (waiting: Waiting) => boolean): number | undefined {
    const meant = this.#heap.filter(({ waiting }) => !waiting.isOver && isMeant(waiting))
    return meant.length === 0 ? undefined : Math.min(...meant.map(({ waiting }) => waiting.dueMs))
  }

  take(): Waiting | undefined {
    return this.first && this.#pop()?.waiting
  }

  #pop(): Place | undefined {
    const [top, last] = [this.#heap[0], this.#heap.pop()]
    if (!last || this.#heap.length === 0) return top
    let at = 0
    for (;;) {
      const [left, right] = [2 * at + 1, 2 * at + 2]
      const below = right < this.#heap.length && isBefore(this.#heap[right]!, this.#heap[left]!) ? right : left
      if (below >= this.#heap.length || !isBefore(this.#heap[below]!, last)) break
      this.#heap[at] = this.#heap[below]!
      at = below
    }
    this.#heap[at] = last
    return top
  }
}
