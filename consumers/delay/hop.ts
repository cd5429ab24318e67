// What is next for a record that waits in a tier. All of a tier wait equally long, so that it is first in, first out: whoever
// waits for its head waits for all. Then a record hops to the next tier, and where too little is left for that it waits for its
// time and is released. Never early. Pure.
//
//   12h ──▶ 2h ──▶ … ──▶ 4s ──▶ 1s ──▶ (in memory, under 1.5 s) ──▶ its destination
//
// What is left shrinks with every hop, so it comes to an end wherever it began.
import { shortMs, type Tier, tierFor } from '../../kafka/tiers.ts'

export type Waits = {
  /** When it was appended to its tier, as the broker has stamped it. */
  readonly sinceMs: number
  readonly tier: Tier
  readonly dueMs: number
}

export type Next =
  | { readonly kind: 'wait'; readonly untilMs: number }
  | { readonly kind: 'hop'; readonly tier: Tier }
  | { readonly kind: 'release' }

export function nextOf({ sinceMs, tier, dueMs }: Waits, nowMs: number): Next {
  const goesOnMs = sinceMs + tier.waitMs
  if (dueMs - Math.max(goesOnMs, nowMs) < shortMs)
    return nowMs >= dueMs ? { kind: 'release' } : { kind: 'wait', untilMs: dueMs }
  return nowMs >= goesOnMs ? { kind: 'hop', tier: tierFor(dueMs - nowMs) } : { kind: 'wait', untilMs: goesOnMs }
}
