// Values of an event to bytes and back, in the format that it is declared with.
import type { AnyEvent } from '../app/event.ts'
import type { RecordType } from '../app/record.ts'
import type { Codec, Encode } from './codec.ts'
import { decodeJson, jsonEncoder } from './json/jsonValue.ts'

/** For records of the event's `topic`. Rejects as `Codec.encoder` does; in JSON the registry is not asked. */
export const eventEncoder = async (
  codec: Pick<Codec, 'encoder'>,
  { format, record }: AnyEvent,
  topic: string,
): Promise<Encode<unknown>> => (format === 'json' ? jsonEncoder(record) : await codec.encoder(`${topic}-value`, record))

/** A function that reads a record's value. It throws, or rejects, as `Codec.decode` does. */
export const eventDecoder =
  <T>(
    codec: Pick<Codec, 'decode'>,
    { format, record }: { readonly format: AnyEvent['format']; readonly record: RecordType<T, unknown> },
  ) =>
  (bytes: Buffer | null): T | Promise<T> =>
    format === 'json' ? decodeJson(bytes, record) : codec.decode(bytes, record)
