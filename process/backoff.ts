// Exponential backoff with full jitter (AWS Architecture Blog, "Exponential Backoff And Jitter").
import { chance } from './chance.ts'

export type BackoffOptions = { readonly baseMs?: number; readonly capMs?: number; readonly random?: () => number }

/** Milliseconds to wait after failed attempt number `attempt` (1 is the first): between 0 and min(cap, base · 2^(attempt−1)). */
export const backoffMs = (
  attempt: number,
  { baseMs = 200, capMs = 5_000, random = chance }: BackoffOptions = {},
): number => Math.round(random() * Math.min(capMs, baseMs * 2 ** Math.min(attempt - 1, 52)))
