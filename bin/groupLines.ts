// Groups for a person's eyes: a few lines each.
import { duration } from '../consumers/blocking.ts'
import type { GroupView, MemberView, WorkView } from '../consumers/groupView.ts'
import { printable } from './printable.ts'

export const groupLines = (groups: readonly GroupView[]): readonly string[] => {
  if (groups.length === 0) return ['The app has no groups.']
  return groups.flatMap((group, index) => [...(index > 0 ? [''] : []), ...linesOf(group).map(printable)])
}

function linesOf(group: GroupView): readonly string[] {
  const { name, control, lag, perSecond, members, blocked } = group
  const count = members.filter(({ state }) => state !== 'silent').length
  const head = [
    name,
    lag.records === 0
      ? 'no lag'
      : `lag ${lag.records} ${lag.records === 1 ? 'record' : 'records'}${lag.seconds === null ? '' : `, the oldest ${duration(lag.seconds * 1_000)} old`}`,
    `${perSecond}/s`,
    count === 0 ? 'nobody runs it' : `${count} ${count === 1 ? 'member' : 'members'}`,
    ...(control.paused ? ['PAUSED'] : []),
    ...(control.concurrency === null ? [] : [`concurrency set to ${control.concurrency}`]),
  ]
  return [
    head.join('   '),
    ...members.flatMap((member) => memberLines(group, member)),
    ...blocked.map((why) => `  ! ${why}`),
  ]
}

const workShown = 5

function memberLines({ group }: GroupView, member: MemberView): readonly string[] {
  const { process, state, paused, running, concurrency, perSecond, partitions, working, reportedAt } = member
  if (state === 'silent')
    return [`  ${process}   silent since ${reportedAt.slice(11, 19)}: it has died, or cannot reach Kafka`]
  const facts = [
    process,
    state,
    ...(paused ? ['paused'] : []),
    `${running} of ${concurrency} at once`,
    `${perSecond}/s`,
  ]
  const more = running - Math.min(working.length, workShown)
  return [
    `  ${facts.join('   ')}   ${partitionsText(group, partitions)}`,
    ...working.slice(0, workShown).map((work) => `      ${workText(work)}`),
    ...(more > 0 && working.length > 0 ? [`      and ${more} more`] : []),
  ]
}

const workText = ({ id, key, attempt, attempts, seconds }: WorkView): string =>
  `${id}${key === null || key === id ? '' : `  key ${key}`}  attempt ${attempt}${attempts === undefined ? '' : ` of ${attempts}`}  for ${duration(seconds * 1_000)}`

/** `retry 0-3, flights.requests.add 0-3`: a topic of the group itself without the group's name. */
function partitionsText(group: string, partitions: MemberView['partitions']): string {
  if (partitions.length === 0) return 'no partitions'
  const numbers = new Map<string, number[]>()
  for (const { topic, partition } of partitions) numbers.set(topic, [...(numbers.get(topic) ?? []), partition])
  const shortOf = (topic: string): string => (topic.startsWith(`${group}.`) ? topic.slice(group.length + 1) : topic)
  return [...numbers].map(([topic, own]) => `${shortOf(topic)} ${ranges(own)}`).join(', ')
}

/** `0-3 5 7-8` */
export function ranges(numbers: readonly number[]): string {
  const made: [number, number][] = []
  for (const number of [...numbers].sort((one, other) => one - other)) {
    const last = made.at(-1)
    if (last && number <= last[1] + 1) last[1] = number
    else made.push([number, number])
  }
  return made.map(([from, to]) => (from === to ? from : `${from}-${to}`)).join(' ')
}
