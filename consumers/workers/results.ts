// Writes results: one record per run on `results`, keyed by the request's id, sealed anew over its own bytes. Several may be
// written for one run (a crash before the commit); the verdict rule picks the one with the lowest offset.
import { ErrandError } from '../../app/errors.ts'
import { persist } from '../../producers/persist.ts'
import { Failure } from '../../schemas/platform/generated.ts'
import type { Outcome } from '../../store/store.ts'
import type { Platform } from '../role.ts'
import { type Run, recordOf } from '../run.ts'

/** What a client is told of a request that did not succeed. */
export type FailureOf = { readonly code: string; readonly message: string; readonly details?: unknown }

export type Results = {
  /** Resolves when the broker has the result; rejects when the signal aborts first, or with `result-too-large`. */
  succeeded(run: Run, value: Buffer, signal: AbortSignal): Promise<void>
  failed(run: Run, outcome: Exclude<Outcome, 'succeeded'>, failure: FailureOf, signal: AbortSignal): Promise<void>
}

export async function results(platform: Platform): Promise<Results> {
  const { catalogue, codec, producer, clock, logger } = platform
  const encodeFailure = await codec.encoder(`${catalogue.results}-${Failure.name}`, Failure)
  const write = async (run: Run, outcome: Outcome, value: Buffer, signal: AbortSignal): Promise<void> => {
    const record = recordOf(platform, run, { kind: 'result', what: outcome, value })
    await persist(producer, catalogue.results, record, { kind: 'key' }, { clock, signal, log: logger }).catch(refused)
  }
  return {
    succeeded: (run, value, signal) => write(run, 'succeeded', value, signal),
    failed: (run, outcome, { code, message, details }, signal) =>
      write(run, outcome, encodeFailure({ code, message, details: detailsText(details) }), signal),
  }
}

/** Of a request's letter: what was too large, its own result or something that it sent. */
function refused(cause: unknown): never {
  if (!(cause instanceof ErrandError) || cause.code !== 'record-too-large') throw cause
  throw new ErrandError('result-too-large', `what it answered is too large to be told: ${cause.message}`, { cause })
}

/** As JSON; null for none, and for what has no JSON (a cycle, a bigint): the rejection itself must reach its client. */
function detailsText(details: unknown): string | null {
  try {
    return JSON.stringify(details) ?? null
  } catch {
    return null
  }
}
