// What a redrive does with each letter, and what it sends in its place. Pure but for the seal.
import { controlName, type FailingGroup, type Group } from '../../kafka/catalogue.ts'
import { copyHeaders, type Journey } from '../../kafka/journey.ts'
import { withoutDeath } from '../../kafka/letter.ts'
import type { LogRecord, NewRecord } from '../../kafka/log.ts'
import type { Keyring } from '../../process/keyring.ts'
import { type Envelope, type Sealed, seal, unseal } from '../../process/seal.ts'
import type { Letter } from './letter.ts'
import { isToDo, type LetterFilter, matching } from './letterFilter.ts'

/** A letter that has been redriven so often is set aside, unless it is named by its id. */
export const maxRedrives = 5

export type Does = 'send' | 'park'

/** A function that says what a redrive does with a letter; undefined: it is none of its business. */
export function deciding(filter: LetterFilter): (letter: Letter) => Does | undefined {
  const isMeant = matching(filter)
  return (letter) => {
    if (!isToDo(letter, filter) || !isMeant(letter)) return undefined
    return letter.redrives >= maxRedrives && filter.id === undefined ? 'park' : 'send'
  }
}

/** The run that a letter's copy is: of a request the next one; an event has no runs, and a callback tells of the same one. */
export const runOfCopy = ({ role }: Pick<Group, 'role'>, { run }: Pick<Letter, 'run'>): number =>
  role === 'workers' ? run + 1 : run

/** What the seal of a request says; undefined for other letters, and where nobody asked for it under seal. */
export function envelopeOf(
  keyring: Keyring,
  { role, name }: Group,
  { about: id, run }: Pick<Letter, 'about' | 'run'>,
  { value, headers }: Pick<LogRecord, 'value' | 'headers'>,
): Envelope | undefined {
  if (role !== 'workers' || value === null) return undefined
  return unseal(keyring, { kind: 'request', id, run, type: name, value }, headers.get('errand-seal')?.[0])
}

/**
 * The copy that is sent to the group's own retry topic: key, value and headers as they were, and a new round of attempts. A
 * request's copy is a new run, sealed anew. `edited` takes the value's place.
 */
export function copyOf(
  keyring: Keyring,
  group: FailingGroup,
  { letter, record }: { readonly letter: Letter; readonly record: LogRecord },
  edited?: Buffer,
): NewRecord {
  const { key, value } = record
  const bytes = edited ?? value
  const headers = withoutDeath(copyHeaders(record, journeyOf(group, letter), waits(group)))
  if (group.role !== 'workers') return { key, value: bytes, headers }
  const run = runOfCopy(group, letter)
  headers.set('errand-run', [Buffer.from(String(run))])
  headers.delete('errand-seal')
  const envelope = envelopeOf(keyring, group, letter, record)
  if (envelope && bytes) {
    const sealed: Sealed = { kind: 'request', id: letter.about, run, type: group.name, value: bytes }
    headers.set('errand-seal', [seal(keyring, sealed, envelope)])
  }
  return { key, value: bytes, headers }
}

/** What waits in `delay` has its attempts elsewhere, and goes on waiting for where it was to go. */
const waits = ({ role }: Group): 'asItWas' | undefined => (role === 'delay' ? 'asItWas' : undefined)

function journeyOf({ role }: Group, letter: Letter): Journey {
  const { origin, attempts, redrives, attemptsBefore, firstFailedAtMs } = letter
  const isWaiting = role === 'delay'
  return {
    origin,
    redrives: redrives + 1,
    attempts: isWaiting ? attempts : 0,
    attemptsBefore: isWaiting ? attemptsBefore : attemptsBefore + attempts,
    ...(isWaiting && firstFailedAtMs !== undefined ? { firstFailedAtMs } : {}),
  }
}

/** The partition that a copy goes to: of the number that its letter has. The retry topic of `delay` has one alone. */
export const placeOfCopy = (
  { failures }: FailingGroup,
  { at }: Pick<Letter, 'at'>,
): { readonly topic: string; readonly partition: number } => ({ topic: failures.retry, partition: at.partition })

/** Its transactional id: of all who redrive or skip letters of a group, the last one goes on and the others are out. */
export const redriverOf = (namespace: string, group: Group): string => `${namespace}.redrive.${controlName(group)}`
