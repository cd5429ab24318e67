// The one place that knows header names: CloudEvents 1.0 (Kafka binding, binary mode), W3C traceparent, and our own under
// `errand-`. Values are parsed once; what is missing gets defaults, so that any producer's records can be handled.
import type { Format } from '../app/event.ts'
import { isoTime } from '../process/isoTime.ts'
import { remembered } from '../process/remembered.ts'
import type { Journey } from './journey.ts'
import type { Headers, LogRecord } from './log.ts'

/** A record's headers as the platform means them. */
export type Attributes = {
  readonly id: string
  /** `flight.landed`, `punctuality` on a request, `punctuality.succeeded` on its result. */
  readonly type: string
  readonly source: string
  readonly timeMs: number
  /** The request that the record is about (`ce_subject`). */
  readonly subject?: string
  readonly run: number
  readonly traceparent?: string
  readonly seal?: Buffer
  /** The producer's own headers as text. */
  readonly own: Readonly<Record<string, string>>
}

const known = new Set([
  'ce_id',
  'ce_type',
  'ce_source',
  'ce_time',
  'ce_specversion',
  'ce_subject',
  'content-type',
  'traceparent',
])

/** Whether a name is the platform's: such headers are stripped from what HTTP and CLI bring in. */
export const isPlatformHeader = (name: string): boolean => known.has(name) || name.startsWith('errand-')

/** Headers of a record that we write. `own` must hold no platform names; `format` is the value's, by default Avro. */
export function writeHeaders(
  attributes: Omit<Attributes, 'own'> & { readonly own?: Attributes['own']; readonly format?: Format },
): Headers {
  const { id, type, source, timeMs, subject, run, traceparent, seal, own = {}, format = 'avro' } = attributes
  const headers = new Map<string, readonly Buffer[]>()
  for (const [name, text] of Object.entries(own)) headers.set(name, [Buffer.from(text)])
  const idBytes = [Buffer.from(id)]
  headers.set('ce_specversion', constant('1.0'))
  headers.set('ce_id', idBytes)
  headers.set('ce_type', constant(type))
  headers.set('ce_source', constant(source))
  headers.set('ce_time', [Buffer.from(isoTime(timeMs))])
  if (subject !== undefined) headers.set('ce_subject', subject === id ? idBytes : [Buffer.from(subject)])
  headers.set('content-type', constant(`application/${format}`))
  if (traceparent !== undefined) headers.set('traceparent', [Buffer.from(traceparent)])
  headers.set('errand-run', constant(String(run)))
  if (seal) headers.set('errand-seal', [seal])
  return headers
}

/** Values that are the same on nearly every record. */
const constant = remembered(1_000, (text): readonly Buffer[] => [Buffer.from(text)])

export type Reading = {
  /** Where the record says none; its topic's name by default. */
  readonly type?: string
  /** Of a copy: where it was first. A source record's own word for that is not believed. */
  readonly journey?: Pick<Journey, 'origin'> | undefined
}

/**
 * A record's attributes. Where CloudEvents are missing the id is topic/partition/offset, of a copy those of the record that it
 * was; the source is the topic, the time the record's.
 */
export function readHeaders(record: LogRecord, { type = record.topic, journey }: Reading = {}): Attributes {
  const { timestampMs, headers } = record
  const text = (name: string): string | undefined => headers.get(name)?.[0]?.toString('utf8')
  const optional = <Name extends string, T>(name: Name, value: T | undefined): { [K in Name]?: T } =>
    (value === undefined ? {} : { [name]: value }) as { [K in Name]?: T }
  const timeMs = Date.parse(text('ce_time') ?? '')
  const from = journey?.origin ?? record
  return {
    ...readIdentity(record, { type, from }),
    source: text('ce_source') || `/${from.topic}`,
    timeMs: Number.isNaN(timeMs) ? timestampMs : timeMs,
    own: Object.fromEntries(
      [...headers].flatMap(([name, [value]]) =>
        value && !isPlatformHeader(name) ? [[name, value.toString('utf8')]] : [],
      ),
    ),
    ...optional('subject', text('ce_subject')),
    ...optional('traceparent', text('traceparent')),
    ...optional('seal', headers.get('errand-seal')?.[0]),
  }
}

/** Of its attributes what tells it from others; `from` is the record that it was first. */
export function readIdentity(
  { headers }: Pick<LogRecord, 'headers'>,
  { type, from }: { readonly type: string; readonly from: Journey['origin'] },
): Pick<Attributes, 'id' | 'type' | 'run'> {
  const text = (name: string): string | undefined => headers.get(name)?.[0]?.toString('utf8')
  const run = Number(text('errand-run') ?? 1)
  return {
    id: text('ce_id') || `${from.topic}/${from.partition}/${from.offset}`,
    type: text('ce_type') || type,
    run: Number.isSafeInteger(run) && run > 0 ? run : 1,
  }
}
