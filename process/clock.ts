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

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (delayMs, signal) => sleep(delayMs, undefined, signal ? { signal } : {}),
  after: (delayMs, action) => {
    const timer = setTimeout(action, delayMs).unref()
    return { [Symbol.dispose]: () => clearTimeout(timer) }
  },
}
