// What a record of an Avro schema is to an app: its full name, its schema and, for the compiler only, its TypeScript type.

/** An Avro schema as parsed JSON. The codec reads it; an app only passes it on. */
export type AvroSchema =
  | string
  | readonly AvroSchema[]
  | { readonly type: unknown; readonly [property: string]: unknown }

/**
 * A named Avro record with the TypeScript type of its values. `errand schemas generate` writes one per record, under the
 * same name as the type, so that `FlightLanded` is both.
 */
export type RecordType<T = unknown> = {
  /** The record's full name, namespace included: `flights.FlightLanded`. */
  readonly name: string
  readonly schema: AvroSchema
  /** Never set: it only carries `T` to the compiler. */
  readonly '~type'?: T
}
