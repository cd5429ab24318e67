// Records that wait in the tiers of an app, as a group puts them off, and what becomes of them on its retry topic.
import type { Catalogue } from '../kafka/catalogue.ts'
import { copyHeaders, newJourney } from '../kafka/journey.ts'
import type { Log, NewRecord } from '../kafka/log.ts'
import { tierFor } from '../kafka/tiers.ts'

/** The retry topic of the app's workers. */
export const retryOf = ({ groups }: Catalogue): string => groups.find(({ role }) => role === 'workers')!.failures!.retry

/** Puts a record in its tier for each due time; its value is its index, which also names its partition. */
export async function putOff(log: Log, catalogue: Catalogue, dueMs: readonly number[]): Promise<void> {
  const retry = retryOf(catalogue)
  const { partitions } = catalogue.topics.find(({ name }) => name === retry)!
  const recordOf = (index: number): NewRecord => {
    const record = { key: null, value: Buffer.from(String(index)), headers: new Map() }
    const origin = { ...record, topic: 'before', partition: 0, offset: BigInt(index), timestampMs: 0 }
    const to = { topic: retry, partition: index % partitions }
    return { ...record, headers: copyHeaders(record, newJourney(origin), { dueMs: dueMs[index]!, to }) }
  }
  const writer = await log.writer()
  for (const [tier, indexes] of Map.groupBy(dueMs.keys(), (index) => tierFor(dueMs[index]! - Date.now())))
    await writer.append({ topic: catalogue.delay(tier), partition: 0 }, indexes.map(recordOf))
  await writer.close()
}

export type Released = { readonly index: number; readonly partition: number; readonly atMs: number }

/** What has been released so far, as a reader sees it from now on; it grows until `signal` aborts. */
export function watchReleased(log: Log, catalogue: Catalogue, signal: AbortSignal): readonly Released[] {
  const released: Released[] = []
  const read = async (): Promise<void> => {
    for await (const { value, partition } of log.read(retryOf(catalogue), { from: 'earliest', until: 'never', signal }))
      released.push({ index: Number(String(value)), partition, atMs: Date.now() })
  }
  read().catch((error: unknown) => {
    if (!signal.aborted) throw error
  })
  return released
}
