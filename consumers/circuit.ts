// The circuit of a group in one process. Where a handler says that what it depends on is down, nothing more of the group starts
// until the time that it names; then one record is tried alone, and when that ends in any other way all run again. A trial that
// runs for long says nothing for long: the next one is tried beside it. Pure.
//
//   closed ──down──▶ open until … ──time──▶ one runs alone ──up──▶ closed
//                      ▲  what runs goes on       │
//                      └──────────down────────────┘            it says nothing (it was aborted): the next one runs alone
import type { Logger } from '../app/context.ts'
import { isoTime } from '../process/isoTime.ts'

/** What a try came to know of what its handler depends on. */
export type Finding = { readonly kind: 'up' } | { readonly kind: 'down'; readonly forMs: number; readonly why: string }

export type Circuit =
  | { readonly kind: 'closed' }
  | {
      readonly kind: 'open'
      readonly untilMs: number
      readonly why: string
      /** Until when the trial that runs is alone; 0 where none does. */
      readonly tryingUntilMs: number
    }

export const closed: Circuit = { kind: 'closed' }

/** A trial that has run for so long does not keep the next one from starting. */
const aloneMs = 5_000

/** When the next may start, ms since the epoch. */
export const mayStartMs = (circuit: Circuit): number =>
  circuit.kind === 'closed' ? 0 : Math.max(circuit.untilMs, circuit.tryingUntilMs)

/** One has started that might: while it is open that is a trial. */
export const started = (circuit: Circuit, nowMs: number): Circuit =>
  circuit.kind === 'closed' ? circuit : { ...circuit, tryingUntilMs: nowMs + aloneMs }

export type Ended = {
  /** Of a trial: until when the circuit was open that it tried. */
  readonly trial?: number | undefined
  readonly found: Finding | undefined
  readonly nowMs: number
}

/** One has ended, a trial or one that has run since before. */
export function ended(circuit: Circuit, { trial, found, nowMs }: Ended): Circuit {
  if (found?.kind === 'down') {
    const untilMs = nowMs + found.forMs
    if (circuit.kind === 'closed') return { kind: 'open', untilMs, why: found.why, tryingUntilMs: 0 }
    const tryingUntilMs = trial === undefined ? circuit.tryingUntilMs : 0
    return { ...circuit, untilMs: Math.max(circuit.untilMs, untilMs), tryingUntilMs }
  }
  if (circuit.kind === 'closed' || trial === undefined) return circuit
  return found && trial === circuit.untilMs ? closed : { ...circuit, tryingUntilMs: 0 }
}

/** Tells of a circuit that has opened or closed. */
export const tellHeld =
  (logger: Logger) =>
  (circuit: Circuit): void => {
    if (circuit.kind === 'closed') logger.info('group.released', { why: 'what its handler depends on answers again' })
    else
      logger.warn('group.held', {
        until: isoTime(circuit.untilMs),
        reason: circuit.why,
        why: 'a handler said that what it depends on is not available: nothing more starts until then, and then one alone; no attempt is counted',
      })
  }
