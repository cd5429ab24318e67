// Values of events in JSON: UTF-8 text in the form that HTTP has (json.ts), checked against the event's schema both ways.
// Bytes are not believed: whatever they hold ends as a value or as `undecodable`, which says where, never what (I4).
import type { RecordType } from '../../app/record.ts'
import { avroType, type Type, undecodable } from '../avro/avro.ts'
import { type Encode, invalidRecord } from '../codec.ts'
import { frameBytes } from '../frame.ts'
import { formOf, type Problem, parseJson } from './json.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true })
const maxProblemsTold = 10

/** Throws `invalid-record`, as the codec's encoders do. Fields left out are written with their defaults. */
export function jsonEncoder<Init>({ schema }: RecordType<unknown, Init>): Encode<Init> {
  const type = avroType(schema)
  return (value) => Buffer.from(JSON.stringify(formOf(type, completed(type, value))))
}

/** With its defaults. */
function completed(type: Type, value: unknown): unknown {
  try {
    return type.clone(value)
  } catch {
    throw invalidRecord(type, value)
  }
}

/** The value of a record's JSON, defaults filled in. Fields that the schema does not have are passed over. Throws `undecodable`. */
export function decodeJson<T>(bytes: Buffer | null, { name, schema }: RecordType<T, unknown>): T {
  if (bytes === null) throw undecodable('the record has no value')
  const parsed = parseJson(schema, jsonIn(bytes), '', 'ignored')
  if (parsed.kind === 'valid') return parsed.value as T
  throw undecodable(`the value is no ${name}: ${told(parsed.problems)}`)
}

/**
 * The JSON in a record's value, without the frame that Confluent's JSON Schema serializer puts before it: it says nothing that
 * the text does not. Throws `undecodable` without the words of JSON.parse, which quote the text.
 */
export function jsonIn(bytes: Buffer): unknown {
  let text: string
  try {
    text = utf8.decode(bytes[0] === 0 ? bytes.subarray(frameBytes) : bytes)
  } catch {
    throw undecodable('the value is not UTF-8')
  }
  try {
    return JSON.parse(text)
  } catch {
    throw undecodable('the value is not JSON')
  }
}

const told = (problems: readonly Problem[]): string => {
  const more = problems.length - maxProblemsTold
  const first = problems.slice(0, maxProblemsTold).map(({ pointer, message }) => `${pointer || '/'} ${message}`)
  return [...first, ...(more > 0 ? [`and ${more} more`] : [])].join('; ')
}
