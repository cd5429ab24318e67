// What a process opens it closes in reverse order, once, whichever signal asks first (I7).

/** Aborts at the first SIGINT or SIGTERM; a second one ends the process at once. Dispose it to stop listening. */
export function shutdownSignal(): { readonly signal: AbortSignal } & Disposable {
  const controller = new AbortController()
  const onSignal = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) process.exit(name === 'SIGINT' ? 130 : 143)
    controller.abort(name)
  }
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal)
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => void process.off('SIGINT', onSignal).off('SIGTERM', onSignal),
  }
}

/** Resolves when the signal has aborted. */
export const aborted = (signal: AbortSignal): Promise<void> =>
  signal.aborted
    ? Promise.resolve()
    : new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
