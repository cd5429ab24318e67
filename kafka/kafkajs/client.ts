// One kafkajs client with Errand's settings (facts, "Settings"). Every producer, consumer and admin has a client of its own:
// clients share committed offsets by group, and so would their users.
import { Kafka, type LogEntry, logLevel, type RetryOptions, type SASLOptions } from 'kafkajs'
import type { Logger } from '../../app/context.ts'
import { systemClock } from '../../process/clock.ts'
import type { KafkaConfig } from '../../process/config.ts'
import { readCompressed } from './codecs.ts'
import { replaceFetchDecoder } from './fetchResponse.ts'

export type ClientOptions = { readonly clientId: string; readonly kafka: KafkaConfig; readonly log: Logger }

export type Client = {
  readonly kafka: Kafka
  /** From now on no broker is looked for: what kafkajs still retries ends with an error, instead of going on for ever. */
  shut(): void
}

/** For producers and consumers: an outage is waited for. Deadlines are the caller's (facts A8). */
export const patient = { initialRetryTime: 100, multiplier: 1.5, maxRetryTime: 1_000, retries: 1_000 }
/** For questions: without a cluster they fail within seconds (facts E5). */
export const brief = { initialRetryTime: 100, multiplier: 2, maxRetryTime: 1_000, retries: 3 }
/** For transactions, which wait for a broker briefly: their owner repeats what its coordinator is not ready for. */
export const nimble = { initialRetryTime: 5, multiplier: 1.5, maxRetryTime: 200, retries: 300 }

export function openClient(
  { clientId, kafka: { brokers, tls, sasl }, log }: ClientOptions,
  retry: RetryOptions,
): Client {
  let isShut = false
  readCompressed()
  replaceFetchDecoder()
  const kafka = new Kafka({
    clientId,
    brokers: () => (isShut ? [] : [...brokers]), // an empty list is the one thing that kafkajs does not retry
    retry,
    connectionTimeout: 3_000,
    requestTimeout: 10_000,
    ...(tls ? { ssl: { ...tls, ...(tls.ca ? { ca: [tls.ca] } : {}) } } : {}),
    ...(sasl ? { sasl: sasl as SASLOptions } : {}), // kafkajs has a type for each mechanism
    logLevel: logLevel.INFO,
    logCreator: () => writeTo(log),
  })
  return {
    kafka,
    shut: () => {
      isShut = true
    },
  }
}

/** How long a message is not repeated: a cluster that is away is reported at every retry of every client. */
const repeatMs = 30_000
/** Of all clients of the process: a broker that is away is told of once, not once a client. */
const said = new Map<string, number>()

/**
 * kafkajs calls everyday events errors: an answer that is a refusal, which its caller gets as an error; a crash, of which the
 * membership tells itself. What nobody else hears of, lost connections above all, stays visible.
 */
function writeTo(log: Logger): (entry: LogEntry) => void {
  return ({ namespace, level, log: { message, groupId, broker, error } }) => {
    const isNews = systemClock.now() - (said.get(message) ?? 0) > repeatMs
    const isVisible = level === logLevel.ERROR && isNews && namespace !== 'Consumer' && !message.startsWith('Response ')
    if (said.size > 100) said.clear() // some messages carry details
    if (isVisible) said.set(message, systemClock.now())
    log[isVisible ? 'warn' : 'debug']('kafka.reported', { namespace, message, groupId, broker, reason: error })
  }
}
