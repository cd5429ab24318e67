// How far a group is behind in its topics: what it has not committed, as an operator counts it.
import type { Admin, TopicPartition } from '../kafka/log.ts'
import { nameOf } from './positions.ts'

export type Standing = TopicPartition & {
  /** Undefined where the group has no position. */
  readonly committed: bigint | undefined
  /** The oldest record that is there, and the end. */
  readonly low: bigint
  readonly high: bigint
}

/** Where a group stands in each partition of topics that exist. Rejects with `unknown-topic`, and as the log does. */
export async function standings(admin: Admin, group: string, topics: readonly string[]): Promise<readonly Standing[]> {
  const [committed, offsets] = await Promise.all([
    admin.committed(group, topics),
    Promise.all(topics.map(async (topic) => (await admin.offsets(topic)).map((at) => ({ topic, ...at })))),
  ])
  const positions = new Map(committed.map((at) => [nameOf(at), at.offset]))
  return offsets.flat().map((at) => ({ ...at, committed: positions.get(nameOf(at)) }))
}

/** Records between a group's positions and the ends of topics that exist; all that there are where it has no position. */
export const recordsBehind = async (admin: Admin, group: string, topics: readonly string[]): Promise<bigint> =>
  total(
    (await standings(admin, group, topics)).map(({ committed, low, high }) =>
      committed === undefined || committed < low ? high - low : high - committed,
    ),
  )

export const total = (counts: readonly bigint[]): bigint => counts.reduce((sum, count) => sum + count, 0n)
