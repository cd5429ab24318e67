// Records callback attempts: one record an attempt on `deliveries`, so that every delivery can be told from the log alone.
import { writeHeaders } from '../../kafka/headers.ts'
import { persist } from '../../producers/persist.ts'
import { Delivery } from '../../schemas/platform/generated.ts'
import type { Platform } from '../role.ts'

export type Deliveries = {
  /** Resolves when the broker has it. */
  record(
    run: { readonly id: string; readonly run: number; readonly type: string },
    delivery: Delivery,
    signal: AbortSignal,
  ): Promise<void>
}

export async function deliveries({ catalogue, codec, producer, clock, logger }: Platform): Promise<Deliveries> {
  const encode = await codec.encoder(`${catalogue.deliveries}-value`, Delivery)
  return {
    record: async ({ id, run, type }, delivery, signal) => {
      const headers = writeHeaders({
        id: `${id}.${run}.${delivery.attempt}`,
        type: `${type}.${delivery.status}`,
        source: catalogue.source,
        timeMs: delivery.at,
        subject: id,
        run,
      })
      await persist(
        producer,
        catalogue.deliveries,
        { key: Buffer.from(id), value: encode(delivery), headers },
        { kind: 'key' },
        { clock, signal, log: logger },
      )
    },
  }
}
