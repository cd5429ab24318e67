// Dead letters for a person's eyes. Every line is printable: most of what a letter says was written by others.
import type { Letter } from '../consumers/letters/letter.ts'
import type { Counts } from '../consumers/letters/letterHistogram.ts'
import type { Audit, GroupLetters, LetterDetail } from '../consumers/letters/letterList.ts'
import type { RedriveEvent } from '../consumers/letters/redrive.ts'
import type { PlannedLetter, RedrivePlan } from '../consumers/letters/redrivePlan.ts'
import { isoTime } from '../process/isoTime.ts'
import { printable } from './printable.ts'

/** `3 letters`, `1 letter`. */
export const lettersText = (count: number): string => `${count} ${count === 1 ? 'letter' : 'letters'}`

export function listLines(groups: readonly GroupLetters[], state: Letter['state']): readonly string[] {
  if (groups.length === 0) return ['The app has no groups that give anything up.']
  const [none, some] = [groups.filter(({ total }) => total === 0), groups.filter(({ total }) => total > 0)]
  const blocks = [
    ...some.map((group) => groupLines(group, state)),
    ...(none.length > 0 ? [[`No letters: ${none.map(({ group }) => group).join(', ')}.`]] : []),
  ]
  return blocks.flatMap((lines, index) => (index > 0 ? ['', ...lines] : lines)).map(printable)
}

function groupLines(all: GroupLetters, state: Letter['state']): readonly string[] {
  const { group, open, total, matching, letters, histogram } = all
  const head = `${group}   ${open} open of ${lettersText(total)}`
  const audits = all.audits.map((audit) => `  ${auditText(audit)}`)
  if (matching === 0)
    return [
      open === 0 && state === 'open' ? head : `${head}   none ${state === 'open' ? 'matches' : `is ${state}`}`,
      ...audits,
    ]
  const rest = matching - letters.length
  return [
    state === 'open' && matching === open ? head : `${head}   ${matching} ${state === 'open' ? 'match' : state}`,
    ...(
      [
        ['reason', histogram.code],
        ['type', histogram.type],
        ['day', histogram.day],
        ['schema', histogram.schema],
      ] as const
    ).map(([name, counts]) => `  ${name.padEnd(8)}${countsText(counts)}`),
    ...letters.map((letter) => `    ${letterText(letter)}`),
    ...(rest > 0 ? [`    and ${rest} more`] : []),
    ...audits,
  ]
}

const auditText = ({ action, verb, atMs, by, filter, letters }: Audit): string => {
  const which = filter === '{}' ? 'all' : cut(filter)
  return `${secondOf(atMs)}  ${verb === 'skip' ? 'skipped' : 'redriven'}: ${lettersText(letters)} by ${by}, ${which}, action ${action}`
}

const countsText = (counts: Counts): string => counts.map(({ value, letters }) => `${value} ${letters}`).join(', ')

/** One line: when, why, which, and the first words of the error. */
export function letterText({ diedAtMs, reason, about, key, attempts, redrives }: Letter): string {
  const tries = `${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}${redrives > 0 ? `, redriven ${times(redrives)}` : ''}`
  return [
    secondOf(diedAtMs),
    reason.code,
    about,
    ...(key === null || key === about ? [] : [`key ${key}`]),
    tries,
    cut(reason.message.split('\n', 1)[0]!),
  ].join('  ')
}

export function detailLines(letter: LetterDetail): readonly string[] {
  const { id, group, about, type, run, redrives, key, reason, attempts, attemptsBefore, origin, at, headers } = letter
  const { firstFailedAtMs, diedAtMs, worker, schemaId, valueBytes, value, dealt } = letter
  const before = attemptsBefore > 0 ? `, and ${attemptsBefore} in rounds before` : ''
  const first = firstFailedAtMs === undefined ? '' : `, the first failed ${isoTime(firstFailedAtMs)}`
  const facts: readonly (readonly [string, string])[] = [
    ['letter', id],
    ['group', group],
    ['about', `${about}, type ${type}, run ${run}${redrives > 0 ? `, redriven ${times(redrives)}` : ''}`],
    [
      'state',
      dealt ? `${letter.state} ${isoTime(dealt.at.getTime())} by ${dealt.by}, action ${dealt.action}` : letter.state,
    ],
    ['reason', `${reason.code}: ${reason.message}`],
    ['attempts', `${attempts}${before}${first}`],
    ['given up', `${isoTime(diedAtMs)}${worker === undefined ? '' : ` by ${worker}`}`],
    ['key', key === null ? 'none' : key],
    ['from', placeText(origin)],
    ['lies in', placeText(at)],
    ['value', `${valueBytes} bytes${schemaId === undefined ? '' : `, schema ${schemaId}`}`],
  ]
  return [
    ...facts.flatMap(([name, text]) => `${name.padEnd(10)}${text}`),
    ...valueLines(value),
    ...(reason.stack === undefined ? [] : ['stack', ...reason.stack.split('\n').map((line) => `  ${line.trim()}`)]),
    'headers',
    ...headers
      .filter(({ name }) => !name.startsWith('errand-dead-'))
      .map(({ name, value: text }) => `  ${name}: ${text}`),
  ].map(printable)
}

