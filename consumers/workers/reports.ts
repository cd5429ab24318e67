// Writes progress: started, progressed, attempt failed, sealed like all that a client is shown. Nobody waits for it and
// nothing depends on it; a report that cannot be written is dropped, as the next one says more.
import { Progress } from '../../schemas/platform/generated.ts'
import type { Report } from '../progress.ts'
import type { Platform } from '../role.ts'
import { type Run, recordOf } from '../run.ts'

/** The reports of one attempt, numbered in order. */
export type AttemptReports = {
  started(): void
  progressed(report: Report): void
  failed(code: string): void
}

/** A run that nobody asked for under seal is reported to nobody. */
export type Reports = (run: Run, attempt: number) => AttemptReports

/** In an outage reports must not fill the queue that results need. */
const deadlineMs = 5_000

const silent: AttemptReports = { started: () => undefined, progressed: () => undefined, failed: () => undefined }

export async function reports(platform: Platform): Promise<Reports> {
  const { catalogue, codec, producer, clock, logger } = platform
  const encode = await codec.encoder(`${catalogue.progress}-value`, Progress)
  return (run, attempt) => {
    if (!run.envelope) return silent
    let sequence = 0
    const write = (kind: Progress['kind'], rest: Partial<Pick<Progress, 'fraction' | 'message' | 'code'>>): void => {
      sequence += 1
      const value = encode({ kind, attempt, sequence, at: new Date(clock.now()), ...rest })
      const record = recordOf(platform, run, { kind: 'progress', what: kind, suffix: `.${attempt}.${sequence}`, value })
      producer
        .send(catalogue.progress, record, { kind: 'key' }, { deadlineMs: clock.now() + deadlineMs })
        .catch((error: unknown) => logger.debug('progress.notWritten', { id: run.id, error }))
    }
    return {
      started: () => write('started', {}),
      progressed: ({ fraction, message }) => write('progressed', { fraction, message: message ?? null }),
      failed: (code) => write('attemptFailed', { code }),
    }
  }
}
