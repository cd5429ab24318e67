// What a look at a server that we depend on has found, in words for the person who can mend it.
import { ErrandError } from '../app/errors.ts'

export type Finding =
  | { readonly kind: 'ok' }
  /** Nobody is there, or nobody answers: it may be there later. */
  | ({ readonly kind: 'away' } & Told)
  /** Waiting does not help: this side or the other has to be set otherwise. */
  | ({ readonly kind: 'misconfigured' } & Told)

/** Sentences; `remedy` says what to do. Neither holds a secret. */
export type Told = { readonly problem: string; readonly remedy: string }

export const away = (problem: string, remedy: string): Finding => ({ kind: 'away', problem, remedy })

export const misconfigured = (problem: string, remedy: string): Finding => ({ kind: 'misconfigured', problem, remedy })

/** `misconfigured`: not retriable; its message is problem and remedy. */
export const asMisconfigured = ({ problem, remedy }: Told, cause?: unknown): ErrandError =>
  new ErrandError('misconfigured', `${problem}\n${remedy}`, { cause })
