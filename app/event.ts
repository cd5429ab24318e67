// An event: a named record on a topic of its own, for any number of subscribers.
import type { RecordType } from './record.ts'

export type Event<T> = {
  readonly kind: 'event'
  /** The event's name, which is also its topic's within the namespace: `flight.landed`. */
  readonly name: string
  readonly record: RecordType<T>
  /** The ordering key of a record. */
  readonly key: (record: T) => string
}

/** Any event, where only its name and schema matter. */
export type AnyEvent = Omit<Event<unknown>, 'key'> & { readonly key: (record: never) => string }

/** Declares an event. Records with the same `key` lie in one partition and are handled in order (I3). */
export function event<T>(
  name: string,
  record: RecordType<T>,
  { key }: { key: (record: NoInfer<T>) => string },
): Event<T> {
  return { kind: 'event', name, record, key }
}
