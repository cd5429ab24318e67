// An event: a named record on a topic of its own, or on one that others have made, for any number of subscribers.
import type { RecordType } from './record.ts'

/** How values lie in the topic: Avro behind the id of its schema, or JSON in the form that HTTP has it (schemas/json.ts). */
export type Format = 'avro' | 'json'

/** An event as its readers see it. */
export type EventSource<T> = {
  readonly kind: 'event'
  /** The event's name, which is also its topic's within the namespace: `flight.landed`. */
  readonly name: string
  readonly record: RecordType<T>
  readonly format: Format
  /** A topic that is not this app's: its name as it is. Errand neither creates nor changes it. */
  readonly topic?: string
}

/** An event that this app also writes. */
export type Event<T> = EventSource<T> & {
  /** The ordering key of a record. */
  readonly key: (record: T) => string
}

/** Any event, where only its name and schema matter. */
export type AnyEvent = EventSource<unknown> & { readonly key?: (record: never) => string }
/** Any event that has a key, so that it can be written. */
export type KeyedEvent = AnyEvent & { readonly key: (record: never) => string }

type Options = {
  /** Default `avro`. With `json` the registry is not asked: every record is checked against the schema here. */
  readonly format?: Format
}
type Key<T> = { readonly key: (record: NoInfer<T>) => string }

/** Declares an event. Records with the same `key` lie in one partition and are handled in order (I3). */
export function event<T>(
  name: string,
  record: RecordType<T>,
  options: Options & Key<T> & { readonly topic?: string },
): Event<T>
/** Declares an event on an existing topic. Without a `key` it is only read: nothing of it can be sent or produced. */
export function event<T>(
  name: string,
  record: RecordType<T>,
  options: Options & { readonly topic: string },
): EventSource<T>
export function event<T>(
  name: string,
  record: RecordType<T>,
  options: Options & Partial<Key<T>> & { readonly topic?: string },
): EventSource<T> {
  return { kind: 'event', name, record, format: 'avro', ...options }
}

/** Whether the app may write it. */
export const isKeyed = (event: AnyEvent): event is KeyedEvent => event.key !== undefined
