// Dead letters: what a group gave up goes to its dead topic, original bytes untouched (I4), the reason in headers, at the
// partition number it came from. The message is done only when the broker has the letter (I1).
import type { Logger } from '../app/context.ts'
import { deadLetterHeaders } from '../kafka/headers.ts'
import type { Clock } from '../process/clock.ts'
import { persist } from '../producers/persist.ts'
import type { Producer } from '../producers/producer.ts'
import type { Message } from './message.ts'
import type { Cause } from './verdict.ts'

export type DeadLetters = { write(message: Message, cause: Cause): Promise<void> }

export type DeadLettersOptions = {
  readonly group: string
  readonly topic: string
  readonly producer: Producer
  readonly clock: Clock
  readonly logger: Logger
}

export const deadLetters = ({ group, topic, producer, clock, logger }: DeadLettersOptions): DeadLetters => ({
  write: async ({ record, attempt, signal }, cause) => {
    const { key, value, partition, offset } = record
    const headers = deadLetterHeaders(record, { ...cause, attempts: attempt, atMs: clock.now(), group })
    await persist(
      producer,
      topic,
      { key, value, headers },
      { kind: 'partition', partition },
      { clock, signal, log: logger },
    )
    logger.warn('record.deadLettered', {
      topic: record.topic,
      partition,
      offset: String(offset),
      code: cause.code,
      reason: cause.message,
      attempts: attempt,
    })
  },
})
