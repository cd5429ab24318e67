// What a system has left to do: every record of its groups' topics that no commit of theirs says is done, and all that it
// has accepted, as its history begins.
import type { Group } from '../kafka/catalogue.ts'
import type { Admin, Log } from '../kafka/log.ts'
import type { HistoryEvent } from './history.ts'
import { idOf } from './recorder.ts'

const topicsOf = ({ sources, failures }: Group): readonly string[] =>
  failures ? [...sources, failures.retry] : sources

/** A line for each partition of a group that is not done. */
export async function leftToDo(admin: Admin, groups: readonly Group[]): Promise<readonly string[]> {
  const left: string[] = []
  for (const group of groups) {
    const positions = await admin.committed(group.id, topicsOf(group))
    const committed = new Map(positions.map(({ topic, partition, offset }) => [`${topic}/${partition}`, offset]))
    for (const topic of topicsOf(group))
      for (const { partition, high } of await admin.offsets(topic)) {
        const place = `${topic}/${partition}`
        const offset = committed.get(place)
        // Also a partition that nobody has taken over yet: where it begins is not said before the first commit.
        if (offset === undefined || offset < high)
          left.push(`${group.id} is at offset ${offset ?? 'unknown'} of ${high} in ${place}`)
      }
  }
  return left
}

/** All records that these groups have to handle. `status` orders nothing. */
export async function accepted(log: Log, groups: readonly Group[]): Promise<readonly HistoryEvent[]> {
  const events: HistoryEvent[] = []
  for (const group of groups)
    for (const topic of topicsOf(group))
      for await (const record of log.read(topic, { from: 'earliest' })) {
        const key = group.role === 'status' ? null : (record.key?.toString('latin1') ?? null)
        events.push({ kind: 'accepted', id: idOf(group.id, record), key, order: record.offset })
      }
  return events
}
