// The story of a run of real processes, for the history checker: what the log holds, what the handlers said, and what the
// broker wrote down of the group, as one history. An ownership is a process, a member and a partition through generations
// in a row.
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Log } from '../../kafka/log.ts'
import type { HistoryEvent } from '../../testing/history.ts'
import type { Told } from './app.ts'
import { type Commit, type GroupLog, readGroupLog } from './groupLog.ts'

export type Accepted = {
  readonly kind: 'accepted'
  readonly id: string
  readonly key: string | null
  readonly order: bigint
  readonly partition: string
  readonly atMs: number
}

export type Story = {
  readonly history: readonly HistoryEvent[]
  /** Records that were done again by an owner who could know from a commit that they were done. */
  readonly needless: readonly string[]
  /** The longest time in which no handler began. */
  readonly longestPauseMs: number
}

export type StoryOptions = {
  readonly log: Log
  readonly topic: string
  readonly group: string
  /** Where the handlers wrote. */
  readonly folder: string
  /** The process of each member that there has been. */
  readonly pids: ReadonlyMap<string, number>
}

export async function tellStory({ log, topic, group, folder, pids }: StoryOptions): Promise<Story> {
  const accepted = await readAccepted(log, topic)
  const told = await readTold(folder)
  const { commits, generations } = await readGroupLog(log, group)
  const ownerships = ownershipsOf(generations, pids)
  const runs = runsOf(told, accepted, ownerships)
  const events = [...Map.groupBy(runs, ({ owner }) => owner)].flatMap(([owner, own]) => eventsOf(owner, own, commits))
  return {
    history: [...accepted.values(), ...events.toSorted((a, b) => a.atMs - b.atMs).map(({ event }) => event)],
    needless: needlessly(runs, commits),
    longestPauseMs: longestPause(told),
  }
}

/** The records of a topic, by id. */
export async function readAccepted(log: Log, topic: string): Promise<ReadonlyMap<string, Accepted>> {
  const all = new Map<string, Accepted>()
  for await (const { key, headers, offset, partition, timestampMs: atMs } of log.read(topic, { from: 'earliest' })) {
    const id = headers.get('ce_id')![0]!.toString()
    all.set(id, {
      kind: 'accepted',
      id,
      key: key?.toString() ?? null,
      order: offset,
      partition: `${topic}/${partition}`,
      atMs,
    })
  }
  return all
}

/** What the handlers of all processes have said, oldest first. */
export async function readTold(folder: string): Promise<readonly Told[]> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.ndjson'))
  const texts = await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')))
  const told: Told[] = texts.flatMap((text) =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
  )
  return told.toSorted((a, b) => a.atMs - b.atMs)
}

type Ownership = {
  readonly name: string
  readonly pid: number | undefined
  readonly partition: string
  readonly from: { readonly place: bigint; readonly atMs: number }
  /** Where the partition's next ownership begins. */
  readonly untilPlace: bigint
}

const endless = 2n ** 63n

function ownershipsOf(generations: GroupLog['generations'], pids: ReadonlyMap<string, number>): readonly Ownership[] {
  const all = generations.flatMap(({ held, number, ...from }, index) =>
    [...held].flatMap(([member, partitions]) =>
      [...partitions].flatMap((partition): Omit<Ownership, 'untilPlace'>[] => {
        if (generations[index - 1]?.held.get(member)?.has(partition)) return [] // it goes on
        const pid = pids.get(member)
        return [{ name: `${pid ?? member}@${number} of ${partition}`, pid, partition, from }]
      }),
    ),
  )
  return all.map((each) => {
    const next = all.find(({ partition, from }) => partition === each.partition && from.place > each.from.place)
    return { ...each, untilPlace: next?.from.place ?? endless }
  })
}

/** One go of a handler at a record. */
type Run = {
  readonly record: Accepted
  readonly owner: Ownership
  readonly beganMs: number
  end: Told | undefined
}

/** A process learns of its ownership after the broker has written it down: so its latest one then is that of the run. */
function runsOf(
  told: readonly Told[],
  accepted: ReadonlyMap<string, Accepted>,
  ownerships: readonly Ownership[],
): readonly Run[] {
  const open = new Map<string, Run>()
  return told.flatMap((each) => {
    const name = `${each.pid} ${each.id}`
    if (each.what !== 'began') {
      Object.assign(open.get(name)!, { end: each })
      return []
    }
    const record = accepted.get(each.id)
    const owner = ownerships.findLast(
      ({ pid, partition, from }) => pid === each.pid && partition === record?.partition && from.atMs <= each.atMs,
    )
    if (!record || !owner) throw new TypeError(`nobody knows on whose behalf process ${each.pid} began ${each.id}`)
    const run: Run = { record, owner, beganMs: each.atMs, end: undefined }
    open.set(name, run)
    return [run]
  })
}

type Timed = { readonly atMs: number; readonly event: HistoryEvent }

/**
 * One ownership's events. The checker knows commits as points in time: the last one is set before the first record that was
 * done and that no commit of this ownership says to be.
 */
function eventsOf(
  { name: owner, partition, untilPlace }: Ownership,
  runs: readonly Run[],
  commits: readonly Commit[],
): readonly Timed[] {
  const last = lastBefore(commits, partition, untilPlace)
  const events = runs.flatMap(({ record: { id, order }, beganMs, end }) => {
    const began: Timed = { atMs: beganMs, event: { kind: 'began', id, owner } }
    if (!end) return [{ ...began, isOpen: false }]
    const ended: Timed = {
      atMs: end.atMs,
      event: { kind: 'ended', id, owner, how: end.what as 'done' | 'again' | 'aborted' },
    }
    const isOpen = end.what === 'done' && !last?.covers(order)
    return [
      { ...began, isOpen: false },
      { ...ended, isOpen },
    ]
  })
  const sorted = events.toSorted((a, b) => a.atMs - b.atMs)
  const firstOpen = sorted.findIndex(({ isOpen }) => isOpen)
  const committed = firstOpen < 0 ? sorted.length : firstOpen
  const lastMs = sorted.at(-1)!.atMs
  return [
    ...sorted.slice(0, committed),
    { atMs: sorted[committed]?.atMs ?? lastMs, event: { kind: 'committed', owner } },
    ...sorted.slice(committed),
    { atMs: lastMs, event: { kind: 'gone', owner } },
  ] satisfies Timed[]
}

/** The last commit of a partition before a place: it says all that is done. */
const lastBefore = (commits: readonly Commit[], partition: string, place: bigint): Commit | undefined =>
  commits.findLast((commit) => commit.partition === partition && commit.place < place)

function needlessly(runs: readonly Run[], commits: readonly Commit[]): readonly string[] {
  const repeated = [...Map.groupBy(runs, ({ record }) => record.id).values()].filter(({ length }) => length > 1)
  return repeated.flatMap((all) =>
    all.flatMap(({ record: { id, order, partition }, owner, beganMs }) => {
      const isDone = all.some(({ end }) => end?.what === 'done' && end.atMs < beganMs)
      const isKnown = lastBefore(commits, partition, owner.from.place)?.covers(order) ?? false
      return isDone && isKnown ? [`${id} (${partition}, ${order}) at ${owner.name}`] : []
    }),
  )
}

/** The longest time in which none of these handlers began. */
export function longestPause(told: readonly Told[]): number {
  const times = told.filter(({ what }) => what === 'began').map(({ atMs }) => atMs)
  return Math.max(0, ...times.slice(1).map((atMs, index) => atMs - times[index]!))
}