function valueLines(value: LetterDetail['value']): readonly string[] {
  switch (value.kind) {
    case 'none':
      return []
    case 'json':
      return JSON.stringify(value.json, undefined, 2)
        .split('\n')
        .map((line) => `  ${line}`)
    case 'bytes':
      return [`  not readable: ${value.why}`, `  base64 ${value.base64}`]
    default:
      return value satisfies never
  }
}

const plannedShown = 20

/** What a redrive would do, exactly. */
export function planLines({
  group,
  letters,
  parked,
  pastDeadline,
  destinations,
  first,
}: RedrivePlan): readonly string[] {
  if (letters + parked === 0) return [`${group}: no open letter matches.`]
  const more = letters + parked - Math.min(first.length, plannedShown)
  return [
    `${group}: ${lettersText(letters)} would go`,
    ...destinations.map(({ topic, partition, letters: count }) => `  ${count} to ${topic}, partition ${partition}`),
    ...warningLines({ parked, pastDeadline }),
    ...first.slice(0, plannedShown).map((each) => `    ${plannedText(each)}`),
    ...(more > 0 ? [`    and ${more} more`] : []),
  ].map(printable)
}

/** What a skip would close. */
export function skipLines({ group, letters, parked, first }: RedrivePlan): readonly string[] {
  const count = letters + parked
  if (count === 0) return [`${group}: no open letter matches.`]
  const more = count - Math.min(first.length, plannedShown)
  return [
    `${group}: ${lettersText(count)} would be closed`,
    ...first.slice(0, plannedShown).map(({ letter }) => `    ${letterText(letter)}`),
    ...(more > 0 ? [`    and ${more} more`] : []),
  ].map(printable)
}

const plannedText = ({ letter, does, run }: PlannedLetter): string =>
  `${does === 'park' ? 'parked' : `run ${run}`}  ${letterText(letter)}`

/** What whoever says yes should know before. */
export const warningLines = ({
  parked,
  pastDeadline,
}: Pick<RedrivePlan, 'parked' | 'pastDeadline'>): readonly string[] => [
  ...(parked > 0
    ? [`  ${lettersText(parked)} redriven too often would be parked instead; --id sends one all the same`]
    : []),
  ...(pastDeadline > 0 ? [`  ${pastDeadline} of them past their deadline: they would end as expired`] : []),
]

const verdicts = {
  succeeded: 'succeeded',
  handled: 'was handled',
  rejected: 'was rejected, which its client is told',
  died: 'was given up again',
  putOff: 'failed, and is tried again later',
  none: 'has not come to an end yet',
} as const satisfies Record<Extract<RedriveEvent, { kind: 'verdict' }>['verdict'], string>

export const verdictText = ({ letter, verdict, why }: Extract<RedriveEvent, { kind: 'verdict' }>): string =>
  printable(`trial: ${letter.about} ${verdicts[verdict]}${why === undefined ? '' : `: ${cut(why)}`}`)

const placeText = ({ topic, partition, offset }: Letter['at']): string =>
  `${topic}, partition ${partition}, offset ${offset}`

const secondOf = (timeMs: number): string => isoTime(timeMs).replace(/\.\d+Z$/, 'Z')
const times = (count: number): string => (count === 1 ? 'once' : `${count} times`)

const longest = 100
const cut = (text: string): string => (text.length > longest ? `${text.slice(0, longest - 1)}…` : text)
