// What crosses between the process's own thread and a handler thread: one call at a time, what the handler tells meanwhile,
// and how it ended. Values travel in V8's own form, which, unlike structured clone, leaves a Buffer a Buffer.
import { deserialize, serialize } from 'node:v8'
import type { Context, Logger } from '../../app/context.ts'
import { ErrandError } from '../../app/errors.ts'
import type { Report } from '../progress.ts'
import type { Thrown } from './thrown.ts'

/** Which handler of the app. */
export type HandlerName = { readonly kind: 'request' | 'subscriber'; readonly name: string }

export type Call = HandlerName & {
  /** Packed. */
  readonly input: Uint8Array
  readonly context: Pick<Context, 'id' | 'key' | 'attempt' | 'run' | 'headers'>
  /** Stand on every line that the handler logs. */
  readonly bindings: { readonly group: string; readonly id: string; readonly attempt: number }
}

/** What a handler returned, and what it sent: each event by its place among the app's. */
export type Answer = {
  readonly output: unknown
  readonly sent: readonly { readonly event: number; readonly record: unknown }[]
}

/** A DOMException's name goes with it, so that handlers can tell a timeout from the rest. */
export type AbortReason = { readonly name?: string; readonly message: string }

export type ToThread =
  | { readonly kind: 'call'; readonly call: Call }
  | { readonly kind: 'abort'; readonly reason: AbortReason }
  /** Dispose the resources and end. */
  | { readonly kind: 'end' }

export type FromThread =
  /** The app is loaded and its resources are open. */
  | { readonly kind: 'ready' }
  /** The thread has heard of the abort, so its handler yields. */
  | { readonly kind: 'aborting' }
  | ({ readonly kind: 'progressed' } & Report)
  /** `fields` are the members of a line, as text. */
  | {
      readonly kind: 'logged'
      readonly level: keyof Omit<Logger, 'child'>
      readonly event: string
      readonly fields: string
    }
  /** `answer` is packed. */
  | { readonly kind: 'returned'; readonly answer: Uint8Array }
  | { readonly kind: 'threw'; readonly error: Thrown }

/** Plain data keep their kind: Buffers, typed arrays, bigints, Dates, Maps, Sets. Throws `not-cloneable` for what is none. */
export function pack(value: unknown): Uint8Array {
  try {
    return serialize(value)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new ErrandError('not-cloneable', `what a handler thread returns and sends must be plain data: ${why}`, {
      cause,
    })
  }
}

export const unpack = (bytes: Uint8Array): unknown => deserialize(bytes)
