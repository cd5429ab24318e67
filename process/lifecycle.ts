// What a process opens it closes in reverse order, once, whichever signal asks first (I7).

/**
 * Aborts at the first SIGINT or SIGTERM, or when the parent that spawned this process with a channel is gone; a second
 * signal ends the process at once. Dispose it to stop listening.
 */
export function shutdownSignal(): { readonly signal: AbortSignal } & Disposable {
  const controller = new AbortController()
  const onSignal = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) process.exit(name === 'SIGINT' ? 130 : 143)
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
