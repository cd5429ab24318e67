// What a receiver's answer means (Standard Webhooks, "Delivery success and failure"). Pure.
import type { PostOutcome } from './post.ts'

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
