// The circuit of a group in one process. Where a handler says that what it depends on is down, nothing more of the group starts
// until the time that it names; then one record is tried alone, and when that ends in any other way all run again. Pure.
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
  | { readonly kind: 'open'; readonly untilMs: number; readonly why: string; readonly isTrying: boolean }

export const closed: Circuit = { kind: 'closed' }

export const mayStart = (circuit: Circuit, nowMs: number): boolean =>
  circuit.kind === 'closed' || (!circuit.isTrying && nowMs >= circuit.untilMs)

/** One has started that might: while it is open that is the trial. */
export const started = (circuit: Circuit): Circuit =>
  circuit.kind === 'closed' ? circuit : { ...circuit, isTrying: true }

export type Ended = { readonly isTrial: boolean; readonly found: Finding | undefined; readonly nowMs: number }

/** One has ended, the trial or one that has run since before. */
export function ended(circuit: Circuit, { isTrial, found, nowMs }: Ended): Circuit {
  if (found?.kind === 'down') {
    const untilMs = nowMs + found.forMs
    if (circuit.kind === 'closed') return { kind: 'open', untilMs, why: found.why, isTrying: false }
    const isTrying = circuit.isTrying && !isTrial
    return { ...circuit, untilMs: Math.max(circuit.untilMs, untilMs), isTrying }
  }
  if (circuit.kind === 'closed' || !isTrial) return circuit
  return found ? closed : { ...circuit, isTrying: false }
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
