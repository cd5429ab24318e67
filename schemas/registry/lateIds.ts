// Ids of schemas that are registered late: a process that was started before its schemas (ERRAND_SCHEMAS=warn) runs all the
// same, and what would be written with one of them waits. Each is asked for every few seconds while somebody needs it.
import type { Logger } from '../../app/context.ts'
import { ErrandError } from '../../app/errors.ts'
import type { RecordType } from '../../app/record.ts'
import type { Clock } from '../../process/clock.ts'
import type { Registry } from './registry.ts'
import { schemaText } from './schemaText.ts'

const askEveryMs = 2_000

type Late = {
  readonly subject: string
  readonly record: RecordType
  id: number | undefined
  /** While it is asked for. */
  asking: Promise<void> | undefined
  nextMs: number
}

export type LateIdsOptions = { readonly registry: Pick<Registry, 'idOf'>; readonly clock: Clock; readonly log: Logger }

/** As many as the app has records that it writes. */
export class LateIds {
  readonly #all = new Map<string, Late>()
  readonly #options: LateIdsOptions

  constructor(options: LateIdsOptions) {
    this.#options = options
  }

  /**
   * Resolves when the registry has been asked once, whatever it says, with a function that returns the id. Until there is one
   * that throws `schema-not-registered`, which is retriable.
   */
  async of(subject: string, record: RecordType): Promise<() => number> {
    const key = `${subject}\n${schemaText(record.schema)}`
    const late = this.#all.get(key) ?? { subject, record, id: undefined, asking: undefined, nextMs: 0 }
    this.#all.set(key, late)
    await this.#ask(late)
    return () => {
      if (late.id !== undefined) return late.id
      void this.#ask(late)
      throw new ErrandError(
        'schema-not-registered',
        `the registry's subject "${subject}" does not hold this schema of ${record.name} yet`,
        { retriable: true },
      )
    }
  }

  /** Whether any of these subjects is without its schema yet; asks for those that are. */
  areMissing(subjects: readonly string[]): boolean {
    const missing = [...this.#all.values()].filter(({ subject, id }) => id === undefined && subjects.includes(subject))
    for (const late of missing) void this.#ask(late)
    return missing.length > 0
  }

  /** One asks for all, and not again before its time. Never rejects. */
  async #ask(late: Late): Promise<void> {
    if (late.id !== undefined || this.#options.clock.now() < late.nextMs) return
    late.asking ??= this.#askNow(late).finally(() => {
      late.asking = undefined
    })
    await late.asking
  }

  async #askNow(late: Late): Promise<void> {
    const { registry, clock, log } = this.#options
    const isFirst = late.nextMs === 0
    try {
      late.id = await registry.idOf(late.subject, late.record.schema)
      if (late.id !== undefined && !isFirst) log.info('schema.found', { subject: late.subject, schemaId: late.id })
    } catch (error) {
      log.debug('schema.notAskedFor', { subject: late.subject, error })
    }
    late.nextMs = clock.now() + askEveryMs
  }
}
