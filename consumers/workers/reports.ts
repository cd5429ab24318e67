// Writes progress: started, progressed, attempt failed. Nobody waits for it and nothing depends on it; a report that cannot
// be written is dropped, as the next one says more.
import { writeHeaders } from '../../kafka/headers.ts'
import { Progress } from '../../schemas/platform/generated.ts'
import type { Report } from '../progress.ts'
import type { Platform } from '../role.ts'

/** The reports of one attempt, numbered in order. */
export type AttemptReports = {
  started(): void
  progressed(report: Report): void
  failed(code: string): void
}

export type Reports = (
  run: { readonly id: string; readonly run: number; readonly type: string },
  attempt: number,
) => AttemptReports

export async function reports({ catalogue, codec, producer, clock, logger }: Platform): Promise<Reports> {
  const encode = await codec.encoder(`${catalogue.progress}-value`, Progress)
  return ({ id, run, type }, attempt) => {
    let sequence = 0
    const write = (kind: Progress['kind'], rest: Partial<Pick<Progress, 'fraction' | 'message' | 'code'>>): void => {
      sequence += 1
      const value = encode({
        kind,
        attempt,
        sequence,
        at: clock.now(),
        fraction: null,
        message: null,
        code: null,
        ...rest,
      })
      const headers = writeHeaders({
        id: `${id}.${run}.${attempt}.${sequence}`,
        type: `${type}.${kind}`,
        source: catalogue.source,
        timeMs: clock.now(),
        subject: id,
        run,
      })
      producer
        .send(catalogue.progress, { key: Buffer.from(id), value, headers }, { kind: 'key' })
        .catch((error: unknown) => logger.debug('progress.notWritten', { id, error }))
    }
    return {
      started: () => write('started', {}),
      progressed: ({ fraction, message }) => write('progressed', { fraction, message: message ?? null }),
      failed: (code) => write('attemptFailed', { code }),
    }
  }
}
