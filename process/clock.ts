// The time, injected: whatever waits or stamps takes a Clock, so that tests own the time.
import { setTimeout as sleep } from 'node:timers/promises'

export type Clock = {
  /** Milliseconds since the epoch. */
  now(): number
  /** Resolves after `delayMs`; rejects with the signal's reason when it aborts, and leaves no listener behind. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>
  /** Calls `action` once after `delayMs`, unless disposed before. Does not keep the process alive. */
  after(delayMs: number, action: () => void): Disposable
}

/** The longest delay that Node's timers take; a longer one would end at once. */
const longestMs = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: async (delayMs, signal) => {
    for (let leftMs = delayMs; ; leftMs -= longestMs) {
      const turn = sleep(Math.min(leftMs, longestMs), undefined, signal && { signal })
      await turn.catch(() => signal?.throwIfAborted()) // Node's own error has the reason only as its cause
      if (leftMs <= longestMs) return
    }
  },
  after: (delayMs, action) => {
    let timer: NodeJS.Timeout
    const wait = (leftMs: number): void => {
      const end = leftMs > longestMs ? () => wait(leftMs - longestMs) : action
      timer = setTimeout(end, Math.min(leftMs, longestMs)).unref()
    }
    wait(delayMs)
    return { [Symbol.dispose]: () => clearTimeout(timer) }
  },
}
