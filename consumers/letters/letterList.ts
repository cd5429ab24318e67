// What an operator is shown of a group's letters: the newest of those that are asked for, what they have in common, and one as
// a whole. Letters pass by; only those that are shown are kept.

import { controlName, type FailingGroup } from '../../kafka/catalogue.ts'
import type { LogRecord } from '../../kafka/log.ts'
import type { Codec } from '../../schemas/codec.ts'
import { toJson } from '../../schemas/json/json.ts'
import type { DeadState } from '../../schemas/platform/generated.ts'
import type { Letter, LetterState } from './letter.ts'
import { type LetterFilter, matching } from './letterFilter.ts'
import { type Histogram, HistogramOfLetters } from './letterHistogram.ts'
import { scanLetters } from './letterScan.ts'
import { type ReadingStates, readStates } from './letterStates.ts'

export type GroupLetters = {
  readonly group: string
  /** All that there are, doubles of one id counted once; of them those that are open, and those that were asked for. */
  readonly total: number
  readonly open: number
  readonly matching: number
  /** Of the matching ones, the newest first. */
  readonly letters: readonly Letter[]
  /** Of all that match. */
  readonly histogram: Histogram
  /** The last things that operators have done with letters of the group, the newest first. */
  readonly audits: readonly Audit[]
}

/** Who did what, when, to which letters and how many. */
export type Audit = {
  readonly action: string
  readonly verb: 'redrive' | 'skip'
  readonly atMs: number
  readonly by: string
  /** As JSON. */
  readonly filter: string
  readonly letters: number
}

/** How many are told. */
const maxAudits = 10

export type ListOptions = {
  /** How many letters of a group are listed. */
  readonly limit: number
  /** Default `open`. */
  readonly state?: LetterState
  readonly signal?: AbortSignal | undefined
}

/** Rejects as the log does, and with the signal's reason. */
export async function listLetters(
  reading: ReadingStates,
  group: FailingGroup,
  filter: LetterFilter,
  { limit, state = 'open', signal }: ListOptions,
): Promise<GroupLetters> {
  const isMeant = matching(filter)
  const histogram = new HistogramOfLetters()
  const newest = new Newest(limit)
  const { states, audits } = await readStanding(reading, group, signal)
  let [total, open, meant] = [0, 0, 0]
  for await (const { letter } of scanLetters(reading, group, { states, ...(signal && { signal }) })) {
    total += 1
    if (letter.state === 'open') open += 1
    if (letter.state !== state || !isMeant(letter)) continue
    meant += 1
    histogram.add(letter)
    newest.add(letter)
  }
  const letters = newest.all
  return { group: controlName(group), total, open, matching: meant, letters, histogram: histogram.counts, audits }
}

async function readStanding(reading: ReadingStates, { failures }: FailingGroup, signal: AbortSignal | undefined) {
  const states = new Map<string, LetterState>()
  const audits: Audit[] = []
  const onState = (id: string, state: DeadState): void => {
    if (state.kind !== 'audit') return void states.set(id, state.kind)
    const { action, at, by, filter, letters } = state
    const verb = id.startsWith('skip/') ? 'skip' : 'redrive'
    const index = audits.findIndex((audit) => audit.action === action) // of one action the last one counts
    if (index >= 0) audits.splice(index, 1)
    audits.push({ action, verb, atMs: at.getTime(), by, filter: filter ?? '{}', letters: letters ?? 0 })
    if (audits.length > maxAudits) audits.shift()
  }
  await readStates(reading, failures, onState, signal)
  return { states, audits: audits.reverse() }
}

/** The newest of what is added. */
class Newest {
  readonly #limit: number
  #kept: Letter[] = []

  constructor(limit: number) {
    this.#limit = limit
  }

  add(letter: Letter): void {
    this.#kept.push(letter)
    if (this.#kept.length >= 2 * this.#limit + 100) this.#kept = [...this.all]
  }

  get all(): readonly Letter[] {
    return this.#kept.toSorted((a, b) => b.diedAtMs - a.diedAtMs).slice(0, this.#limit)
  }
}

/** A letter's value: as JSON in its writer's schema where it can be read, else its bytes. */
export type LetterValue =
  | { readonly kind: 'none' }
  /** `record`: the schema's name; absent where the value is JSON text itself. */
  | { readonly kind: 'json'; readonly record?: string; readonly json: unknown }
  | { readonly kind: 'bytes'; readonly why: string; readonly base64: string }

export type LetterDetail = Letter & {
  /** In their order; what is not text is `base64:…`. */
  readonly headers: readonly { readonly name: string; readonly value: string }[]
  readonly value: LetterValue
  /** What has become of it. */
  readonly dealt?: Dealt
}

type Dealt = Pick<DeadState, 'kind' | 'at' | 'by' | 'action' | 'edited'>

/** Undefined for an id that no letter has. Rejects as log and registry do, and with the signal's reason. */
export async function showLetter(
  reading: ReadingStates,
  group: FailingGroup,
  id: string,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<LetterDetail | undefined> {
  const options = { ...partitionOf(group, id), ...(signal && { signal }) }
  for await (const { letter, record } of scanLetters(reading, group, options)) {
    if (letter.id !== id) continue
    let dealt: DeadState | undefined
    const onState = (of: string, state: DeadState): void => {
      if (of === id) dealt = state
    }
    await readStates(reading, group.failures, onState, signal)
    const headers = [...record.headers].flatMap(([name, values]) =>
      values.map((value) => ({ name, value: textOf(value) ?? `base64:${value.toString('base64')}` })),
    )
    return { ...letter, headers, value: await readValue(reading.codec, record), ...(dealt && { dealt: told(dealt) }) }
  }
  return undefined
}

const told = ({ kind, at, by, action, edited }: DeadState): Dealt => ({ kind, at, by, action, edited })

/** A letter lies in the partition of the number that its record had first; those of `delay` have one alone. */
function partitionOf({ role }: FailingGroup, id: string): { readonly partition?: number } {
  const [, partition] = /\/(\d{1,9})\/\d+\/\d+$/.exec(id) ?? []
  return role === 'delay' || partition === undefined ? {} : { partition: Number(partition) }
}

async function readValue(codec: Codec, { value }: LogRecord): Promise<LetterValue> {
  if (value === null) return { kind: 'none' }
  try {
    const { record, value: written } = await codec.decodeAsWritten(value)
    return { kind: 'json', record: record.name, json: toJson(record.schema, written) }
  } catch (error) {
    const json = jsonOf(value)
    if (json !== undefined) return { kind: 'json', json }
    return { kind: 'bytes', why: (error as Error).message, base64: value.toString('base64') }
  }
}

function jsonOf(value: Buffer): unknown {
  try {
    return JSON.parse(textOf(value) ?? '')
  } catch {
    return undefined
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function textOf(bytes: Buffer): string | undefined {
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
}
