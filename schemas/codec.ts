// Values to bytes and back: registry-framed Avro. A record is read with the schema it was written with, resolved to the
// reader's; a resolver is made once per (schema id, record) and kept, so that reading an older version costs no more.
//
//   | magic 0, 1 byte | schema id, 4 bytes big-endian | Avro body |
//
// The wire format is Confluent's. Bytes are not believed: whatever they hold ends as a value or as `undecodable` (I4).
import { ErrandError } from '../app/errors.ts'
import type { AvroSchema, RecordType } from '../app/record.ts'
import { avroType, type Type, undecodable } from './avro/avro.ts'
import { bodyReader, type ReadBody } from './avro/bodyReader.ts'
import { writerSchema } from './avro/writerSchema.ts'
import { Cache } from './cache.ts'
import { frameBytes, isFramed, schemaIdIn, writeFrame } from './frame.ts'
import type { LateIds } from './registry/lateIds.ts'
import type { Registry } from './registry/registry.ts'

/** Turns a value into bytes of its own. Throws `invalid-record`, which names every place that does not fit. */
export type Encode<T> = (value: T) => Buffer

/** A value under the schema that it was written with. */
export type Written = { readonly record: RecordType; readonly value: unknown }

/** What the codec asks of a registry. */
type Schemas = Pick<Registry, 'schema' | 'idOf'>
type Writer = { readonly record: RecordType; readonly type: Type }
type Reader = { readonly type: Type; readonly bodies: Cache<number, ReadBody> }

/** Records share slabs: as large as saves allocations, as small as one long-lived record may keep alive. */
const slabBytes = 65_536
/** Schema versions at a time, of all records and of one. */
const maxWriters = 1_000
const maxBodies = 100

export class Codec {
  readonly #registry: Schemas
  readonly #late: LateIds | undefined
  readonly #writers = new Cache<number, Writer>({ max: maxWriters })
  readonly #readers = new WeakMap<RecordType, Reader>()
  #slab = Buffer.allocUnsafeSlow(slabBytes)
  #used = 0
  /** Most records are like the one before, and two look-ups are a tenth of what reading a small one costs. */
  #last: { readonly record: RecordType; readonly id: number; readonly body: ReadBody } | undefined

  /** With `late` encoders are made also of schemas that are not registered yet. */
  constructor({ registry, late }: { readonly registry: Schemas; readonly late?: LateIds | undefined }) {
    this.#registry = registry
    this.#late = late
  }

  /**
   * Asks once for the id that `subject` has for exactly this schema. Rejects with `schema-not-registered` where it has
   * none, and with `registry-unavailable` (retriable). With `late` it is the encoder that throws while there is none.
   */
  async encoder<Init>(subject: string, record: RecordType<unknown, Init>): Promise<Encode<Init>> {
    const type = avroType(record.schema)
    if (this.#late) {
      const idOf = await this.#late.of(subject, record)
      return (value) => this.#encode(type, idOf(), value)
    }
    const id = await this.#registry.idOf(subject, record.schema)
    if (id === undefined)
      throw new ErrandError(
        'schema-not-registered',
        `the registry's subject "${subject}" does not hold this schema of ${record.name}; run: errand schemas register --app <app.ts>`,
      )
    return (value) => this.#encode(type, id, value)
  }

  /**
   * The value as `record` has it: at once where the schema id is known, else a promise. Throws, or rejects, with
   * `undecodable` (never try again) or `registry-unavailable` (retriable).
   */
  decode<T>(bytes: Buffer | null, record: RecordType<T, unknown>): T | Promise<T> {
    const framed = frame(bytes)
    const id = schemaIdIn(framed)
    const last = this.#last
    if (last?.record === record && last.id === id) return last.body(framed, frameBytes) as T
    const reader = this.#readers.get(record) ?? this.#newReader(record)
    const body = reader.bodies.get(id)
    if (body) {
      this.#last = { record, id, body }
      return body(framed, frameBytes) as T
    }
    const writer = this.#writers.get(id)
    if (writer) return reader.bodies.set(id, readerOf(id, writer, reader.type))(framed, frameBytes) as T
    return this.#load(id).then(() => this.decode(framed, record))
  }

  /** The value as it was written, whatever this app's own version is. Throws, or rejects, as `decode` does. */
  decodeAsWritten(bytes: Buffer | null): Written | Promise<Written> {
    const framed = frame(bytes)
    const id = schemaIdIn(framed)
    const writer = this.#writers.get(id)
    if (!writer) return this.#load(id).then(() => this.decodeAsWritten(framed))
    return { record: writer.record, value: this.decode(framed, writer.record) }
  }

  #newReader(record: RecordType): Reader {
    const reader: Reader = { type: avroType(record.schema), bodies: new Cache({ max: maxBodies }) }
    this.#readers.set(record, reader)
    return reader
  }

  #load(id: number): Promise<Writer> {
    return this.#writers.load(id, async () => {
      const schema = await this.#registry.schema(id)
      if (schema === undefined) throw undecodable(`the registry knows no schema ${id}`)
      return newWriter(id, schema)
    })
  }

  #encode(type: Type, id: number, value: unknown): Buffer {
    const start = this.#used
    const end = this.#write(type, value, start + frameBytes)
    if (end < 0) {
      const neededBytes = this.#slab.length - start - end
      this.#slab = Buffer.allocUnsafeSlow(Math.max(slabBytes, neededBytes))
      this.#used = 0
      return this.#encode(type, id, value)
    }
    writeFrame(this.#slab, start, id)
    this.#used = end
    return this.#slab.subarray(start, end)
  }

  /** Where the body ends; below zero, how many bytes are missing. */
  #write(type: Type, value: unknown, start: number): number {
    try {
      return type.encode(value, this.#slab, start)
    } catch {
      throw invalidRecord(type, value)
    }
  }
}

function frame(bytes: Buffer | null): Buffer {
  if (isFramed(bytes)) return bytes
  throw undecodable(bytes === null ? 'the record has no value' : 'the value is not framed with a schema id')
}

function newWriter(id: number, written: AvroSchema): Writer {
  try {
    const schema = writerSchema(written)
    const type = avroType(schema)
    return { type, record: { name: type.name ?? type.typeName, schema } }
  } catch (cause) {
    throw undecodable(`schema ${id} of the registry is ${(cause as Error).message}`, cause)
  }
}

/** How this reader reads bodies of that writer; for good, as the schema of an id never changes. */
function readerOf(id: number, { type: writer }: Writer, reader: Type): ReadBody {
  try {
    return bodyReader(reader, writer)
  } catch (cause) {
    const error = undecodable(`schema ${id} cannot be read as ${reader.name}: ${(cause as Error).message}`, cause)
    return () => {
      throw error
    }
  }
}

/** avsc's own word without its prefix, or ours. */
const kindOf = ({ name, typeName }: Type): string =>
  name ?? (typeName === ('abstract:long' as string) ? 'bigint' : typeName.replace('logical:', ''))

/** Says where, never what: payloads stay out of messages, and avsc's own error would carry them. */
export function invalidRecord(type: Type, value: unknown): ErrandError {
  const places: string[] = []
  type.isValid(value, {
    errorHook: (path, _, expected: Type) => {
      if (places.length < 20) places.push(`/${path.join('/')} is no ${kindOf(expected)}`)
    },
  })
  return new ErrandError('invalid-record', `the value is no ${type.name}: ${places.join('; ')}`)
}
