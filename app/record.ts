// What a record of an Avro schema is to an app: its full name, its schema and, for the compiler only, its TypeScript types.

/** An Avro schema as parsed JSON. The codec reads it; an app only passes it on. */
export type AvroSchema =
  | string
  | readonly AvroSchema[]
  | { readonly type: unknown; readonly [property: string]: unknown }

/** Confluent's levels: what a new version owes to the ones before it. */
export type CompatibilityLevel =
  | 'NONE'
  | 'BACKWARD'
  | 'BACKWARD_TRANSITIVE'
  | 'FORWARD'
  | 'FORWARD_TRANSITIVE'
  | 'FULL'
  | 'FULL_TRANSITIVE'

/**
 * A named Avro record with the TypeScript type of its values. `errand schemas generate` writes one per record, under the
 * same name as the type, so that `FlightLanded` is both. `T` is a value as it is read; `Init` (`FlightLandedInit`) is one as it
 * may be written: fields that have a default can be left out.
 */
export type RecordType<T = unknown, Init = T> = {
  /** The record's full name, namespace included: `flights.FlightLanded`. */
  readonly name: string
  readonly schema: AvroSchema
  /** What `subject.json` says. Default BACKWARD_TRANSITIVE. */
  readonly compatibility?: CompatibilityLevel
  /**
   * Fields that earlier versions had and this one has not, by the full name of their record: clients that were not told
   * still send them, and what they hold is ignored.
   */
  readonly retired?: Readonly<Record<string, readonly string[]>>
  /** Never set: they only carry `T` and `Init` to the compiler. */
  readonly '~type'?: T
  readonly '~init'?: Init
}
