// An event: a named record on a topic of its own, or on one that others have made, for any number of subscribers.
import type { RecordType } from './record.ts'

/** How values lie in the topic: Avro behind the id of its schema, or JSON in the form that HTTP has it (schemas/json/json.ts). */
export type Format = 'avro' | 'json'

/** An event as its readers see it. */
export type EventSource<T> = {
  readonly kind: 'event'
  /** The event's name, which is also its topic's within the namespace: `flight.landed`. */
  readonly name: string
  readonly record: RecordType<T, unknown>
  readonly format: Format
  /** A topic that is not this app's: its name as it is. Errand neither creates nor changes it. */
  readonly topic?: string
}

/** An event that this app also writes. `Init` is a record as it may be written, `T` as it is read. */
export type Event<T, Init = T> = EventSource<T> & {
  readonly record: RecordType<T, Init>
  /** The ordering key of a record that is to be written. */
  readonly key: (record: Init) => string
}

/** Any event, where only its name and schema matter. */
export type AnyEvent = EventSource<unknown> & { readonly key?: (record: never) => string }
/** Any event that has a key, so that it can be written. */
export type KeyedEvent = AnyEvent & { readonly key: (record: never) => string }

type Options = {
  /** Default `avro`. With `json` the registry is not asked: every record is checked against the schema here. */
  readonly format?: Format
}
type Key<Init> = { readonly key: (record: NoInfer<Init>) => string }

/** Declares an event. Records with the same `key` lie in one partition and are handled in order (I3). */
export function event<T, Init>(
  name: string,
  record: RecordType<T, Init>,
  options: Options & Key<Init> & { readonly topic?: string },
): Event<T, Init>
/** Declares an event on an existing topic. Without a `key` it is only read: nothing of it can be sent or produced. */
export function event<T>(
  name: string,
  record: RecordType<T, unknown>,
  options: Options & { readonly topic: string },
): EventSource<T>
export function event<T, Init>(
  name: string,
  record: RecordType<T, Init>,
  options: Options & Partial<Key<Init>> & { readonly topic?: string },
): EventSource<T> {
  return { kind: 'event', name, record, format: 'avro', ...options }
}

/** Whether the app may write it. */
export const isKeyed = (event: AnyEvent): event is KeyedEvent => event.key !== undefined
