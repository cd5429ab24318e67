// A request type: input, result and the handler between them.
import type { Context, RequestHandler } from './context.ts'
import type { RecordType } from './record.ts'

/** How often a handler is tried. Backoff between tries is exponential with full jitter, capped at a few seconds. */
export type RetryPolicy = {
  /** Tries in all, the first included. Default 5. */
  readonly attempts: number
}

export type HandlingOptions = {
  /** How long one attempt may take, in milliseconds, before its signal aborts. Default 60,000. */
  readonly timeoutMs?: number
  readonly retry?: RetryPolicy
}

export type RequestOptions = HandlingOptions & {
  /** Whether clients may send an `orderingKey`: requests of one client and key are handled in order. Default false. */
  readonly orderingKey?: boolean
}

export type Request<Resources, Input = unknown, Result = unknown> = {
  readonly kind: 'request'
  readonly input: RecordType<Input>
  readonly result: RecordType<Result>
  readonly handler: (input: never, context: Context<Resources>) => Promise<unknown>
  readonly timeoutMs: number
  readonly retry: RetryPolicy
  readonly orderingKey: boolean
}

export const handlingDefaults = { timeoutMs: 60_000, retry: { attempts: 5 } } as const satisfies HandlingOptions

/**
 * Declares a request type. Its name is the key under which the app lists it. The records alone say what Input and Result
 * are; a handler of other types does not compile.
 */
export function request<Input, Result, Resources = unknown>(
  input: RecordType<Input>,
  result: RecordType<Result>,
  handler: RequestHandler<NoInfer<Input>, NoInfer<Result>, Resources>,
  options: RequestOptions = {},
): Request<Resources, Input, Result> {
  return { kind: 'request', input, result, handler, orderingKey: false, ...handlingDefaults, ...options }
}
