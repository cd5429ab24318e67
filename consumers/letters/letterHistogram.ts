// What letters have in common: how many died of what, of which type, on which day, under which schema. Pure, and bounded:
// whoever writes to a topic may bring ever new types.
import type { DeadLetter } from './letter.ts'

/** Most frequent first; days in order. What does not fit is counted as `others`, which is last. */
export type Counts = readonly { readonly value: string; readonly letters: number }[]

export type Histogram = {
  readonly code: Counts
  readonly type: Counts
  /** In UTC, `2026-11-29`. */
  readonly day: Counts
  /** Schema ids; `none` for values without one. */
  readonly schema: Counts
}

/** How many values are counted apart, each. */
export const maxCounts = 50

export class HistogramOfLetters {
  readonly #code = new Counter()
  readonly #type = new Counter()
  readonly #day = new Counter()
  readonly #schema = new Counter()

  add({ reason, type, diedAtMs, schemaId }: Pick<DeadLetter, 'reason' | 'type' | 'diedAtMs' | 'schemaId'>): void {
    this.#code.add(reason.code)
    this.#type.add(type)
    this.#day.add(dayOf(diedAtMs))
    this.#schema.add(schemaId === undefined ? 'none' : String(schemaId))
  }

  get counts(): Histogram {
    const day = this.#day.counts
    return {
      code: this.#code.counts,
      type: this.#type.counts,
      day: [...day.filter(notOthers).toSorted((a, b) => (a.value < b.value ? -1 : 1)), ...day.filter(isOthers)],
      schema: this.#schema.counts,
    }
  }
}

const others = 'others'
const isOthers = ({ value }: Counts[number]): boolean => value === others
const notOthers = (count: Counts[number]): boolean => !isOthers(count)

const dayOf = (timeMs: number): string => new Date(timeMs).toISOString().slice(0, 10)

/** The first values that come are counted apart, whatever comes when there is no room is one of the others. */
class Counter {
  readonly #counted = new Map<string, number>()
  #others = 0

  add(value: string): void {
    const before = this.#counted.get(value)
    if (value !== others && (before !== undefined || this.#counted.size < maxCounts))
      this.#counted.set(value, (before ?? 0) + 1)
    else this.#others += 1
  }

  get counts(): Counts {
    const counted = [...this.#counted].map(([value, letters]) => ({ value, letters }))
    return [
      ...counted.toSorted((a, b) => b.letters - a.letters || (a.value < b.value ? -1 : 1)),
      ...(this.#others > 0 ? [{ value: others, letters: this.#others }] : []),
    ]
  }
}
