// Which letters an operator means. Pure.
import type { DeadLetter, Letter } from './letter.ts'

/** All that is given must hold; an empty one means all. */
export type LetterFilter = {
  /** The reason's. */
  readonly code?: string
  readonly key?: string
  /** When it was given up, ms since the epoch: from … on. */
  readonly sinceMs?: number
  /** … and before. */
  readonly untilMs?: number
  /** Of the letter, or of its request or event. */
  readonly id?: string
  /** Anywhere in code, message or stack; case does not matter. */
  readonly text?: string
}

/** A function that tells whether a letter is meant. */
export function matching(filter: LetterFilter): (letter: DeadLetter) => boolean {
  const { code, key, sinceMs = Number.NEGATIVE_INFINITY, untilMs = Number.POSITIVE_INFINITY, id, text } = filter
  const wanted = text?.toLowerCase()
  return ({ id: own, about, key: ownKey, reason, diedAtMs }) =>
    (code === undefined || reason.code === code) &&
    (key === undefined || ownKey === key) &&
    diedAtMs >= sinceMs &&
    diedAtMs < untilMs &&
    (id === undefined || own === id || about === id) &&
    (wanted === undefined || [reason.code, reason.message, reason.stack].join('\n').toLowerCase().includes(wanted))
}

/** Whether a letter can be dealt with: one that is open, or, where it is named by its id, one that has been parked. */
export const isToDo = ({ state }: Pick<Letter, 'state'>, { id }: LetterFilter): boolean =>
  state === 'open' || (state === 'parked' && id !== undefined)
