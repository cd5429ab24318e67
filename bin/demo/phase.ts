// Shows how far a phase of the demo is, and waits for it: a bar on a terminal, else a line every few seconds.
import { progress } from '../progress.ts'

export type Phase = {
  readonly title: string
  readonly total: number
  /** How much is done now. */
  readonly count: () => number | Promise<number>
  /** Gives up when the count has not grown for so long, ms. */
  readonly patienceMs: number
  readonly signal: AbortSignal
}

/** Resolves when the count has reached the total, or has stopped growing: the caller compares. */
export async function follow({ title, total, count, patienceMs, signal }: Phase): Promise<void> {
  using shown = progress({ total })
  let best = 0
  let grewMs = performance.now()
  while (best < total && performance.now() - grewMs < patienceMs) {
    signal.throwIfAborted()
    const now = await count()
    if (now > best) grewMs = performance.now()
    best = Math.max(best, now)
    shown.update(best, `${Math.min(best, total)}/${total} ${title}`)
    if (best < total) await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
