// Letters in batches, and the appends that deal with a batch: copies, states, audit. Pure but for the seal.
import type { FailingGroup } from '../../kafka/catalogue.ts'
import type { Append, NewRecord, TopicPartition } from '../../kafka/log.ts'
import { recordBytes } from '../../kafka/recordBytes.ts'
import type { Encode } from '../../schemas/codec.ts'
import type { DeadStateInit } from '../../schemas/platform/generated.ts'
import type { Platform } from '../role.ts'
import type { Letter, LetterState } from './letter.ts'
import type { LetterFilter } from './letterFilter.ts'
import { copyOf, type Does, placeOfCopy } from './letterPlan.ts'
import type { Scanned } from './letterScan.ts'
import { stateRecord } from './letterStates.ts'

/** What is done to letters, by whom, and to which. */
export type Action = {
  /** Of all that an operator's one command does; `redrive/<id>` or `skip/<id>` holds the audit. */
  readonly id: string
  readonly verb: 'redrive' | 'skip'
  readonly by: string
  readonly filter: LetterFilter
  readonly does: (letter: Letter) => Does | 'skip' | undefined
  /** By letter id: bytes in place of a letter's own. */
  readonly edited: ReadonlyMap<string, Buffer>
}

export type Step = Scanned & { readonly does: Does | 'skip' }

/** How much an action has done. */
export type Tally = { readonly redriven: number; readonly skipped: number; readonly parked: number }

/** Batches are large, for a transaction has its price; two are held at a time. Each send is well below `max.message.bytes`. */
const [batchLetters, batchBytes, sendBytes] = [2_000, 4_194_304, 524_288]

/** What is to be dealt with; ends with the last that may be sent. */
export async function* batches(
  scan: AsyncIterable<Scanned>,
  does: Action['does'],
  { maxLetters = batchLetters, maxSent }: { readonly maxLetters?: number; readonly maxSent: number },
): AsyncGenerator<readonly Step[]> {
  const most = Math.max(1, Math.min(batchLetters, maxLetters))
  let batch: Step[] = []
  let bytes = 0
  let sent = 0
  if (maxSent <= 0) return
  for await (const scanned of scan) {
    const doing = does(scanned.letter)
    if (doing === undefined) continue
    batch.push({ ...scanned, does: doing })
    bytes += recordBytes(scanned.record)
    if (doing === 'send' && ++sent >= maxSent) break
    if (batch.length < most && bytes < batchBytes) continue
    yield batch
    batch = []
    bytes = 0
  }
  if (batch.length > 0) yield batch
}

/** The tally after a batch. */
export const adding = ({ redriven, skipped, parked }: Tally, batch: readonly Step[]): Tally => {
  const count = (doing: Step['does']): number => batch.reduce((sum, { does }) => sum + (does === doing ? 1 : 0), 0)
  return { redriven: redriven + count('send'), skipped: skipped + count('skip'), parked: parked + count('park') }
}

/** A batch, and what deals with it: all but the audit, which counts what was done before. */
export type Prepared = {
  readonly batch: readonly Step[]
  readonly copies: readonly Append[]
  readonly states: readonly NewRecord[]
}

type Preparing = Pick<Platform, 'keyring' | 'clock'>

/** The copies by partition, each in the order of its letters, and the states. */
export function prepare(
  { keyring, clock }: Preparing,
  group: FailingGroup,
  { id, by, edited }: Action,
  encode: Encode<DeadStateInit>,
  batch: readonly Step[],
): Prepared {
  const copies = new Map<number, NewRecord[]>()
  for (const step of batch) {
    if (step.does !== 'send') continue
    const { partition } = placeOfCopy(group, step.letter)
    const own = copies.get(partition) ?? []
    copies.set(partition, own)
    own.push(copyOf(keyring, group, step, edited.get(step.letter.id)))
  }
  const common = { at: new Date(clock.now()), by, action: id }
  const states = batch.map(({ does, letter }) =>
    stateRecord(encode, letter.id, {
      ...common,
      kind: kindOf[does],
      edited: does === 'send' && edited.has(letter.id),
    }),
  )
  const { retry: topic } = group.failures
  const sends = [...copies].flatMap(([partition, records]) => inParts({ topic, partition }, records))
  return { batch, copies: sends, states }
}

/** All of it, with the audit of what has been done with this batch. */
export function appendsOf(
  { clock }: Pick<Platform, 'clock'>,
  { failures: { state: topic } }: FailingGroup,
  { id, verb, by, filter, edited }: Action,
  encode: Encode<DeadStateInit>,
  { copies, states, tally }: Omit<Prepared, 'batch'> & { readonly tally: Tally },
): readonly Append[] {
  const audit = stateRecord(encode, `${verb}/${id}`, {
    ...{ kind: 'audit', at: new Date(clock.now()), by, action: id, edited: edited.size > 0 },
    filter: JSON.stringify(filter),
    letters: verb === 'skip' ? tally.skipped : tally.redriven,
  })
  return [...copies, ...inParts({ topic, partition: 0 }, [...states, audit])]
}

const kindOf = { send: 'redriven', park: 'parked', skip: 'skipped' } as const satisfies Record<
  Step['does'],
  LetterState
>

/** Appends of a size that a topic takes; a record that is larger goes alone. */
function inParts(to: TopicPartition, records: readonly NewRecord[]): readonly Append[] {
  const parts: NewRecord[][] = []
  let room = 0
  for (const record of records) {
    const bytes = recordBytes(record)
    if (parts.length === 0 || bytes > room) {
      parts.push([])
      room = sendBytes
    }
    parts.at(-1)!.push(record)
    room -= bytes
  }
  return parts.map((each) => ({ ...to, records: each }))
}
