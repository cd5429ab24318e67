// One attempt of a handler: its signal, its timeout, its grace. What ignores the signal loses its slot after the grace
// period, and its late result is discarded.
import type { Clock } from '../process/clock.ts'

export type AttemptEnd<T> =
  | { readonly kind: 'returned'; readonly value: T }
  | { readonly kind: 'threw'; readonly error: unknown }
  | { readonly kind: 'timedOut' }
  /** The outer signal aborted: the partition has moved or the process stops. Nothing may be concluded from it. */
  | { readonly kind: 'aborted' }

export type AttemptOptions = {
  readonly timeoutMs: number
  /** The message's own signal. */
  readonly signal: AbortSignal
  readonly clock: Clock
  /** What a handler gets to settle after its signal has aborted. Default 5,000. */
  readonly graceMs?: number
}

/** Runs `work` once. Never rejects. */
export async function attempt<T>(
  work: (signal: AbortSignal) => Promise<T>,
  { timeoutMs, signal: outer, clock, graceMs = 5_000 }: AttemptOptions,
): Promise<AttemptEnd<T>> {
  if (outer.aborted) return { kind: 'aborted' }
  const controller = new AbortController()
  let cut: 'timedOut' | 'aborted' | undefined
  const abandoned = Promise.withResolvers<void>()
  const timers: Disposable[] = []
  const abort = (why: 'timedOut' | 'aborted', reason: unknown): void => {
    if (cut) return
    cut = why
    controller.abort(reason)
    timers.push(clock.after(graceMs, abandoned.resolve))
  }
  const onOuterAbort = (): void => abort('aborted', outer.reason)
  timers.push(
    clock.after(timeoutMs, () =>
      abort('timedOut', new DOMException(`the attempt took longer than ${timeoutMs} ms`, 'TimeoutError')),
    ),
  )
  outer.addEventListener('abort', onOuterAbort, { once: true })
  const settled = (async () => work(controller.signal))().then(
    (value): AttemptEnd<T> => ({ kind: 'returned', value }),
    (error: unknown): AttemptEnd<T> => ({ kind: 'threw', error }),
  )
  try {
    const end = await Promise.race([settled, abandoned.promise])
    // A handler that was told to stop and threw, or did not settle, ended because of that; one that still returned did its work.
    return cut && end?.kind !== 'returned' ? { kind: cut } : end!
  } finally {
    outer.removeEventListener('abort', onOuterAbort)
    for (const timer of timers) timer[Symbol.dispose]()
  }
}
