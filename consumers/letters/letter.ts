// A dead letter as an operator sees it: what its headers say of the record, of its way and of its end. Pure.
import { controlName, type Group } from '../../kafka/catalogue.ts'
import { readIdentity } from '../../kafka/headers.ts'
import { readJourney, readWaiting } from '../../kafka/journey.ts'
import { readDeath } from '../../kafka/letter.ts'
import type { LogRecord, TopicPartition } from '../../kafka/log.ts'
import { schemaIdOf } from '../../schemas/frame.ts'

/** `open`: nobody has dealt with it. `parked`: redriven so often that somebody has to name it to send it again. */
export type LetterState = 'open' | 'redriven' | 'skipped' | 'parked'

export type PlaceInLog = TopicPartition & { readonly offset: bigint }

/** What the letter itself says. */
export type DeadLetter = {
  /** As `letterId` has it; a crash may leave several of one id. */
  readonly id: string
  /** `controlName` of the group: `workers.punctuality`. */
  readonly group: string
  /** Id of the request or event. */
  readonly about: string
  readonly type: string
  readonly run: number
  /** How often it has been redriven before. */
  readonly redrives: number
  readonly key: string | null
  /** `message` and `stack` are for operators, never for clients. */
  readonly reason: { readonly code: string; readonly message: string; readonly stack?: string }
  /** Of its last round, and of all before. */
  readonly attempts: number
  readonly attemptsBefore: number
  readonly firstFailedAtMs?: number
  readonly diedAtMs: number
  /** The record that it was first. */
  readonly origin: PlaceInLog
  /** Where the letter lies. */
  readonly at: PlaceInLog
  readonly schemaId?: number
  /** The process that gave it up: `<host>/<pid>`. */
  readonly worker?: string
  readonly valueBytes: number
}

export type Letter = DeadLetter & { readonly state: LetterState }

/** Reads a record of the group's dead topic. Whatever its headers hold, it is a letter. */
export function readLetter(group: Pick<Group, 'role' | 'name'>, record: LogRecord): DeadLetter {
  const { topic, partition, offset, key, value, timestampMs } = record
  const { origin, redrives, attemptsBefore, firstFailedAtMs } = readJourney(record)
  const { id: about, type, run } = readIdentity(record, { type: topic, from: origin })
  const { code, message, stack, atMs = timestampMs, worker, ...death } = readDeath(record)
  const attempts = readJourney(record).attempts || death.attempts // before there were journeys that alone told them
  const schemaId = schemaIdOf(value)
  return {
    id: letterId(group, record),
    ...{ group: controlName(group), about, type, run, redrives, key: key === null ? null : key.toString('utf8') },
    reason: { code, message, ...(stack === undefined ? {} : { stack }) },
    ...{ attempts, attemptsBefore, diedAtMs: atMs, origin, at: { topic, partition, offset } },
    ...(firstFailedAtMs === undefined ? {} : { firstFailedAtMs }),
    ...(schemaId === undefined ? {} : { schemaId }),
    ...(worker === undefined ? {} : { worker }),
    valueBytes: value?.length ?? 0,
  }
}

/**
 * The id of the letter that a copy is, or would become in its round: `<group>/<topic>/<partition>/<offset>/<round>` of the
 * record that it was first. Several groups may put one record off, so in `delay` where it is to go comes before that.
 */
export function letterId(group: Pick<Group, 'role' | 'name'>, copy: LogRecord): string {
  const { origin, redrives } = readJourney(copy)
  const to = group.role === 'delay' ? readWaiting(copy)?.to : undefined
  const way = to ? `${to.topic}/${to.partition}/` : ''
  return `${controlName(group)}/${way}${origin.topic}/${origin.partition}/${origin.offset}/${redrives + 1}`
}

/** The id that a letter's copy has, should it become one again. */
export const nextLetterId = ({ id, redrives }: Pick<DeadLetter, 'id' | 'redrives'>): string =>
  `${id.slice(0, id.lastIndexOf('/'))}/${redrives + 2}`
