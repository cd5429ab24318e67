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
}

type Waiting = { readonly dueMs: number; readonly wake: () => void }

/** A clock that stands at `startMs` (ms since the epoch; default 0). */
export function manualClock(startMs = 0): ManualClock {
  const waiting = new Set<Waiting>() // in the order in which they came
  let nowMs = startMs
  let untilMs = startMs

  const after = (delayMs: number, action: () => void): Disposable => {
    const timer: Waiting = { dueMs: nowMs + Math.max(0, delayMs), wake: action }
    waiting.add(timer)
    return { [Symbol.dispose]: () => void waiting.delete(timer) }
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
    const due = [...waiting].filter(({ dueMs }) => dueMs <= untilMs)
    const firstMs = Math.min(...due.map(({ dueMs }) => dueMs))
    return due.find(({ dueMs }) => dueMs === firstMs)
  }

  const advance = async (byMs: number): Promise<void> => {
    if (!(byMs >= 0)) throw new RangeError(`time does not move by ${byMs} ms`)
    untilMs += byMs
    await turn()
    for (let due = next(); due; due = next()) {
      nowMs = due.dueMs
      waiting.delete(due)
      due.wake()
      await turn()
    }
    nowMs = untilMs
  }

  const advanceToNext = async (): Promise<boolean> => {
    if (waiting.size === 0) return false
    await advance(Math.max(0, Math.min(...[...waiting].map(({ dueMs }) => dueMs)) - nowMs))
    return true
  }

  return { now: () => nowMs, sleep, after, advance, advanceToNext }
}
