// The faults of a simulated run, and when they come: all from the run's seed.
import type { LineFaults } from '../kafka/memory/line.ts'
import type { Chance } from '../process/chance.ts'

/** What goes wrong. Counts are for each `settled()`; shares are from 0 to 1. */
export type Faults = LineFaults & {
  /** Processes that share the work. Default 2. */
  readonly processes: number
  /** A process dies without a drain, and another is started for it. Default 2. */
  readonly crashes: number
  /** A process joins, or drains and leaves. Default 2. */
  readonly moves: number
  /** A process loses its session while it works on, and comes back under another id, as after a long pause. Default 1. */
  readonly stalls: number
  /** Share of what `produce` writes that lies in the log twice. Default 0.05. */
  readonly duplicates: number
}

/** Delays of up to 50 ms; of the appends 5 % are refused and 5 % unanswered, which are then written again. */
export const defaultFaults: Faults = {
  processes: 2,
  crashes: 2,
  moves: 2,
  stalls: 1,
  duplicates: 0.05,
  maxDelayMs: 50,
  refused: 0.05,
  unanswered: 0.05,
}

export type Fault = 'crash' | 'move' | 'stall'

/** The faults of one `settled()` in the order in which they come. */
export function faultsInOrder({ crashes, moves, stalls }: Faults, chance: Chance): readonly Fault[] {
  const all = (['crash', 'move', 'stall'] as const).flatMap((fault) =>
    Array.from({ length: { crash: crashes, move: moves, stall: stalls }[fault] }, () => ({ fault, at: chance() })),
  )
  return all.sort((one, other) => one.at - other.at).map(({ fault }) => fault)
}

/** From 1 ms to 8 s, as often in each order of magnitude: so that work is met, however fast it is. */
export const gapMs = (chance: Chance): number => Math.floor(2 ** (chance() * 13))

/** One of them. */
export const drawn = <T>(all: readonly T[], chance: Chance): T | undefined => all[Math.floor(chance() * all.length)]
