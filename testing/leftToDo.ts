// What a system has left to do: every record of its groups' topics that no commit of theirs says is done, and all that it
// has accepted, as its history begins.
import { standings } from '../consumers/standing.ts'
import { type Group, topicsOf } from '../kafka/catalogue.ts'
import type { Admin, Log } from '../kafka/log.ts'
import type { HistoryEvent } from './history.ts'
import { idOf } from './recorder.ts'

/** A line for each partition of a group that is not done. */
export async function leftToDo(admin: Admin, groups: readonly Group[]): Promise<readonly string[]> {
  const left: string[] = []
  // Also a partition that nobody has taken over yet: where it begins is not said before the first commit.
  for (const group of groups)
    for (const { topic, partition, committed, high } of await standings(admin, group.id, topicsOf(group)))
      if (committed === undefined || committed < high)
        left.push(`${group.id} is at offset ${committed ?? 'unknown'} of ${high} in ${topic}/${partition}`)
  return left
}

/** All records that these groups have to handle. `status` orders nothing; of `delay` no history is kept (recorder.ts). */
export async function accepted(log: Log, groups: readonly Group[]): Promise<readonly HistoryEvent[]> {
  const events: HistoryEvent[] = []
  for (const group of groups.filter(({ role }) => role !== 'delay'))
    for (const topic of topicsOf(group))
      for await (const record of log.read(topic, { from: 'earliest' })) {
        const key = group.role === 'status' ? null : (record.key?.toString('latin1') ?? null)
        events.push({ kind: 'accepted', id: idOf(group.id, record), key, order: record.offset })
      }
  return events
}
