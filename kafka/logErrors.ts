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

/** `fenced`: another owner has opened this transactional id; this one must stop. */
export const fenced = (transactionalId: string, cause?: unknown): ErrandError =>
  new ErrandError('fenced', `${transactionalId} has a newer owner`, { cause })

/** `closed`: the handle was closed or the member has left. */
export const closed = (what: string): ErrandError => new ErrandError('closed', `${what} is closed`)
