// What handlers have sent leaves here, before the result and before the commit, under ids derived from the message's: a
// second run of the same message repeats them recognisably.
import { ErrandError, UnavailableError, unlistedEvent } from '../app/errors.ts'
import type { KeyedEvent } from '../app/event.ts'
import { writeHeaders } from '../kafka/headers.ts'
import type { NewRecord } from '../kafka/log.ts'
import { persist } from '../producers/persist.ts'
import type { Encode } from '../schemas/codec.ts'
import { eventEncoder } from '../schemas/eventValue.ts'
import type { Sent } from './pipeline.ts'
import type { Platform } from './role.ts'

/** What the events of one message are derived from. */
export type Origin = {
  /** Unlike any other message's or group's: the events' ids are this, a dot and a number. */
  readonly id: string
  readonly traceparent: string | undefined
}

/** An event ready to leave. */
export type OutgoingEvent = NewRecord & { readonly topic: string }

export type Outbox = {
  /** Encodes what was sent. Rejects where its schema or the app's list of events refuses it: the handler's fault. */
  prepare(sent: readonly Sent[], origin: Origin): Promise<readonly OutgoingEvent[]>
  /** Resolves when the broker has acknowledged all of it. */
  leave(events: readonly OutgoingEvent[], signal: AbortSignal): Promise<void>
}

const registryRetryMs = 1_000

export function outbox({ app, catalogue, codec, producer, clock, logger }: Platform): Outbox {
  const encoders = new Map<KeyedEvent, Encode<unknown>>()
  /** The registry is asked once an event. While it does not answer, or has no such schema yet, no attempt is counted. */
  const encoded = async ({ event, record }: Sent): Promise<Buffer> => {
    if (!app.events.includes(event)) throw unlistedEvent(event.name)
    try {
      const encode = encoders.get(event) ?? (await eventEncoder(codec, event, catalogue.event(event.name)))
      encoders.set(event, encode)
      return encode(record)
    } catch (cause) {
      if (!(cause instanceof ErrandError) || !cause.retriable) throw cause
      throw new UnavailableError(registryRetryMs, cause.message, { cause })
    }
  }
  return {
    prepare: (sent, { id, traceparent }) =>
      Promise.all(
        sent.map(async ({ event, record }, index) => ({
          topic: catalogue.event(event.name),
          key: Buffer.from(event.key(record as never)),
          value: await encoded({ event, record }),
          headers: writeHeaders({
            id: `${id}.${index + 1}`,
            type: event.name,
            source: catalogue.source,
            timeMs: clock.now(),
            run: 1,
            format: event.format,
            ...(traceparent === undefined ? {} : { traceparent }),
          }),
        })),
      ),
    leave: async (events, signal) => {
      await Promise.all(
        events.map(({ topic, ...record }) =>
          persist(producer, topic, record, { kind: 'key' }, { clock, signal, log: logger }),
        ),
      )
    },
  }
}
