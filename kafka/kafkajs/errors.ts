// What kafkajs throws, read without its classes: which of Kafka's error codes it was, or none where no broker answered.

/** The protocol's error name, `UNKNOWN_TOPIC_OR_PARTITION` for one, looked for through the wrappings of kafkajs. */
export function kafkaType(error: unknown): string | undefined {
  const { type, cause } = property(error)
  if (typeof type === 'string') return type
  return cause === undefined || cause === error ? undefined : kafkaType(cause)
}

/** What a broker said for good: neither a lost connection nor a passing state. */
export function isFinal(error: unknown): boolean {
  const { type, retriable, cause } = property(error)
  if (typeof type === 'string') return retriable === false
  return cause !== undefined && cause !== error && isFinal(cause)
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

const property = (error: unknown): Readonly<Record<string, unknown>> =>
  (typeof error === 'object' && error !== null ? error : {}) as Record<string, unknown>
