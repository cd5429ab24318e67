// A callback as it goes out. The body is rendered once, when (id, run) is claimed, and carried along: with the webhook-id
// it is the same on every attempt (I5). Only timestamp, signature and the attempt's headers are an attempt's own.
import { sign } from '../../client/signature.ts'
import type { Outcome } from '../../store/store.ts'

export type CallbackContent = {
  readonly id: string
  readonly run: number
  /** The request type: `punctuality`. */
  readonly type: string
  /** The client's own id for the request. */
  readonly reference?: string
  readonly outcome: Outcome
  readonly finishedAtMs: number
  /** JSON text of the result or, for any other outcome than `succeeded`, of the error {code, message, details?}. */
  readonly json: string
}

/**
 * The body: `{type: "<type>.<outcome>", timestamp, data: {id, run, type, reference?, status, result | error, links}}`, as
 * Standard Webhooks lays it out. `json` goes in as it is, byte for byte; the order of the properties is fixed.
 */
export function renderBody({ id, run, type, reference, outcome, finishedAtMs, json }: CallbackContent): Buffer {
  const event = { type: `${type}.${outcome}`, timestamp: new Date(finishedAtMs).toISOString() }
  const about = { id, run, type, reference, status: outcome }
  const answer = `"${outcome === 'succeeded' ? 'result' : 'error'}":${json}`
  const links = JSON.stringify({ self: `/v1/requests/${id}` })
  return Buffer.from(`${open(event)},"data":${open(about)},${answer},"links":${links}}}`)
}

/** An object's JSON without the closing brace. */
const open = (object: object): string => JSON.stringify(object).slice(0, -1)

export type CallbackAttempt = {
  readonly id: string
  readonly run: number
  /** 1 is the first; a redrive counts on. */
  readonly attempt: number
  /** The number that the last attempt will have. */
  readonly attempts: number
  /** Before this time it is not tried again if this attempt fails. Absent on the last. */
  readonly nextAttemptAtMs?: number
  /** The client's callback secrets, `whsec_…`: one, or several while they are being replaced. */
  readonly secrets: readonly string[]
  /** What `renderBody` gave. */
  readonly body: Buffer
  readonly nowMs: number
}

/** The headers of one attempt. Throws a TypeError for a secret of another form. */
export function callbackHeaders(callback: CallbackAttempt): Readonly<Record<string, string>> {
  const { run, attempt, attempts, nextAttemptAtMs, secrets, body, nowMs } = callback
  const id = `${callback.id}.${run}`
  const timestampS = Math.floor(nowMs / 1_000)
  return {
    'content-type': 'application/json',
    'user-agent': userAgent,
    'webhook-id': id,
    'webhook-timestamp': String(timestampS),
    // by space, as Standard Webhooks has it: a receiver with either secret finds its own
    'webhook-signature': secrets.map((secret) => sign({ id, timestampS, body, secret })).join(' '),
    'errand-attempt': String(attempt),
    'errand-attempts': String(attempts),
    ...(nextAttemptAtMs === undefined ? {} : { 'errand-next-attempt': new Date(nextAttemptAtMs).toISOString() }),
  }
}

/** 1 is the version of what is sent here, not of the package: a receiver may depend on it. */
const userAgent = 'errand/1'
