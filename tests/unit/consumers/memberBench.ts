// Members over the log in memory, for the tests of what they promise.
import { onTestFinished } from 'vitest'
import { Member, type MemberOptions } from '../../../consumers/member.ts'
import type { Handle } from '../../../consumers/message.ts'
import { groupPositions } from '../../../consumers/positions.ts'
import type { Assigner, Log, Membership } from '../../../kafka/log.ts'
import { type MemoryCluster, memoryCluster } from '../../../kafka/memory/log.ts'
import { systemClock } from '../../../process/clock.ts'
import { silentLog } from '../../../process/log.ts'

export const topics = ['work', 'work.retry']

export async function cluster(partitions = 4): Promise<{ readonly cluster: MemoryCluster; readonly log: Log }> {
  const shared = memoryCluster({ clock: systemClock })
  const log = shared.open()
  await log.admin.create(topics.map((name) => ({ name, partitions, replicas: 1, config: {} })))
  onTestFinished(() => log.close())
  return { cluster: shared, log }
}

export async function append(
  log: Log,
  topic: string,
  partition: number,
  ...records: readonly (readonly [key: string | null, value: string])[]
): Promise<void> {
  const writer = await log.writer()
  await writer.append(
    { topic, partition },
    records.map(([key, value]) => ({
      key: key === null ? null : Buffer.from(key),
      value: Buffer.from(value),
      headers: new Map(),
    })),
  )
  await writer.close()
}

export async function join(log: Log, handle: Handle, options: Partial<MemberOptions> = {}): Promise<Member> {
  const member = new Member({
    group: 'group',
    topics,
    start: () => 'earliest',
    positions: groupPositions({ admin: log.admin, group: 'group', log: silentLog }),
    handle,
    log,
    logger: silentLog,
    clock: systemClock,
    onFailed: (error) => {
      throw error
    },
    ...options,
  })
  await member.start()
  return member
}

export const committed = async (log: Log, topic = 'work'): Promise<ReadonlyMap<number, number>> =>
  new Map((await log.admin.committed('group', [topic])).map(({ partition, offset }) => [partition, Number(offset)]))

export const done = { kind: 'done' } as const
export const text = (message: Parameters<Handle>[0]): string => message.record.value!.toString()

/** Of another client: gives all to its first member. */
export const strangersAssigner = (name: string): Assigner => ({
  name,
  userData: () => Buffer.alloc(0),
  assign: ([first], partitions) =>
    new Map([[first!.id, new Map([...partitions].map(([topic, count]) => [topic, [...Array(count).keys()]]))]]),
})

/** A member that does nothing, joined with this assigner; it leaves with the test. */
export async function stranger(log: Log, assigner: Assigner): Promise<Membership> {
  const nothing = () => undefined
  const rest = { onJoined: nothing, onRebalancing: nothing, onRecords: nothing, onFailed: nothing }
  const member = log.membership({ group: 'group', topics: ['work'], assigner, ...rest })
  await member.start()
  onTestFinished(() => member.leave())
  return member
}
