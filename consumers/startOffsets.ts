// Where fresh partitions begin. Always an offset that exists: out of range, the client would write -1 or -2 over the
// group's position and lose its metadata (facts B11).
import type { Logger } from '../app/context.ts'
import type { StartPosition } from '../app/subscriber.ts'
import type { Admin, TopicPartition } from '../kafka/log.ts'
import { nameOf } from './positions.ts'

/** Where a partition without a position begins. Retry topics begin at `earliest` whatever their source does. */
export type StartRule = (topic: string) => StartPosition

export type StartOffsetsInput = {
  readonly admin: Admin
  readonly saved: ReadonlyMap<string, bigint>
  readonly start: StartRule
  readonly partitions: readonly TopicPartition[]
  readonly logger: Logger
}

export async function startOffsets({
  admin,
  saved,
  start,
  partitions,
  logger,
}: StartOffsetsInput): Promise<ReadonlyMap<string, bigint>> {
  const topics = [...new Set(partitions.map(({ topic }) => topic))]
  const ranges = new Map(
    (
      await Promise.all(
        topics.map(async (topic) =>
          (await admin.offsets(topic)).map((range) => [nameOf({ topic, partition: range.partition }), range] as const),
        ),
      )
    ).flat(),
  )
  return new Map(
    partitions.flatMap((at) => {
      const name = nameOf(at)
      const range = ranges.get(name)
      if (!range) return []
      const wanted = saved.get(name)
      if (wanted === undefined) return [[name, start(at.topic) === 'latest' ? range.high : range.low] as const]
      if (wanted >= range.low && wanted <= range.high) return [[name, wanted] as const]
      logger.warn('position.outOfRange', {
        ...at,
        saved: String(wanted),
        low: String(range.low),
        high: String(range.high),
        goesOnAt: String(range.low),
      })
      return [[name, range.low] as const]
    }),
  )
}
