// The headers of a dead letter: the original's, untouched (I4), its way (journey.ts), and under `errand-dead-` why and where it
// was given up. What somebody wrote under these names before is replaced: a source record cannot pass for a letter. All of it
// is bounded, far below the 64 KiB that a dead topic takes beyond its source, so that a record can always be given up.
import { isoTime } from '../process/isoTime.ts'
import { copyHeaders, type Journey } from './journey.ts'
import type { Headers, LogRecord } from './log.ts'

/** Why and where a record was given up. `message` and `stack` are for operators and never reach a client. */
export type Death = {
  readonly code: string
  readonly message: string
  readonly stack?: string
  readonly atMs: number
  /** The group's id. */
  readonly group: string
  /** The process: `<host>/<pid>`. */
  readonly worker: string
  /** Of the value's frame, where it has one. */
  readonly schemaId?: number
}

const prefix = 'errand-dead-'

/** In bytes. */
const most = { code: 200, message: 2_000, stack: 8_000, name: 500 }

/** The headers of a letter of this record, which has come this way. */
export function letterHeaders(record: Pick<LogRecord, 'headers'>, journey: Journey, death: Death): Headers {
  const { code, message, stack, atMs, group, worker, schemaId } = death
  const headers = withoutDeath(copyHeaders(record, journey, 'asItWas'))
  const set = (name: string, text: string | undefined, maxBytes = most.name): void => {
    if (text !== undefined) headers.set(prefix + name, [cut(Buffer.from(text), maxBytes)])
  }
  set('code', code, most.code)
  set('message', message, most.message)
  set('stack', stack, most.stack)
  set('attempts', String(journey.attempts))
  set('time', isoTime(atMs))
  set('group', group)
  set('worker', worker)
  set('schema', schemaId === undefined ? undefined : String(schemaId))
  return headers
}

/** What a letter says of its end; whoever can write to a dead topic may have left out anything. */
export function readDeath({
  headers,
}: Pick<LogRecord, 'headers'>): Pick<Death, 'code' | 'message'> &
  Partial<Pick<Death, 'stack' | 'atMs' | 'worker'>> & { readonly attempts: number } {
  const text = (name: string): string | undefined => headers.get(prefix + name)?.[0]?.toString('utf8')
  const [stack, atMs, worker] = [text('stack'), Date.parse(text('time') ?? ''), text('worker')]
  const [attempts = '0'] = /^\d{1,15}$/.exec(text('attempts') ?? '') ?? []
  return {
    code: text('code') ?? '',
    message: text('message') ?? '',
    attempts: Number(attempts),
    ...(stack === undefined ? {} : { stack }),
    ...(Number.isNaN(atMs) ? {} : { atMs }),
    ...(worker === undefined ? {} : { worker }),
  }
}

/** What is left when a letter is no letter any more. */
export function withoutDeath(headers: Headers): Map<string, readonly Buffer[]> {
  const left = new Map<string, readonly Buffer[]>()
  for (const [name, values] of headers) if (!name.startsWith(prefix)) left.set(name, values)
  return left
}

/** Cut between characters. */
function cut(text: Buffer, maxBytes: number): Buffer {
  if (text.length <= maxBytes) return text
  let end = maxBytes
  while (end > 0 && (text[end]! & 0xc0) === 0x80) end -= 1
  return text.subarray(0, end)
}
