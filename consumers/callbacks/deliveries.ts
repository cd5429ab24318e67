// Records callback attempts: one record an attempt on `deliveries`, so that every delivery can be told from the log alone.
import { persist } from '../../producers/persist.ts'
import { Delivery } from '../../schemas/platform/generated.ts'
import type { SealedAnswer } from '../answer.ts'
import type { Platform } from '../role.ts'
import { recordOf } from '../run.ts'

export type Deliveries = {
  /** Resolves when the broker has it. */
  record(answer: SealedAnswer, delivery: Delivery, signal: AbortSignal): Promise<void>
}

export async function deliveries(platform: Platform): Promise<Deliveries> {
  const { catalogue, codec, producer, clock, logger } = platform
  const encode = await codec.encoder(`${catalogue.deliveries}-value`, Delivery)
  return {
    record: async (answer, delivery, signal) => {
      const { attempt, status } = delivery
      const telling = { kind: 'delivery', what: status, suffix: `.${attempt}`, value: encode(delivery) } as const
      const record = recordOf(platform, answer, telling)
      await persist(producer, catalogue.deliveries, record, { kind: 'key' }, { clock, signal, log: logger })
    },
  }
}
