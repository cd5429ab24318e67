// How a send ends that is not acknowledged. The codes answer the caller's first question: does the record lie in the log?
// `not-sent` and `producer-full`: surely not. `outcome-unknown`: perhaps. `unknown-topic` and `record-too-large` come from
// the log itself and mean surely not.
import { ErrandError } from '../app/errors.ts'
import type { TopicPartition } from '../kafka/log.ts'

/** `not-sent`: the record is surely not written. Retriable. */
export const notSent = (topic: string, why: string, cause?: unknown): ErrandError =>
  new ErrandError('not-sent', `nothing was sent to ${topic}: ${why}`, { retriable: true, cause })

/** What made the way to the log impossible: as it is where it is no use to try again, else `not-sent`. */
export const unreachable = (topic: string, why: string, error: unknown): unknown =>
  error instanceof ErrandError && !error.retriable ? error : notSent(topic, why, error)

/** `outcome-unknown`: handed over and not acknowledged; it may lie in the log, now or later. Retriable: that may double it. */
export const outcomeUnknown = (topic: string, why: string, cause?: unknown): ErrandError =>
  new ErrandError('outcome-unknown', `a record for ${topic} may or may not be written: ${why}`, {
    retriable: true,
    cause,
  })

/** `producer-full`: as many bytes wait as may. Retriable: later there is room. */
export const producerFull = (maxQueuedBytes: number): ErrandError =>
  new ErrandError('producer-full', `more than ${maxQueuedBytes} bytes are waiting to be sent`, { retriable: true })

/** `record-too-large`: larger than all that may wait, so it will never be taken. */
export const recordBeyondQueue = (bytes: number, maxQueuedBytes: number): ErrandError =>
  new ErrandError('record-too-large', `a record of ${bytes} bytes is larger than the whole queue, ${maxQueuedBytes}`)

/** `no-such-partition`: the topic has fewer. */
export const noSuchPartition = ({ topic, partition }: TopicPartition, partitions: number): ErrandError =>
  new ErrandError('no-such-partition', `${topic} has ${partitions} partitions, none of them is number ${partition}`)
