// How far a group is behind in a topic: what it has not committed, as an operator counts it.
import type { Admin } from '../kafka/log.ts'

/** Records between the group's positions and the ends of a topic that exists; all that there are where it has no position. */
export async function recordsBehind(admin: Admin, group: string, topic: string): Promise<bigint> {
  const [committed, offsets] = await Promise.all([admin.committed(group, [topic]), admin.offsets(topic)])
  return total(
    offsets.map(({ partition, low, high }) => {
      const at = committed.find((position) => position.partition === partition)?.offset
      return high - (at === undefined || at < low ? low : at)
    }),
  )
}

export const total = (counts: readonly bigint[]): bigint => counts.reduce((sum, count) => sum + count, 0n)
