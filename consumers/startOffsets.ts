// Where fresh partitions begin. Always an offset that exists: out of range, the client would write -1 or -2 over the
// group's position and lose its metadata (facts B11).
import type { Logger } from '../app/context.ts'
import { ErrandError } from '../app/errors.ts'
import type { StartPosition } from '../app/subscriber.ts'
import type { Admin, TopicPartition } from '../kafka/log.ts'
import { backoffMs } from '../process/backoff.ts'
import type { Clock } from '../process/clock.ts'
import { doneTo, nameOf, type Positions, type Saved, topicsAmong } from './positions.ts'

/** Where a partition without a position begins. Retry topics begin at `earliest` whatever their source does. */
export type StartRule = (topic: string) => StartPosition

/** `logEnd` as it was when the partition was taken over. */
export type Start = Saved & { readonly logEnd: bigint }

/** Where those begin that are `wanted`: asked until it is known, or until none is wanted any more. */
export async function loadStarts({
  positions,
  clock,
  wanted,
  ...asking
}: Pick<StartOffsetsInput, 'admin' | 'start' | 'logger'> & {
  readonly positions: Positions
  readonly clock: Clock
  readonly wanted: () => readonly TopicPartition[]
}): Promise<ReadonlyMap<string, Start>> {
  for (let attempt = 1; ; attempt += 1) {
    const partitions = wanted()
    if (partitions.length === 0) return new Map()
    try {
      return await startOffsets({ ...asking, saved: await positions.load(partitions), partitions })
    } catch (error) {
      asking.logger.warn('positions.notLoaded', { error, attempt })
      await clock.sleep(backoffMs(attempt))
    }
  }
}

export type StartOffsetsInput = {
  readonly admin: Admin
  readonly saved: ReadonlyMap<string, Saved>
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
}: StartOffsetsInput): Promise<ReadonlyMap<string, Start>> {
  const topics = topicsAmong(partitions)
  const ranges = new Map(
    (
      await Promise.all(
        topics.map(async (topic) =>
          (await admin.offsets(topic)).map((range) => [nameOf({ topic, partition: range.partition }), range] as const),
        ),
      )
    ).flat(),
  )
  /** A partition added to a topic that the group has read before holds nothing that came before the group. */
  const isNew = (topic: string): boolean => ![...saved.keys()].some((name) => name.startsWith(`${topic}/`))
  return new Map(
    partitions.map((at): [string, Start] => {
      const name = nameOf(at)
      const range = ranges.get(name)
      // An older picture of the cluster than the one that assigned it: asked again, it will be there.
      if (!range) throw new ErrandError('partition-unknown', `${name} has no offsets yet`, { retriable: true })
      const wanted = saved.get(name)
      const logEnd = range.high
      if (wanted === undefined)
        return [name, { logEnd, offset: isNew(at.topic) && start(at.topic) === 'latest' ? range.high : range.low }]
      const end = doneTo(wanted)
      if (wanted.offset >= range.low && end <= range.high) return [name, { ...wanted, logEnd }]
      // The log has lost its end, so nothing is known of what lies beyond; or the position itself is not there.
      const goesOnAt = wanted.offset >= range.low && wanted.offset <= range.high ? wanted.offset : range.low
      logger.warn('position.outOfRange', {
        ...at,
        saved: String(wanted.offset),
        doneTo: String(end),
        low: String(range.low),
        high: String(range.high),
        goesOnAt: String(goesOnAt),
      })
      return [name, { logEnd, offset: goesOnAt }]
    }),
  )
}
