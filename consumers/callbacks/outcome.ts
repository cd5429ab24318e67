// What became of an attempt, and what a receiver's answer means (Standard Webhooks, "Delivery success and failure"). Pure.

/** Reasons are short and for the client: they tell what its receiver did, nothing of ours. */
export type PostOutcome =
  /** 2xx. */
  | { readonly kind: 'delivered'; readonly statusCode: number }
  /** Worth another attempt. `retryAfterMs` is what the receiver asked for. */
  | { readonly kind: 'failed'; readonly reason: string; readonly statusCode?: number; readonly retryAfterMs?: number }
  /** 410: the receiver wants no more callbacks here (Standard Webhooks, "Delivery success and failure"). */
  | { readonly kind: 'gone' }
  /** The policy does not let us call there. */
  | { readonly kind: 'blocked'; readonly reason: string }
  /** Not sent: the receiver has as many under way as it may. In so long it would be this one's turn. */
  | { readonly kind: 'crowded'; readonly afterMs: number }

/** Whether the receiver has said anything. */
export const hasAnswered = (outcome: PostOutcome | undefined): boolean =>
  outcome?.kind === 'failed' ? outcome.statusCode !== undefined : outcome !== undefined

/** What an answer with this status comes to. */
export function judgeAnswer(statusCode: number, nowMs: number, retryAfter?: string | string[]): PostOutcome {
  if (statusCode < 300) return { kind: 'delivered', statusCode }
  if (statusCode === 410) return { kind: 'gone' }
  const reason = `the receiver answered ${statusCode}${statusCode < 400 ? ', a redirect, which is not followed' : ''}`
  const retryAfterMs = parseRetryAfter(String(retryAfter ?? ''), nowMs)
  return { kind: 'failed', reason, statusCode, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }
}

/** `Retry-After` (RFC 9110, 10.2.3): seconds or an HTTP date; undefined where it is neither. */
export function parseRetryAfter(text: string, nowMs: number): number | undefined {
  const afterMs = /^\d+$/.test(text)
    ? Number(text) * 1_000
    : /^\w{3}, .* GMT$/.test(text)
      ? Date.parse(text) - nowMs
      : NaN
  return Number.isNaN(afterMs) ? undefined : Math.max(afterMs, 0)
}
