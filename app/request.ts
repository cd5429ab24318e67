// A request type: input, result and the handler between them.
import type { Context, RequestHandler } from './context.ts'
import type { RecordType } from './record.ts'
import { defaultRetry, type RetryPolicy } from './retry.ts'

export type HandlingOptions = {
  /** How long one attempt may take, in milliseconds, before its signal aborts. Default 60,000. */
  readonly timeoutMs?: number
  /** What is left out of it is as in `defaultRetry`. */
  readonly retry?: Partial<RetryPolicy>
  /**
   * `thread`: for handlers that compute for longer than a moment. Each attempt has a worker thread to itself, so that a loop
   * holds up nothing else of its process, and one that does not yield at its timeout is ended with its thread. There are as
   * many threads as the machine has cores, shared by all such handlers. Each loads the app's module and opens its `resources`
   * anew; input, result and what is sent are copied, so they must be plain data. Default: in the process's own thread, for
   * handlers that mostly wait.
   */
  readonly isolate?: 'thread'
}

export type RequestOptions = HandlingOptions & {
  /** Whether clients may send an `orderingKey`: requests of one client and key are handled in order. Default false. */
  readonly orderingKey?: boolean
}

export type Request<Resources, Input = unknown, Result = unknown, InputInit = unknown, ResultInit = unknown> = {
  readonly kind: 'request'
  readonly input: RecordType<Input, InputInit>
  readonly result: RecordType<Result, ResultInit>
  readonly handler: (input: never, context: Context<Resources>) => Promise<unknown>
  readonly timeoutMs: number
  readonly retry: RetryPolicy
  readonly isolate?: 'thread'
  readonly orderingKey: boolean
}

/** What a declaration's options come to. */
export const handling = <Options extends HandlingOptions>({
  timeoutMs = 60_000,
  retry,
  ...rest
}: Options): Omit<Options, 'timeoutMs' | 'retry'> & { readonly timeoutMs: number; readonly retry: RetryPolicy } => ({
  ...rest,
  timeoutMs,
  retry: { ...defaultRetry, ...retry },
})

/**
 * Declares a request type. Its name is the key under which the app lists it. The records alone say what Input and Result
 * are; a handler of other types does not compile. What it returns may leave out fields that have a default.
 */
export function request<Input, Result, Resources = unknown, InputInit = Input, ResultInit = Result>(
  input: RecordType<Input, InputInit>,
  result: RecordType<Result, ResultInit>,
  handler: RequestHandler<NoInfer<Input>, NoInfer<ResultInit>, Resources>,
  options: RequestOptions = {},
): Request<Resources, Input, Result, InputInit, ResultInit> {
  return { kind: 'request', input, result, handler, orderingKey: false, ...handling(options) }
}
