// What a member holds and works on, read off it for a report: every two seconds, never on a record's way.
import { readHeaders } from '../kafka/headers.ts'
import type { MemberGroup, MemberPartition, InHand as Told } from '../schemas/platform/generated.ts'
import type { InHand } from './ledger.ts'
import type { Member } from './member.ts'
import { triedSoFar } from './message.ts'
import type { Partition } from './partition.ts'

/** Of what runs, this many are told of: a report must fit a record, however many run. */
const maxWorking = 20
/** Of partitions, this many tell of the lowest that they have in hand: those where it is the oldest. */
const maxLowest = 50
/** Keys and ids are whatever a producer wrote, up to a megabyte. */
const maxText = 200

export type Snapshot = Omit<MemberGroup, 'group' | 'perSecond'>

export function snapshot({
  state,
  scheduler,
  partitions,
}: Pick<Member, 'state' | 'scheduler' | 'partitions'>): Snapshot {
  const running = partitions.flatMap((partition) => [...partition.inHand].filter(isRunning))
  const waiting = partitions.toSorted((one, other) => lowestMs(one) - lowestMs(other)).slice(0, maxLowest)
  const longest = running.sort((one, other) => one.runningSinceMs - other.runningSinceMs).slice(0, maxWorking)
  return {
    state,
    paused: scheduler.paused,
    concurrency: scheduler.concurrency,
    running: scheduler.running,
    partitions: partitions.map((partition) => held(partition, waiting.includes(partition))),
    working: longest.flatMap(told),
    heldUntil: dateOrNull(scheduler.heldUntilMs),
  }
}

const dateOrNull = (ms: number | undefined): Date | null => (ms === undefined ? null : new Date(ms))

const isRunning = (inHand: InHand): inHand is InHand & { readonly runningSinceMs: number } =>
  inHand.runningSinceMs !== undefined

const lowestMs = ({ inHand }: Partition): number => {
  for (const { record } of inHand) return record?.timestampMs ?? Number.POSITIVE_INFINITY
  return Number.POSITIVE_INFINITY
}

function held(partition: Partition, tellsLowest: boolean): MemberPartition {
  const all = [...partition.inHand]
  const { offset } = partition.position() ?? {}
  const oldest = all.reduce((atMs, { record }) => Math.min(atMs, record?.timestampMs ?? atMs), Number.POSITIVE_INFINITY)
  return {
    topic: partition.topic,
    partition: partition.partition,
    position: offset === undefined ? null : Number(offset),
    inHand: all.length,
    full: partition.full,
    oldestAt: dateOrNull(Number.isFinite(oldest) ? oldest : undefined),
    lowest: (tellsLowest ? all.slice(0, 1).flatMap(told)[0] : undefined) ?? null,
  }
}

function told({ record, key, runningSinceMs, nextTryAtMs, ...tried }: InHand): readonly Told[] {
  if (!record) return []
  return [
    {
      topic: record.topic,
      partition: record.partition,
      offset: Number(record.offset),
      id: readHeaders(record, tried).id.slice(0, maxText),
      key: key === null ? null : Buffer.from(key, 'latin1').toString().slice(0, maxText),
      attempt: triedSoFar(tried).attempt,
      runningSince: dateOrNull(runningSinceMs),
      nextTryAt: dateOrNull(nextTryAtMs),
    },
  ]
}
