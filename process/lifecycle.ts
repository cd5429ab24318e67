// How a process is told to stop: by signals, or by the end of its parent. What stopping means is the program's (I7).
import { systemClock } from './clock.ts'

/** Two signals so close are one Ctrl-C. */
const sameMs = 500

/**
 * Aborts at the first SIGINT or SIGTERM, or when the parent that spawned this process with a channel is gone; a second
 * signal ends the process at once, unless it comes with the first: npm passes on to us what the terminal has sent us too.
 * Dispose it to stop listening.
 */
export function shutdownSignal(): { readonly signal: AbortSignal } & Disposable {
  const controller = new AbortController()
  let firstMs = 0
  const onSignal = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted && systemClock.now() - firstMs < sameMs) return
    if (controller.signal.aborted) process.exit(name === 'SIGINT' ? 130 : 143)
    firstMs = systemClock.now()
    controller.abort(name)
  }
  const onOrphaned = (): void => controller.abort('the parent is gone')
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal).on('disconnect', onOrphaned)
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => void process.off('SIGINT', onSignal).off('SIGTERM', onSignal).off('disconnect', onOrphaned),
  }
}

/** Resolves when the signal has aborted. */
export const aborted = (signal: AbortSignal): Promise<void> =>
  signal.aborted
    ? Promise.resolve()
    : new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
