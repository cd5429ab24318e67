// How far a group is behind: per partition the log's end, the group's position, and when the oldest unfinished record was
// written. That is read from its member's report, or, where nobody holds it, from the record itself.
import type { StartPosition } from '../app/subscriber.ts'
import type { Group } from '../kafka/catalogue.ts'
import type { Log, TopicPartition } from '../kafka/log.ts'
import type { MemberPartition } from '../schemas/platform/generated.ts'
import { nameOf } from './positions.ts'
import { standings } from './standing.ts'

export type PartitionLag = TopicPartition & {
  readonly position: bigint
  readonly end: bigint
  /** Undefined where nothing is unfinished, or it could not be told in time. */
  readonly oldestAtMs: number | undefined
}

export type LagOptions = {
  readonly log: Log
  readonly group: Group
  /** Of its topics those that exist. */
  readonly topics: readonly string[]
  readonly from: StartPosition
  /** What live members hold, by `nameOf`. */
  readonly held: ReadonlyMap<string, MemberPartition>
}

/** What a look at records may take: a view that hangs is worse than one without an age. */
const lookMs = 3_000

export async function groupLag({ log, group, topics, from, held }: LagOptions): Promise<readonly PartitionLag[]> {
  const all = (await standings(log.admin, group.id, topics)).map(({ topic, partition, committed, low, high }) => {
    const reported = held.get(nameOf({ topic, partition }))?.position
    const fresh = from === 'latest' && group.sources.includes(topic) ? high : low
    const known = [committed, reported == null ? undefined : BigInt(reported)].filter((at) => at !== undefined)
    const position = known.length > 0 ? known.reduce((one, other) => (one > other ? one : other)) : fresh
    return { topic, partition, end: high, position: position < low ? low : position > high ? high : position }
  })
  const unknown = all.filter((at) => at.position < at.end && held.get(nameOf(at))?.oldestAt == null)
  const looked = await oldest(log, unknown)
  return all.map((at) => {
    const isBehind = at.position < at.end
    const reported = held.get(nameOf(at))?.oldestAt?.getTime()
    return { ...at, oldestAtMs: isBehind ? (reported ?? looked.get(nameOf(at))) : undefined }
  })
}

/** When the first records at these positions were written. */
async function oldest(
  log: Log,
  partitions: readonly (TopicPartition & { readonly position: bigint })[],
): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>()
  const signal = AbortSignal.timeout(lookMs)
  const look = async (topic: string): Promise<void> => {
    const own = partitions.filter((at) => at.topic === topic)
    const from = new Map(own.map(({ partition, position }) => [partition, position]))
    const until = new Map(own.map(({ partition, position }) => [partition, position + 1n]))
    for await (const record of log.read(topic, { from, until, signal })) found.set(nameOf(record), record.timestampMs)
  }
  const topics = new Set(partitions.map(({ topic }) => topic))
  await Promise.all(
    [...topics].map((topic) =>
      look(topic).catch((error: unknown) => {
        if (!signal.aborted) throw error
      }),
    ),
  )
  return found
}
