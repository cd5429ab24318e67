// NDJSON in, events out: every line is one record's JSON. A bad line is told by its number and stops nobody; memory stays
// flat however long the input is.
import { randomUUID } from 'node:crypto'
import type { ErrandError } from '../app/errors.ts'
import type { KeyedEvent } from '../app/event.ts'
import { writeHeaders } from '../kafka/headers.ts'
import type { NewRecord } from '../kafka/log.ts'
import { type Clock, systemClock } from '../process/clock.ts'
import { type Problem, parseJson } from '../schemas/json/json.ts'
import { Convoy } from './convoy.ts'
import { tooLong } from './lines.ts'
import type { Producer } from './producer.ts'

/** A line that was not sent, and everything that is wrong with it. Lines are counted from 1. */
export type BadLine = { readonly number: number; readonly problems: readonly Problem[] }

export type ProduceCounts = { readonly sent: number; readonly refused: number }

export type ProduceSummary = ProduceCounts & {
  readonly seconds: number
  readonly recordsPerSecond: number
  /** `interrupted`: by the signal. `failed`: Kafka did not take the records; what was not acknowledged may be written. */
  readonly end:
    | { readonly kind: 'complete' }
    | { readonly kind: 'interrupted' }
    | { readonly kind: 'failed'; readonly error: unknown }
}

export type ProduceOptions = {
  /** Bytes must be UTF-8. Blank lines are passed over. */
  readonly lines: AsyncIterable<string | Buffer | typeof tooLong>
  readonly event: KeyedEvent
  readonly topic: string
  /** CloudEvents `source`. */
  readonly source: string
  readonly encode: (value: unknown) => Buffer
  readonly producer: Pick<Producer, 'send'>
  readonly onBadLine: (line: BadLine) => void
  /** Called after every record. */
  readonly onProgress?: (counts: ProduceCounts) => void
  /** No further line is read; what is in flight is still waited for. */
  readonly signal?: AbortSignal
  readonly clock?: Clock
}

/** Sends every line that is a record of the event, in order per key, and resolves when all have been acknowledged. Never rejects for a line. */
export async function produceRecords({
  lines,
  producer,
  topic,
  onBadLine,
  onProgress = () => undefined,
  signal,
  clock = systemClock,
  ...making
}: ProduceOptions): Promise<ProduceSummary> {
  const startMs = clock.now()
  const counts = { sent: 0, refused: 0 }
  const count = (what: keyof ProduceCounts): void => {
    counts[what]++
    onProgress({ ...counts })
  }
  const refuse = (number: number, problems: readonly Problem[]): void => {
    onBadLine({ number, problems })
    count('refused')
  }
  const convoy = new Convoy({
    producer,
    topic,
    clock,
    onAcknowledged: () => count('sent'),
    onRefused: (number, error: ErrandError) => refuse(number, [{ pointer: '', message: error.message }]),
  })
  const sendAll = async (): Promise<void> => {
    let number = 0
    for await (const line of lines) {
      if (signal?.aborted) return
      number++
      const made = makeRecord(line, { ...making, timeMs: clock.now() })
      if (made.kind === 'record') await convoy.send({ number, record: made.record })
      if (made.kind === 'bad') refuse(number, made.problems)
    }
  }
  const end = await endOf(sendAll, convoy, signal)
  const seconds = (clock.now() - startMs) / 1_000
  return { ...counts, seconds, recordsPerSecond: Math.round(counts.sent / Math.max(seconds, 0.001)), end }
}

async function endOf(
  sendAll: () => Promise<void>,
  convoy: Convoy,
  signal: AbortSignal | undefined,
): Promise<ProduceSummary['end']> {
  try {
    await sendAll().catch((error: unknown) => {
      if (!signal?.aborted) throw error // else it is the input, closed by the signal
    })
    await convoy.arrived()
    return { kind: signal?.aborted ? 'interrupted' : 'complete' }
  } catch (error) {
    return { kind: 'failed', error }
  }
}

type Made =
  | { readonly kind: 'record'; readonly record: NewRecord }
  | { readonly kind: 'bad'; readonly problems: readonly Problem[] }
  | { readonly kind: 'blank' }

type Making = Pick<ProduceOptions, 'event' | 'source' | 'encode'> & { readonly timeMs: number }

const utf8 = new TextDecoder('utf-8', { fatal: true })

function makeRecord(line: string | Buffer | typeof tooLong, { event, source, encode, timeMs }: Making): Made {
  if (line === tooLong) return { kind: 'bad', problems: [{ pointer: '', message: 'is longer than 16 MiB' }] }
  let step = 'UTF-8'
  try {
    const text = typeof line === 'string' ? line : utf8.decode(line)
    if (text.trim() === '') return { kind: 'blank' }
    step = 'JSON'
    const parsed = parseJson(event.record.schema, JSON.parse(text))
    if (parsed.kind === 'invalid') return { kind: 'bad', problems: parsed.problems }
    step = `a record that ${event.name} can have`
    const headers = writeHeaders({ id: randomUUID(), type: event.name, source, timeMs, run: 1, format: event.format })
    const key = Buffer.from(event.key(parsed.value as never))
    return { kind: 'record', record: { key, value: encode(parsed.value), headers } }
  } catch (error) {
    return { kind: 'bad', problems: [{ pointer: '', message: `is not ${step}: ${(error as Error).message}` }] }
  }
}
