// What a broker's error code in an answer to Produce means for the batch (https://kafka.apache.org/protocol#protocol_error_codes).
import { ErrandError } from '../../app/errors.ts'
import { kafkaType } from './errors.ts'

/** Passes by itself: the batch is sent again unchanged. The log calls these retriable, all but a corrupt message. */
const passing: Readonly<Record<number, string>> = {
  3: 'UNKNOWN_TOPIC_OR_PARTITION',
  5: 'LEADER_NOT_AVAILABLE',
  6: 'NOT_LEADER_OR_FOLLOWER',
  7: 'REQUEST_TIMED_OUT',
  13: 'NETWORK_EXCEPTION',
  19: 'NOT_ENOUGH_REPLICAS',
  20: 'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
  56: 'KAFKA_STORAGE_ERROR',
}

const final: Readonly<Record<number, string>> = {
  2: 'CORRUPT_MESSAGE',
  10: 'MESSAGE_TOO_LARGE',
  17: 'INVALID_TOPIC_EXCEPTION',
  18: 'RECORD_LIST_TOO_LARGE',
  29: 'TOPIC_AUTHORIZATION_FAILED',
  31: 'CLUSTER_AUTHORIZATION_FAILED',
  32: 'INVALID_TIMESTAMP',
  44: 'POLICY_VIOLATION',
  45: 'OUT_OF_ORDER_SEQUENCE_NUMBER',
  46: 'DUPLICATE_SEQUENCE_NUMBER',
  47: 'INVALID_PRODUCER_EPOCH',
  49: 'INVALID_PRODUCER_ID_MAPPING',
  59: 'UNKNOWN_PRODUCER_ID',
  87: 'INVALID_RECORD',
  90: 'PRODUCER_FENCED',
}

/** A refusal in the form of kafkajs' own protocol errors: `type` is Kafka's name, `retriable` whether it passes. */
export function produceRefusal(errorCode: number): Error & { readonly type: string; readonly retriable: boolean } {
  const type = passing[errorCode] ?? final[errorCode] ?? `error ${errorCode}`
  return Object.assign(new Error(`the broker answered ${type}`), { type, retriable: errorCode in passing })
}

/** Passing refusals that come before anything is appended. */
const before = [3, 5, 6, 19]
/** Refusals that are final because the batch may be there already, or because nobody knows. */
const mayBeAppended = [45, 46, 59]

/** Whether the broker's answer says for sure that it has not appended the batch. */
export const isNotAppended = (errorCode: number | undefined): boolean =>
  errorCode !== undefined && (before.includes(errorCode) || (errorCode in final && !mayBeAppended.includes(errorCode)))

const ofRecords = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_TIMESTAMP',
  'POLICY_VIOLATION',
  'INVALID_RECORD',
])
const ofPlace = new Set(['INVALID_TOPIC_EXCEPTION', 'TOPIC_AUTHORIZATION_FAILED'])

/** What a refusal says will not be taken, however often it is sent: these records, or anything there. */
export function blameOf(error: unknown): 'records' | 'place' | 'neither' {
  const type = kafkaType(error) ?? ''
  if (ofPlace.has(type) || (error instanceof ErrandError && error.code === 'unknown-topic')) return 'place'
  return ofRecords.has(type) ? 'records' : 'neither'
}
