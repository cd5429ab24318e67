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
let holding: NodeJS.Timeout | undefined
const holdMs = 25
const maxHeld = 65_536

function write(level: number, line: string): void {
  if (held === '') holding = setTimeout(writeHeld, holdMs).unref()
  held += line
  if (held.length > maxHeld) writeHeld()
  else if (level >= levels.warn) setImmediate(writeHeld) // it may be the last that a process says before it is killed
}

function writeHeld(): void {
  clearTimeout(holding)
  if (held !== '') destination.write(held)
  held = ''
}

process.once('exit', () => {
  Object.assign(destination, { minLength: Number.POSITIVE_INFINITY }) // a write that was begun now would not be waited for
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
      : (event, fields) => {
          const members = fields === undefined ? '' : membersOf(fields)
          write(
            level,
            `{"level":${level},"time":"${isoTime(Date.now())}"${bindings}${members},"event":${JSON.stringify(event)}}\n`,
          )
        }
  return {
    debug: at(levels.debug),
    info: at(levels.info),
    warn: at(levels.warn),
    error: at(levels.error),
    child: (fields) => logger(least, bindings + membersOf(fields)),
  }
}

/** `,"name":value` for each field. Apps log too, in JavaScript, and whatever they hand over must not cost a line. */
export function membersOf(fields: unknown): string {
  if (fields instanceof Error) return membersOf({ error: fields })
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) return membersOf({ fields })
  const { error } = fields as { readonly error?: unknown }
  const text = stringify(error instanceof Error ? { ...fields, error: pino.stdSerializers.err(error) } : fields)
  return text === '{}' ? '' : `,${text.slice(1, -1)}`
}

/** An object's JSON, or, where its own `toJSON` makes something else of it (a Date), that of an object which holds it as text. */
function stringify(fields: object): string {
  const text = jsonOf(fields) ?? JSON.stringify(tellable(fields, 2))
  return text.startsWith('{') ? text : JSON.stringify({ fields: inspect(fields) })
}

/** Undefined for what JSON cannot hold: a circle, a bigint, what throws when it is asked. */
function jsonOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch {
    return undefined
  }
}

/** The same with what JSON cannot hold as text, the rest as it is, so many levels down. */
function tellable(value: unknown, levels: number): unknown {
  if (jsonOf(value) !== undefined || value === undefined) return value
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object' || value === null || levels === 0) return inspect(value)
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, tellable(each, levels - 1)]))
}
