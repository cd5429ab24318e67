// A result as its readers see it: `callbacks` and `status` read the same record and must understand the same by it.
import { ErrandError } from '../app/errors.ts'
import { readHeaders } from '../kafka/headers.ts'
import type { LogRecord } from '../kafka/log.ts'
import type { Keyring } from '../process/keyring.ts'
import { parseRequestId } from '../process/requestId.ts'
import { type Envelope, unseal } from '../process/seal.ts'
import type { Codec } from '../schemas/codec.ts'
import { toJson } from '../schemas/json/json.ts'
import { Failure } from '../schemas/platform/generated.ts'
import type { Asked, Outcome } from '../store/store.ts'

/** A sealed result, before its value is decoded. */
export type SealedAnswer = {
  readonly id: string
  readonly run: number
  readonly type: string
  readonly outcome: Outcome
  readonly finishedAtMs: number
  readonly envelope: Envelope
}

const outcomes = new Set<string>(['succeeded', 'failed', 'cancelled', 'expired'] satisfies Outcome[])

/** The answer, or undefined where the record carries no valid seal: then it answers nobody. */
export function sealedAnswer(keyring: Keyring, record: LogRecord): SealedAnswer | undefined {
  const { subject: id, run, type: said, seal } = readHeaders(record)
  if (id === undefined || record.value === null) return undefined
  const envelope = unseal(keyring, { kind: 'result', id, run, type: said, value: record.value }, seal)
  const dot = said.lastIndexOf('.')
  const outcome = said.slice(dot + 1)
  if (envelope?.toldMs === undefined || dot < 1 || !isOutcome(outcome)) return undefined
  return { id, run, type: said.slice(0, dot), outcome, finishedAtMs: envelope.toldMs, envelope }
}

const isOutcome = (text: string): text is Outcome => outcomes.has(text)

/** What a record's seal says of the request itself; undefined for an id that is not ours. */
export function askedOf(
  keyring: Keyring,
  id: string,
  type: string,
  { client, reference, callbackUrl, deadlineMs, runAtMs }: Envelope,
): Asked | undefined {
  const parsed = parseRequestId(keyring, id)
  return (
    parsed && {
      type,
      client,
      createdAtMs: parsed.timeMs,
      ...(reference === undefined ? {} : { reference }),
      ...(callbackUrl === undefined ? {} : { callbackUrl }),
      ...(deadlineMs === undefined ? {} : { deadlineMs }),
      ...(runAtMs === undefined ? {} : { runAtMs }),
    }
  )
}

/**
 * JSON text of the result or, for any outcome but `succeeded`, of the error {code, message, details?}: rendered with the
 * record's own writer schema, so that what a client is told does not depend on who renders it (I5). Rejects as the codec does.
 */
export async function answerJson(codec: Codec, { value }: LogRecord, outcome: Outcome): Promise<string> {
  if (outcome === 'succeeded') {
    const written = await codec.decodeAsWritten(value)
    return JSON.stringify(toJson(written.record.schema, written.value))
  }
  const { code, message, details } = await codec.decode(value, Failure)
  return JSON.stringify({ code, message, ...(details === null ? {} : { details: parseDetails(details) }) })
}

function parseDetails(details: string): unknown {
  try {
    return JSON.parse(details)
  } catch (cause) {
    throw new ErrandError('undecodable', 'the details of a failure are not JSON', { cause })
  }
}
