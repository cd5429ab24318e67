// How many of a group's newest letters nobody has dealt with: for whoever only wants to know whether to look. What it costs does
// not grow with the letters, only with what has become of them.
import type { FailingGroup } from '../../kafka/catalogue.ts'
import { type DeadLetter, readLetter } from './letter.ts'
import { type Counts, HistogramOfLetters } from './letterHistogram.ts'
import { firsts, letterStates } from './letterScan.ts'
import type { ReadingStates } from './letterStates.ts'

export type OpenLetters = {
  readonly open: number
  readonly parked: number
  /** Of the open ones; undefined where there are none. */
  readonly oldestDiedAtMs: number | undefined
  /** Of the open ones. */
  readonly reasons: Counts
  /** Older letters have not been looked at. */
  readonly isPart: boolean
}

/** Looks at about `most` letters. Rejects as log and registry do, and with the signal's reason. */
export async function openLetters(
  reading: ReadingStates,
  group: FailingGroup,
  { most, signal }: { readonly most: number; readonly signal: AbortSignal },
): Promise<OpenLetters> {
  const offsets = (await reading.log.admin.offsets(group.failures.dead)).filter(({ low, high }) => low < high)
  if (offsets.length === 0) return { open: 0, parked: 0, oldestDiedAtMs: undefined, reasons: [], isPart: false }
  const each = BigInt(Math.ceil(most / offsets.length))
  const from = new Map(offsets.map(({ partition, low, high }) => [partition, high - low > each ? high - each : low]))
  const [letters, states] = await Promise.all([
    lettersFrom(reading, group, from, signal),
    letterStates(reading, group, signal),
  ])
  const open = letters.filter(({ id }) => !states.has(id))
  const histogram = new HistogramOfLetters()
  for (const letter of open) histogram.add(letter)
  return {
    open: open.length,
    parked: letters.filter(({ id }) => states.get(id) === 'parked').length,
    oldestDiedAtMs: open.length === 0 ? undefined : Math.min(...open.map(({ diedAtMs }) => diedAtMs)),
    reasons: histogram.counts.code,
    isPart: offsets.some(({ partition, low }) => from.get(partition) !== low),
  }
}

async function lettersFrom(
  { log }: ReadingStates,
  group: FailingGroup,
  from: ReadonlyMap<number, bigint>,
  signal: AbortSignal,
): Promise<readonly DeadLetter[]> {
  const letters: DeadLetter[] = []
  const isFirst = firsts()
  for await (const record of log.read(group.failures.dead, { from, signal })) {
    const letter = readLetter(group, record)
    if (isFirst(letter)) letters.push(letter)
  }
  return letters
}
