// A run, and the records that tell of it: keyed by the request's id, sealed over their own bytes, so that nobody with
// write access to a topic alone can tell a client anything.
import { writeHeaders } from '../kafka/headers.ts'
import type { NewRecord } from '../kafka/log.ts'
import { type Envelope, type Sealed, seal } from '../process/seal.ts'
import type { Platform } from './role.ts'

/** One go at a request. Without an envelope nobody asked for it under seal: what is told of it is unsealed and heard by nobody. */
export type Run = {
  readonly id: string
  readonly run: number
  /** The request type. */
  readonly type: string
  readonly envelope: Envelope | undefined
  readonly traceparent?: string
}

export type Telling = {
  readonly kind: Exclude<Sealed['kind'], 'request'>
  /** What has happened: the record's `ce_type` is `<type>.<what>`. */
  readonly what: string
  /** Tells this record from the run's others: its `ce_id` is `<id>.<run>` and this. */
  readonly suffix?: string
  readonly value: Buffer
}

/** The record that tells it. */
export function recordOf(
  { catalogue, keyring, clock }: Pick<Platform, 'catalogue' | 'keyring' | 'clock'>,
  { id, run, type: name, envelope, traceparent }: Run,
  { kind, what, suffix = '', value }: Telling,
): NewRecord {
  const type = `${name}.${what}`
  const timeMs = clock.now()
  const headers = writeHeaders({
    id: `${id}.${run}${suffix}`,
    type,
    source: catalogue.source,
    timeMs,
    subject: id,
    run,
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(envelope ? { seal: seal(keyring, { kind, id, run, type, value }, { ...envelope, toldMs: timeMs }) } : {}),
  })
  return { key: Buffer.from(id), value, headers }
}
