// Goes over a group's letters, from the oldest on, in the order of each partition: a stream, of which nothing is kept but ids.
// A crash between a letter and its commit leaves two of one id; the first one counts.
import type { FailingGroup } from '../../kafka/catalogue.ts'
import type { LogRecord } from '../../kafka/log.ts'
import { type DeadLetter, type Letter, type LetterState, readLetter } from './letter.ts'
import { type ReadingStates, readStates } from './letterStates.ts'

export type Scanned = { readonly letter: Letter; readonly record: LogRecord }

export type ScanOptions = {
  /** Only of this partition. Default: of all. */
  readonly partition?: number
  readonly signal?: AbortSignal
  /** The states as they are; asked for where they are not given. */
  readonly states?: ReadonlyMap<string, LetterState>
}

/** All letters that are there as this begins. Rejects as the log does. */
export async function* scanLetters(
  reading: ReadingStates,
  group: FailingGroup,
  { partition, signal, states }: ScanOptions = {},
): AsyncGenerator<Scanned> {
  const { dead } = group.failures
  const from = partition === undefined ? 'earliest' : new Map([[partition, 0n]])
  const known = states ?? (await letterStates(reading, group, signal))
  const isFirst = firsts()
  for await (const record of reading.log.read(dead, { from, ...(signal && { signal }) })) {
    const letter = readLetter(group, record)
    if (isFirst(letter)) yield { record, letter: { ...letter, state: known.get(letter.id) ?? 'open' } }
  }
}

/** By letter id; those that are open have none. */
export async function letterStates(
  reading: ReadingStates,
  { failures }: FailingGroup,
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, LetterState>> {
  const states = new Map<string, LetterState>()
  await readStates(
    reading,
    failures,
    (id, { kind }) => {
      if (kind !== 'audit') states.set(id, kind)
    },
    signal,
  )
  return states
}

/** A function that tells of each letter whether it is the first of its id. */
export function firsts(): (letter: Pick<DeadLetter, 'id'>) => boolean {
  const seen = new Set<string>()
  return ({ id }) => {
    const before = seen.size
    seen.add(id)
    return seen.size > before
  }
}
