// A request as its client sees it.
import type { RequestResource } from '../api/resource.ts'

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
    /** In the form that HTTP has it. */
    readonly result?: Result
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
