// What lies between a process and the cluster in memory: how long a call takes, whether it arrives, whether its answer does.
import { setImmediate as turn } from 'node:timers/promises'
import type { Chance } from '../../process/chance.ts'
import type { Clock } from '../../process/clock.ts'
import type { AppendFault } from './broker.ts'

export type Line = {
  /** Resolves when a call has arrived at the broker. */
  arrive(): Promise<void>
  /** Resolves when the broker's answer is back. */
  answer(): Promise<void>
  /** Asked for each append, of a transaction too. */
  readonly fault: AppendFault
}

/** Every call arrives in the next turn of the event loop and is answered at once. */
export const plainLine: Line = {
  arrive: () => turn(),
  answer: () => Promise.resolve(),
  fault: () => undefined,
}

export type LineFaults = {
  /** Longest way of a call and of its answer, each; ms. */
  readonly maxDelayMs: number
  /** Share of the appends of which the broker writes nothing. */
  readonly refused: number
  /** Share of the appends that are written, and of which nobody hears. */
  readonly unanswered: number
}

/** A line with faults: the same for the same `chance`. */
export function faultyLine(
  { maxDelayMs, refused, unanswered }: LineFaults,
  { chance, clock }: { readonly chance: Chance; readonly clock: Clock },
): Line {
  const way = (): Promise<void> => {
    const delayMs = Math.floor(chance() * (maxDelayMs + 1))
    return delayMs > 0 ? clock.sleep(delayMs) : turn()
  }
  return {
    arrive: way,
    answer: way,
    fault: () => {
      const drawn = chance()
      return drawn < refused ? 'refused' : drawn < refused + unanswered ? 'unanswered' : undefined
    },
  }
}

const never = new Promise<never>(() => undefined)

/** A line that can be cut: from then on nothing arrives, and nothing is answered any more. */
export function cuttable(line: Line): Line & { cut(): void } {
  let isCut = false
  const unlessCut = async (way: Promise<void>): Promise<void> => {
    await way
    if (isCut) await never
  }
  return {
    ...line,
    arrive: () => unlessCut(line.arrive()),
    answer: () => unlessCut(line.answer()),
    cut: () => {
      isCut = true
    },
  }
}
