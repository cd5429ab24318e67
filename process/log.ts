// The log: JSON lines. They are made here, by JSON.stringify, and written 25 ms at a time: pino's own walk over the fields of a
// line, and a write a turn of the event loop, took a busy API a tenth of its requests. What pino is used for is writing
// without waiting, and errors as JSON. This file alone imports it.
import { inspect } from 'node:util'
import { pino } from 'pino'
import type { Logger } from '../app/context.ts'
import { isoTime } from './isoTime.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

/** As pino and bunyan number them. */
const levels = { debug: 20, info: 30, warn: 40, error: 50, silent: Number.POSITIVE_INFINITY }

/** Where nobody reads them lines are dropped beyond `maxLength` bytes: the process must not die of its log. */
const destination = pino.destination({ dest: 2, sync: false, maxLength: 16 * 1024 * 1024 })

// A full disk, say. Later lines are tried again; at the end nothing is, for that would be repeated until there is room.
destination.on('error', () => {
  destination.flushSync = () => undefined
})

let held = ''
const holdMs = 25
const heldBytes = 65_536

function write(line: string): void {
  if (held === '') setTimeout(writeHeld, holdMs).unref()
  held += line
  if (held.length > heldBytes) writeHeld()
}

function writeHeld(): void {
  if (held !== '') destination.write(held)
  held = ''
}

process.once('exit', () => {
  writeHeld()
  destination.flushSync()
})

/** A log on standard error, so that standard output stays a program's own. Errors under `error` are written with stack. */
export const createLog = (level: LogLevel = 'info'): Logger => logger(levels[level], membersOf({ pid: process.pid }))

/** A log that writes nothing. */
export const silentLog: Logger = createLog('silent')

function logger(least: number, bindings: string): Logger {
  const at = (level: number): Logger['info'] =>
    level < least
      ? () => undefined
      : (event, fields) =>
          write(
            `{"level":${level},"time":"${isoTime(Date.now())}"${bindings}${fields ? membersOf(fields) : ''},"event":${JSON.stringify(event)}}\n`,
          )
  return {
    debug: at(levels.debug),
    info: at(levels.info),
    warn: at(levels.warn),
    error: at(levels.error),
    child: (fields) => logger(least, bindings + membersOf(fields)),
  }
}

/** `,"name":value` for each field that has one. */
function membersOf(fields: object): string {
  const text = stringify('error' in fields && fields.error instanceof Error ? withError(fields, fields.error) : fields)
  return text === '{}' ? '' : `,${text.slice(1, -1)}`
}

const withError = (fields: object, error: Error): object => ({ ...fields, error: pino.stdSerializers.err(error) })

/** What JSON cannot hold (a circle, a bigint) is told as text. */
function stringify(fields: object): string {
  try {
    return JSON.stringify(fields)
  } catch {
    return JSON.stringify({ fields: inspect(fields) })
  }
}
