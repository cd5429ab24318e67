// What kafkajs throws, read without its classes: which of Kafka's error codes it was, or none where no broker answered.
import { ErrandError } from '../../app/errors.ts'
import type { MembershipOptions } from '../log.ts'
import { inconsistentAssigner, refused, unavailable, unknownTopic } from '../logErrors.ts'

/** The protocol's error name, `UNKNOWN_TOPIC_OR_PARTITION` for one, looked for through the wrappings of kafkajs. */
export function kafkaType(error: unknown): string | undefined {
  const { type, cause } = property(error)
  if (typeof type === 'string') return type
  return cause === undefined || cause === error ? undefined : kafkaType(cause)
}

/** What a broker said for good, a wrong password included: neither a lost connection nor a passing state. */
export function isFinal(error: unknown): boolean {
  const { name, type, retriable, cause } = property(error)
  if (name === 'KafkaJSSASLAuthenticationError') return true
  if (typeof type === 'string') return retriable === false
  return cause !== undefined && cause !== error && isFinal(cause)
}

/** The credentials were refused. */
export function isCredentialRefusal(error: unknown): boolean {
  const { name, cause } = property(error)
  return (
    name === 'KafkaJSSASLAuthenticationError' || (cause !== undefined && cause !== error && isCredentialRefusal(cause))
  )
}

const beforeAnyAnswer = new Set(['UNSUPPORTED_SASL_MECHANISM', 'ILLEGAL_SASL_STATE', 'SASL_AUTHENTICATION_FAILED'])

/** It failed on the way in: no broker has answered what was asked. */
export const isOnTheWay = (error: unknown): boolean => beforeAnyAnswer.has(kafkaType(error) ?? '') || !kafkaType(error)

const fencing = new Set(['INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED'])

/** The broker refuses an owner of a transactional id, whatever it sends. */
export const isFencing = (error: unknown): boolean => fencing.has(kafkaType(error) ?? '')

/** `host:port` of the broker that a connection failed to. */
export function failedAddress(error: unknown): string | undefined {
  const { broker, host, port, cause } = property(error)
  if (typeof broker === 'string') return broker
  if (typeof host === 'string') return `${host}:${String(port)}`
  return cause === undefined || cause === error ? undefined : failedAddress(cause)
}

/** Which partition a fetch was out of range in. */
export const outOfRange = (error: unknown): number | undefined => {
  const { name, partition } = property(error)
  return name === 'KafkaJSOffsetOutOfRange' ? (partition as number) : undefined
}

/** The broker whose connection broke, so that it can be dropped from the pool. */
export const brokenBroker = (error: unknown): { readonly host: string; readonly port: number } | undefined => {
  const { name, host, port } = property(error)
  return name === 'KafkaJSConnectionClosedError' ? { host: host as string, port: port as number } : undefined
}

/** The refusals in the answer to a request for several topics. */
export const refusals = (error: unknown): readonly unknown[] => {
  const { errors } = property(error)
  return Array.isArray(errors) ? errors : [error]
}

/** What was refused for each partition of a topic, which kafkajs's own error does not tell. */
export const reasonsOfPartitions = (error: unknown): readonly unknown[] => {
  const { partitions } = property(error)
  return Array.isArray(partitions) ? partitions.map((each) => property(each).error) : []
}

/** What kafkajs says; where it is a matter of rights, whose and where they are listed. */
export function reasonOf(error: unknown, topic = ''): string {
  const reason = error instanceof Error ? error.message : String(error)
  const isLost = property(error).name === 'KafkaJSGroupCoordinatorNotFound' // kafkajs drops the refusal that led to it
  const lacking = isLost ? `${reason}; if the brokers are up, ${noGroup}` : denied.get(kafkaType(error) ?? '')
  if (lacking === undefined) return reason
  return `${lacking}${topic && ` ${topic}`}. docs/configuration.md lists the rights that Errand needs, under "Rights"`
}

const noGroup = 'this user has no right to be in the group'
/** Errors of a broker's authorizer. */
const denied = new Map([
  ['TOPIC_AUTHORIZATION_FAILED', 'this user has no right to do that with the topic'],
  ['GROUP_AUTHORIZATION_FAILED', noGroup],
  ['TRANSACTIONAL_ID_AUTHORIZATION_FAILED', 'this user has no right to the transactional id'],
  ['CLUSTER_AUTHORIZATION_FAILED', 'this user has no right to write to any topic'],
])

const absent = new Set(['UNKNOWN_TOPIC_OR_PARTITION', 'INVALID_TOPIC_EXCEPTION'])

/** Where nothing but the cluster was asked: `unknown-topic`, `log-refused`, or `log-unavailable`. */
export function asClusterError(error: unknown, topic = ''): ErrandError {
  if (error instanceof ErrandError) return error
  if (absent.has(kafkaType(error) ?? '')) return unknownTopic(topic)
  const reason = reasonOf(error, topic)
  return isFinal(error) ? refused(reason, error) : unavailable(error, reason)
}

/** Why a membership has ended. */
export const asMembershipError = ({ group, assigner }: MembershipOptions, error: Error): Error => {
  if (kafkaType(error) === 'INCONSISTENT_GROUP_PROTOCOL') return inconsistentAssigner(group, assigner.name, error)
  return new ErrandError('membership-failed', `the membership of ${group} ended: ${reasonOf(error)}`, { cause: error })
}

const property = (error: unknown): Readonly<Record<string, unknown>> =>
  (typeof error === 'object' && error !== null ? error : {}) as Record<string, unknown>
