// A subscriber: one consumer group on one event, with a pace, retries and dead letters of its own.
import type { Context, EventHandler } from './context.ts'
import type { AnyEvent, EventSource } from './event.ts'
import { type HandlingOptions, handling } from './request.ts'
import type { RetryPolicy } from './retry.ts'

/** Where a subscriber that has never run begins: at the oldest record kept, or with what comes after it has joined. */
export type StartPosition = 'earliest' | 'latest'

export type SubscriberOptions = HandlingOptions & {
  /** Applies only where the group has no position. Default `latest`. */
  readonly from?: StartPosition
  /** A consumer group that exists already, by its name as it is: this subscriber goes on where its consumer stopped. */
  readonly group?: string
}

export type Subscriber<Resources> = {
  readonly kind: 'subscriber'
  readonly event: AnyEvent
  readonly handler: (record: never, context: Context<Resources>) => Promise<void>
  readonly from: StartPosition
  readonly group?: string
  readonly timeoutMs: number
  readonly retry: RetryPolicy
  readonly isolate?: 'thread'
}

/** Declares a subscriber. Its name is the key under which the app lists it; its group is `subscribers.<name>` unless one is given. */
export function subscriber<T, Resources = unknown>(
  event: EventSource<T>,
  handler: EventHandler<NoInfer<T>, Resources>,
  options: SubscriberOptions = {},
): Subscriber<Resources> {
  return { kind: 'subscriber', event, handler, from: 'latest', ...handling(options) }
}
