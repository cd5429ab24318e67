// A request as its client sees it.
import type { RequestResource } from '../api/resource.ts'

/** A value in the form that HTTP has it: times, bytes and bigints are text. */
export type InJson<T> = T extends Date | Buffer | bigint
  ? string
  : T extends object
    ? { readonly [Key in keyof T]: InJson<T[Key]> }
    : T

/** A callback as the client has received it. */
export type ReceivedBody<Result = unknown> = {
  /** `<request type>.succeeded`, `.failed`, `.expired` */
  readonly type: string
  readonly timestamp: string
  readonly data: {
    readonly id: string
    readonly run: number
    readonly type: string
    readonly reference?: string
    readonly status: string
    readonly result?: InJson<Result>
    readonly error?: { readonly code: string; readonly message: string; readonly details?: unknown }
    readonly links: { readonly self: string }
  }
}

/** A callback as it comes to the client's receiver. */
export type IncomingCallback = {
  /** 1 is the first. */
  readonly attempt: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: ReceivedBody
}

/** A request that was accepted. */
export type Sent<Result = unknown> = {
  readonly id: string
  /** The bodies of its callbacks that the receiver has taken so far. After a crash the same body may have come again. */
  readonly callbacks: readonly ReceivedBody<Result>[]
  /** What `GET /v1/requests/{id}` would answer. */
  resource(): Promise<RequestResource>
}
