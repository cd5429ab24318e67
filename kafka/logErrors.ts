// How the log refuses: the codes that both adapters use and that callers may tell apart.
import { ErrandError } from '../app/errors.ts'
import type { TopicPartition } from './log.ts'

const place = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`

/** `unknown-topic`: the topic, or this partition of it, does not exist. Not retriable: somebody has to create it. */
export const unknownTopic = (topic: string, partition?: number): ErrandError =>
  new ErrandError(
    'unknown-topic',
    `there is no topic ${topic}${partition === undefined ? '' : ` with a partition ${partition}`}`,
  )

/** `record-too-large`: beyond the topic's `max.message.bytes`; nothing of this append was written. Not retriable. */
export const recordTooLarge = (to: TopicPartition, cause?: unknown): ErrandError =>
  new ErrandError('record-too-large', `a record is too large for ${place(to)}`, { cause })

/** `not-acknowledged`: the outcome is unknown; the records may lie in the log. Retriable: a repetition may double them. */
export const notAcknowledged = (to: TopicPartition, cause?: unknown): ErrandError =>
  new ErrandError('not-acknowledged', `the broker did not acknowledge an append to ${place(to)}`, {
    retriable: true,
    cause,
  })

/** `commit-refused`: this member, in this generation, may not commit. Not retriable as it stands: the next `onJoined` decides. */
export const commitRefused = (group: string, why: string, cause?: unknown): ErrandError =>
  new ErrandError('commit-refused', `${group} refused a commit: ${why}`, { cause })

/** `metadata-too-large`: a position's metadata is beyond the broker's 4,096 bytes. */
export const metadataTooLarge = (group: string, cause?: unknown): ErrandError =>
  new ErrandError('metadata-too-large', `${group} refused a commit: its metadata is over 4,096 bytes`, { cause })

/** Of a transaction: which of its appends failed. It has the code of that append's own error. */
export class FailedAppend extends ErrandError {
  readonly to: TopicPartition
  /** All that failed with it, as those do whose broker does not answer. */
  readonly all: readonly TopicPartition[]
  /** Whether it was refused for where it was to go, whatever the records are. */
  readonly isOfPlace: boolean

  constructor(
    to: TopicPartition,
    cause: ErrandError,
    { all = [to], isOfPlace = cause.code === 'unknown-topic' }: Partial<Pick<FailedAppend, 'all' | 'isOfPlace'>> = {},
  ) {
    super(cause.code, cause.message, { retriable: cause.retriable, cause })
    this.to = placeOf(to)
    this.all = all.map(placeOf)
    this.isOfPlace = isOfPlace
  }
}

const placeOf = ({ topic, partition }: TopicPartition): TopicPartition => ({ topic, partition })

/** `fenced`: another owner has opened this transactional id; this one must stop. */
export const fenced = (transactionalId: string, cause?: unknown): ErrandError =>
  new ErrandError('fenced', `${transactionalId} has a newer owner`, { cause })

/** `closed`: the handle was closed or the member has left. */
export const closed = (what: string): ErrandError => new ErrandError('closed', `${what} is closed`)

/** `append-refused`: the broker took none of an append, for its content or for want of rights. Not retriable. */
export const appendRefused = (to: TopicPartition, cause: unknown, why = messageOf(cause)): ErrandError =>
  new ErrandError('append-refused', `an append to ${place(to)} was refused: ${why}`, { cause })

/** `commit-failed`: a commit got no answer; it may count or not. Retriable, with the positions as they are then. */
export const commitFailed = (group: string, cause: unknown): ErrandError =>
  new ErrandError('commit-failed', `a commit of ${group} got no answer: ${messageOf(cause)}`, {
    retriable: true,
    cause,
  })

/** `transaction-failed`: it counts or not; the position, read after the next `open`, tells. Retriable in that way. */
export const transactionFailed = (transactionalId: string, cause: unknown): ErrandError =>
  new ErrandError('transaction-failed', `a transaction of ${transactionalId} failed: ${messageOf(cause)}`, {
    retriable: true,
    cause,
  })

/** `log-unavailable`: the cluster does not answer. Retriable. */
export const unavailable = (cause: unknown, why = messageOf(cause)): ErrandError =>
  new ErrandError('log-unavailable', `Kafka does not answer: ${why}`, { retriable: true, cause })

/** `log-refused`: the cluster's answer is no; the message has its reason. Not retriable. */
export const refused = (why: string, cause?: unknown): ErrandError =>
  new ErrandError('log-refused', `Kafka refused: ${why}`, { cause })

/** `inconsistent-assigner`: the group has members with another assigner. Nobody can join them; they have to leave first. */
export const inconsistentAssigner = (group: string, name: string, cause?: unknown): ErrandError =>
  new ErrandError(
    'inconsistent-assigner',
    `${group} has members that share its partitions in another way than "${name}" does`,
    { cause },
  )

/** `offset-out-of-range`: a read is to begin beyond the partition's end, so the topic is not the one it was. */
export const offsetOutOfRange = ({ topic, partition }: TopicPartition, offset: bigint, high: bigint): ErrandError =>
  new ErrandError('offset-out-of-range', `${topic}/${partition} ends at ${high}, before offset ${offset}`)

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))
