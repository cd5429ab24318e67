// Records callback attempts: one record an attempt on `deliveries`, so that every delivery can be told from the log alone.
import { writeHeaders } from '../../kafka/headers.ts'
import { seal } from '../../process/seal.ts'
import { persist } from '../../producers/persist.ts'
import { Delivery } from '../../schemas/platform/generated.ts'
import type { SealedAnswer } from '../answer.ts'
import type { Platform } from '../role.ts'

export type Deliveries = {
  /** Resolves when the broker has it. */
  record(answer: SealedAnswer, delivery: Delivery, signal: AbortSignal): Promise<void>
}

export async function deliveries({
  catalogue,
  codec,
  keyring,
  producer,
  clock,
  logger,
}: Platform): Promise<Deliveries> {
  const encode = await codec.encoder(`${catalogue.deliveries}-value`, Delivery)
  return {
    record: async ({ id, run, type: name, envelope }, delivery, signal) => {
      const value = encode(delivery)
      const type = `${name}.${delivery.status}`
      const headers = writeHeaders({
        id: `${id}.${run}.${delivery.attempt}`,
        type,
        source: catalogue.source,
        timeMs: delivery.at,
        subject: id,
        run,
        seal: seal(keyring, { kind: 'delivery', id, run, type, value }, envelope),
      })
      await persist(
        producer,
        catalogue.deliveries,
        { key: Buffer.from(id), value, headers },
        { kind: 'key' },
        { clock, signal, log: logger },
      )
    },
  }
}
