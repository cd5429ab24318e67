// A blast radius for a person's eyes.
import { type Blast, type CountedReason, type CountedWriter, type Counts, placeText } from '../../schemas/gate/blast.ts'
import type { FieldChange, HandlerChanges } from '../../schemas/gate/fieldChanges.ts'
import { printable } from '../printable.ts'

export function blastLines(blast: Blast): readonly string[] {
  const { topic, proposals, isWhole, sinceMs, records, letters, handlers } = blast
  const proposed = proposals.map(
    ({ series, version, released }) => `${series} v${version}${released === undefined ? '' : ` (now: v${released})`}`,
  )
  const since = sinceMs === undefined ? '' : ` since ${time(sinceMs)}`
  return [
    `${topic}${since}, read with ${proposed.join(', ')}`,
    ...(isWhole ? [] : ['  INTERRUPTED: this is what was counted so far']),
    ...countLines(records, 'record'),
    ...letters.flatMap((counts) => countLines(counts, 'open dead letter', ` of ${counts.group}`)),
    ...(handlers.length > 0 ? ['  declared fields that change', ...handlers.flatMap(handlerLines)] : []),
  ].map(printable)
}

function countLines(counts: Counts, one: string, of = ''): readonly string[] {
  const { records, span, alike, otherwise, fails, broken, mended, others, writers, reasons, uncounted } = counts
  if (!span) return [`  no ${one}s${of}`]
  const nowText = broken === fails ? '' : broken === 0 ? ', as now' : `, ${number(fails - broken)} of them as now`
  return [
    `  ${number(records)} ${records === 1 ? one : `${one}s`}${of}, ${time(span.fromMs)} to ${time(span.toMs)}`,
    ...(writers.length > 0 ? [`    written with ${writers.map(writerText).join(', ')}`] : []),
    `    ${number(alike)} read alike, ${number(otherwise)} read otherwise, ${number(fails)} not read${nowText}`,
    ...(others > 0 ? [`    ${number(others)} of other schemas, not looked at`] : []),
    ...(mended > 0 ? [`    → ${number(mended)} of these are not read now: redrive them once this version runs`] : []),
    ...reasons.flatMap(reasonLines),
    ...(uncounted > 0 ? [`    ${number(uncounted)} times another writer or reason than the first hundred`] : []),
  ]
}

const writerText = ({ id, version, name, records }: CountedWriter): string =>
  `${version === undefined ? name : `v${version}`} (id ${id}): ${number(records)}`

function reasonLines({ type, at, message, hint, records, broken, example }: CountedReason): readonly string[] {
  const head = broken > 0 ? `✗ ${number(broken)} read no more` : `- ${number(records)} not read, as now`
  const rest = broken > 0 && broken < records ? `, ${number(records - broken)} not read, as now` : ''
  return [
    `    ${head}${rest}: ${type}${at === '/' ? '' : ` at ${at}`}, first ${placeText(example)}`,
    `        ${message}`,
    ...(hint === undefined || broken === 0 ? [] : [`        → ${hint}`]),
  ]
}

const handlerLines = ({ kind, name, reads, changes }: HandlerChanges): readonly string[] => [
  `    ${kind} ${name} (${reads}): ${changes.map(changeText).join(', ')}`,
]

export function changeText(change: FieldChange): string {
  switch (change.kind) {
    case 'added':
      return `${change.path} added: ${change.to}, ${change.older === undefined ? 'without a default' : `${change.older} in older records`}`
    case 'removed':
      return `${change.path} removed`
    case 'changed':
      return `${change.path}: ${change.from} → ${change.to}`
    default:
      return change satisfies never
  }
}

const number = (count: number): string => count.toLocaleString('en-US')

/** UTC, to the minute. */
const time = (ms: number): string => `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`
