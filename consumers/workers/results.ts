// Writes results: one record per run on `results`, keyed by the request's id, sealed anew over its own bytes. Several may be
// written for one run (a crash before the commit); the verdict rule picks the one with the lowest offset.
import { writeHeaders } from '../../kafka/headers.ts'
import { type Envelope, seal } from '../../process/seal.ts'
import { persist } from '../../producers/persist.ts'
import { Failure } from '../../schemas/platform/generated.ts'
import type { Outcome } from '../../store/store.ts'
import type { Platform } from '../role.ts'

/** The run that a result ends. Without an envelope nobody asked for it under seal: its result is written unsealed and no callback goes out. */
export type Run = {
  readonly id: string
  readonly run: number
  readonly type: string
  readonly envelope: Envelope | undefined
  readonly traceparent?: string
}

/** What a client is told of a request that did not succeed. */
export type FailureOf = { readonly code: string; readonly message: string; readonly details?: unknown }

export type Results = {
  /** Resolves when the broker has the result; rejects when the signal aborts first, or with `record-too-large`. */
  succeeded(run: Run, value: Buffer, signal: AbortSignal): Promise<void>
  failed(run: Run, outcome: Exclude<Outcome, 'succeeded'>, failure: FailureOf, signal: AbortSignal): Promise<void>
}

export async function results({ catalogue, codec, keyring, producer, clock, logger }: Platform): Promise<Results> {
  const encodeFailure = await codec.encoder(`${catalogue.results}-${Failure.name}`, Failure)
  const write = async (
    { id, run, type: name, envelope, traceparent }: Run,
    outcome: Outcome,
    value: Buffer,
    signal: AbortSignal,
  ): Promise<void> => {
    const type = `${name}.${outcome}`
    const headers = writeHeaders({
      id: `${id}.${run}`,
      type,
      source: catalogue.source,
      timeMs: clock.now(),
      subject: id,
      run,
      ...(traceparent === undefined ? {} : { traceparent }),
      ...(envelope ? { seal: seal(keyring, { kind: 'result', id, run, type, value }, envelope) } : {}),
    })
    await persist(
      producer,
      catalogue.results,
      { key: Buffer.from(id), value, headers },
      { kind: 'key' },
      { clock, signal, log: logger },
    )
  }
  return {
    succeeded: (run, value, signal) => write(run, 'succeeded', value, signal),
    failed: (run, outcome, { code, message, details }, signal) =>
      write(
        run,
        outcome,
        encodeFailure({ code, message, details: details === undefined ? null : JSON.stringify(details) }),
        signal,
      ),
  }
}
