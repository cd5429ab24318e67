// What an operator is shown of a group: who works in it and on what, how far it is behind, and what blocks it. Pure.
import { controlName, type Group, topicsOf } from '../kafka/catalogue.ts'
import type { Control, MemberState } from '../schemas/platform/generated.ts'
import { blocking, duration, waitsForDependency } from './blocking.ts'
import type { PartitionLag } from './groupLag.ts'
import type { MemberReport } from './memberReports.ts'
import { nameOf } from './positions.ts'

export type WorkView = {
  readonly id: string
  readonly key: string | null
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly attempt: number
  /** Tries that are allowed in all. */
  readonly attempts?: number
  readonly seconds: number
}

export type MemberView = {
  readonly process: string
  readonly host: string
  readonly pid: number
  /** `silent`: it has told nothing for several seconds; it has died, or cannot reach Kafka. */
  readonly state: MemberState | 'silent'
  readonly reportedAt: string
  readonly paused: boolean
  /** Its handlers have said that a dependency is down: nothing more starts before, and then one alone. */
  readonly heldUntil: string | null
  readonly concurrency: number
  readonly running: number
  readonly perSecond: number
  readonly partitions: readonly { readonly topic: string; readonly partition: number }[]
  readonly working: readonly WorkView[]
}

export type GroupView = {
  readonly group: string
  /** Its name within the app, such as `workers.punctuality`. */
  readonly name: string
  /** What an operator has told it. */
  readonly control: { readonly paused: boolean; readonly concurrency: number | null }
  readonly lag: {
    readonly records: number
    /** Age of the oldest unfinished record; null where it could not be told. */
    readonly seconds: number | null
  }
  readonly perSecond: number
  readonly members: readonly MemberView[]
  readonly partitions: readonly {
    readonly topic: string
    readonly partition: number
    readonly position: number
    readonly end: number
    readonly lag: number
    readonly process: string | null
  }[]
  /** What keeps commits from moving on, a sentence each. */
  readonly blocked: readonly string[]
}

export type GroupViewOptions = {
  readonly group: Group
  readonly control: Control | undefined
  readonly reports: readonly MemberReport[]
  readonly lags: readonly PartitionLag[]
  readonly attempts: number | undefined
  readonly nowMs: number
}

export function groupView(options: GroupViewOptions): GroupView {
  const { group, control, reports, lags, nowMs } = options
  const members = reports.flatMap((report) => memberOf(options, report))
  const live = members.filter(({ state }) => state !== 'silent')
  const holders = new Map(live.flatMap(({ process, partitions }) => partitions.map((at) => [nameOf(at), process])))
  const behind = lags.filter(({ position, end }) => position < end)
  const ages = behind.flatMap(({ oldestAtMs }) => (oldestAtMs === undefined ? [] : [nowMs - oldestAtMs]))
  return {
    group: group.id,
    name: controlName(group),
    control: { paused: control?.paused ?? false, concurrency: control?.concurrency ?? null },
    lag: {
      records: behind.reduce((sum, { position, end }) => sum + Number(end - position), 0),
      seconds: behind.length === 0 ? 0 : ages.length === 0 ? null : secondsOf(Math.max(...ages)),
    },
    perSecond: round(live.reduce((sum, { perSecond }) => sum + perSecond, 0)),
    members,
    partitions: lags.map((at) => ({
      topic: at.topic,
      partition: at.partition,
      position: Number(at.position),
      end: Number(at.end),
      lag: Number(at.end - at.position),
      process: holders.get(nameOf(at)) ?? null,
    })),
    blocked: [...missing(options), ...heldUp(options), ...abandoned(options, behind, holders, live)],
  }
}

function memberOf({ group, attempts, nowMs }: GroupViewOptions, report: MemberReport): readonly MemberView[] {
  const own = report.groups.find((each) => each.group === group.id)
  if (!own) return []
  const { process, host, pid, isSilent, at } = report
  const working = own.working.map(({ runningSince, nextTryAt: _next, ...work }) => ({
    ...work,
    ...(attempts === undefined ? {} : { attempts }),
    seconds: secondsOf(nowMs - (runningSince?.getTime() ?? nowMs)),
  }))
  return [
    {
      ...{ process, host, pid, state: isSilent ? 'silent' : own.state, reportedAt: at.toISOString() },
      heldUntil: own.heldUntil?.toISOString() ?? null,
      ...{ paused: own.paused, concurrency: own.concurrency, running: own.running, perSecond: round(own.perSecond) },
      partitions: own.partitions.map(({ topic, partition }) => ({ topic, partition })),
      working: isSilent ? [] : working,
    },
  ]
}

const missing = ({ group, lags }: GroupViewOptions): readonly string[] =>
  topicsOf(group)
    .filter((topic) => !lags.some((at) => at.topic === topic))
    .map((topic) => `the topic ${topic} is not there; the group works on without it`)

/** By a record that a live member has in hand. */
function heldUp({ group, reports, attempts, nowMs }: GroupViewOptions): readonly string[] {
  const live = reports.filter(({ isSilent }) => !isSilent)
  return live.flatMap(({ process, groups }) =>
    groups
      .filter((each) => each.group === group.id)
      .flatMap(({ partitions, paused, heldUntil }) => [
        ...(heldUntil === null ? [] : [`${process} ${waitsForDependency(heldUntil.getTime(), nowMs)}`]),
        ...partitions.flatMap(({ lowest, full, topic, partition }) => {
          const place = placeOf(group, topic, partition)
          return (lowest && blocking({ place, lowest, attempts, full, paused, nowMs })) ?? []
        }),
      ]),
  )
}

/** Behind, and held by no live member. */
function abandoned(
  { group, reports, nowMs }: GroupViewOptions,
  behind: readonly PartitionLag[],
  holders: ReadonlyMap<string, string>,
  live: readonly MemberView[],
): readonly string[] {
  const orphans = behind.filter((at) => !holders.has(nameOf(at)))
  if (orphans.length === 0) return []
  if (live.length === 0) return ['no process runs this group']
  const silent = reports.find(
    ({ isSilent, groups }) => isSilent && groups.some((each) => each.group === group.id && each.partitions.length > 0),
  )
  const why = silent ? `: ${silent.process} has told nothing for ${duration(nowMs - silent.at.getTime())}` : ''
  return [`${orphans.map((at) => placeOf(group, at.topic, at.partition)).join(', ')}: held by nobody now${why}`]
}

const placeOf = ({ sources, failures }: Group, topic: string, partition: number): string =>
  topic === failures?.retry
    ? `retry partition ${partition}`
    : sources.length > 1
      ? `${topic} partition ${partition}`
      : `partition ${partition}`

const secondsOf = (ms: number): number => round(Math.max(0, ms) / 1_000)
const round = (value: number): number => Math.round(value * 10) / 10
