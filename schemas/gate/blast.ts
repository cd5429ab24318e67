// The blast radius of a proposed version: what becomes of the records and dead letters that a topic really holds. A fold, which
// keeps counts and the first place of each reason, never a payload, and no more of them the more there is to read.
import type { TopicPartition } from '../../kafka/log.ts'
import type { BlastTopic, Proposal } from './blastTopic.ts'
import type { HandlerChanges } from './fieldChanges.ts'
import type { GateFinding } from './finding.ts'
import type { Judged, Reason, Writer } from './recordJudge.ts'

export type Place = TopicPartition & { readonly offset: bigint }

export type CountedReason = Reason & {
  /** Absent where it cannot be told whose record it is. */
  readonly series?: string
  /** How many records have it; one may have several. */
  readonly records: number
  /** How many of them are read now: those that the proposed version breaks. */
  readonly broken: number
  /** The first record that has it. */
  readonly example: Place
}

export type CountedWriter = Writer & { readonly series?: string; readonly records: number }

export type Counts = {
  readonly records: number
  /** Of the earliest and of the latest record; absent where there is none. */
  readonly span?: { readonly fromMs: number; readonly toMs: number }
  /** Read with the proposed version as what was written, or as what JSON was read as until now. */
  readonly alike: number
  /** Read, and the value is another: a field more or less, a default, another type. */
  readonly otherwise: number
  readonly fails: number
  /** Of those that fail: what is read now. */
  readonly broken: number
  /** Not read now, and read with the proposed version; only told of letters. */
  readonly mended: number
  /** Of series that are not looked at. */
  readonly others: number
  /** The most frequent first. Of JSON there are none. */
  readonly writers: readonly CountedWriter[]
  /** The most frequent first. */
  readonly reasons: readonly CountedReason[]
  /** How often there was a writer or reason beyond the first hundred. */
  readonly uncounted: number
}

export type Blast = {
  readonly topic: string
  readonly proposals: readonly { readonly series: string; readonly version: number; readonly released?: number }[]
  /** Whether everything was read; not where somebody interrupted it. */
  readonly isWhole: boolean
  /** Only records and letters of then or later. */
  readonly sinceMs?: number
  readonly records: Counts
  /** The open dead letters of the topic, by the group that gave them up. */
  readonly letters: readonly (Counts & { readonly group: string })[]
  readonly handlers: readonly HandlerChanges[]
}

export const proposalView = ({ series, version, released }: Proposal): Blast['proposals'][number] => ({
  series,
  version,
  ...(released && { released: released.version }),
})

const maxKinds = 100

type Counted<T> = { -readonly [Key in keyof T]: T[Key] }

/** Counts what is added. */
export class Tally {
  readonly #writers = new Map<number, Counted<CountedWriter>>()
  readonly #reasons = new Map<string, Counted<CountedReason>>()
  readonly #counts = { records: 0, alike: 0, otherwise: 0, fails: 0, broken: 0, mended: 0, others: 0, uncounted: 0 }
  #fromMs = Number.POSITIVE_INFINITY
  #toMs = Number.NEGATIVE_INFINITY

  add(record: Place & { readonly timestampMs: number }, judged: Judged): void {
    const counts = this.#counts
    counts.records += 1
    this.#fromMs = Math.min(this.#fromMs, record.timestampMs)
    this.#toMs = Math.max(this.#toMs, record.timestampMs)
    if (judged.kind === 'other') counts.others += 1
    else counts[judged.kind] += 1
    if (judged.writer) this.#addWriter(judged.writer, judged.proposal?.series)
    if (judged.kind === 'fails') {
      if (judged.isReadNow) counts.broken += 1
      for (const reason of judged.reasons) this.#addReason(reason, record, judged)
    } else if (judged.isReadNow === false) counts.mended += 1
  }

  get records(): number {
    return this.#counts.records
  }

  get counts(): Counts {
    const span = this.#counts.records > 0 ? { span: { fromMs: this.#fromMs, toMs: this.#toMs } } : {}
    const most = <T extends { readonly records: number }>(all: Iterable<T>): readonly T[] =>
      [...all].map((each) => ({ ...each })).sort((one, other) => other.records - one.records)
    return { ...this.#counts, ...span, writers: most(this.#writers.values()), reasons: most(this.#reasons.values()) }
  }

  #addWriter(writer: Writer, series: string | undefined): void {
    const known = this.#writers.get(writer.id)
    if (known) known.records += 1
    else if (this.#writers.size < maxKinds)
      this.#writers.set(writer.id, { ...writer, ...(series === undefined ? {} : { series }), records: 1 })
    else this.#counts.uncounted += 1
  }

  #addReason(reason: Reason, { topic, partition, offset }: Place, { proposal, isReadNow = false }: Judged): void {
    const { type, at, message } = reason
    const key = `${proposal?.series} ${type} ${at} ${message}`
    const broken = isReadNow ? 1 : 0
    const known = this.#reasons.get(key)
    if (known) {
      known.records += 1
      known.broken += broken
    } else if (this.#reasons.size < maxKinds) {
      const series = proposal ? { series: proposal.series } : {}
      this.#reasons.set(key, { ...reason, ...series, records: 1, broken, example: { topic, partition, offset } })
    } else this.#counts.uncounted += 1
  }
}

export const placeText = ({ topic, partition, offset }: Place): string => `${topic}/${partition}@${offset}`

/** What the gate holds against the proposed versions: each reason for which something is read no more, and that not all was read. */
export function blastFindings(
  { topic, isWhole, records, letters }: Blast,
  { proposals }: Pick<BlastTopic, 'proposals'>,
): readonly GateFinding[] {
  const found = (counts: Counts, what: string): readonly GateFinding[] =>
    counts.reasons.flatMap(({ series, at, message, hint, broken, example }) => {
      const proposal = proposals.find((each) => each.series === series)
      if (!proposal || broken === 0) return []
      const { version, path, released } = proposal
      return {
        ...({ severity: 'runtime', type: 'RECORDS_FAIL', at, series: proposal.series, version, path } as const),
        ...(released && { against: released.version }),
        message: `v${version} does not read ${broken} of ${counts.records} ${what}${released ? ` that v${released.version} reads` : ''}, such as ${placeText(example)}. ${message}`,
        ...(hint === undefined ? {} : { hint }),
      }
    })
  return [
    ...(isWhole ? [] : proposals.slice(0, 1).map((each) => notReadWhole(topic, each))),
    ...found(records, 'records'),
    ...letters.flatMap((counts) => found(counts, `open dead letters of ${counts.group}`)),
  ]
}

/** Told of the first: nothing is known of any. */
const notReadWhole = (topic: string, { series, version, path }: Proposal): GateFinding => ({
  ...{ severity: 'runtime', type: 'TOPIC_NOT_READ_WHOLE', at: '/', series, version, path },
  message: `${topic} was not read to its end: what was not read may not be readable with v${version}.`,
  hint: 'Let it run to its end, or ask for less with --since.',
})
