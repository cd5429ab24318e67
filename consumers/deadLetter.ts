// Dead letters: what a group gave up goes to its dead topic, original bytes untouched (I4), the reason in headers, at the
// partition number it came from. The message is done only when the broker has the letter (I1).
import { hostname } from 'node:os'
import type { Logger } from '../app/context.ts'
import { type Death, letterHeaders } from '../kafka/letter.ts'
import type { LogRecord } from '../kafka/log.ts'
import type { Clock } from '../process/clock.ts'
import { persist } from '../producers/persist.ts'
import type { Producer } from '../producers/producer.ts'
import { schemaIdOf } from '../schemas/frame.ts'
import type { Message } from './message.ts'
import { journeyAfter } from './postpone.ts'
import type { Cause } from './verdict.ts'

export type DeadLetters = { write(message: Message, cause: Cause): Promise<void> }

export type DeadLettersOptions = {
  readonly group: string
  readonly topic: string
  readonly producer: Producer
  readonly clock: Clock
  readonly logger: Logger
}

const worker = `${hostname()}/${process.pid}`

/** What a letter of this record says of its end. */
export function deathOf({ value }: LogRecord, cause: Cause, where: Pick<Death, 'atMs' | 'group'>): Death {
  const schemaId = schemaIdOf(value)
  return { ...cause, ...where, worker, ...(schemaId === undefined ? {} : { schemaId }) }
}

export const deadLetters = ({ group, topic, producer, clock, logger }: DeadLettersOptions): DeadLetters => ({
  write: async (message, cause) => {
    const { record, signal } = message
    const { key, value, partition, offset } = record
    const atMs = clock.now()
    const journey = journeyAfter(message, true, atMs)
    const headers = letterHeaders(record, journey, deathOf(record, cause, { atMs, group }))
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
      attempts: journey.attempts,
    })
  },
})
