// The log: JSON lines, through pino. This file alone imports it.
import { type Logger as Pino, pino } from 'pino'
import type { Logger } from '../app/context.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

/** What gathers in one turn of the event loop is written at its end, but no more than this is held back. */
const maxHeldBytes = 16_000
const destination = pino.destination({ dest: 2, sync: true, minLength: maxHeldBytes })
process.once('exit', () => destination.flushSync())

let isFlushing = false

function flushSoon(): void {
  if (isFlushing) return
  isFlushing = true
  setImmediate(() => {
    isFlushing = false
    destination.flushSync()
  })
}

/**
 * A log on standard error, so that standard output stays a program's own. Errors under `error` are written with stack. Lines
 * of one turn of the event loop are written together, a warning or an error at once with those before it: a system call
 * for every answer would be felt by a busy API.
 */
export function createLog(level: LogLevel = 'info'): Logger {
  return wrap(
    pino(
      {
        level,
        base: { pid: process.pid },
        timestamp: pino.stdTimeFunctions.isoTime,
        messageKey: 'event',
        serializers: { error: pino.stdSerializers.err },
      },
      destination,
    ),
  )
}

/** A log that writes nothing. */
export const silentLog: Logger = createLog('silent')

function wrap(to: Pino): Logger {
  const line =
    (level: 'debug' | 'info' | 'warn' | 'error', flush: () => void): Logger['info'] =>
    (event, fields) => {
      if (!to.isLevelEnabled(level)) return
      to[level](fields ?? {}, event)
      flush()
    }
  const flushNow = (): void => destination.flushSync()
  return {
    debug: line('debug', flushSoon),
    info: line('info', flushSoon),
    warn: line('warn', flushNow),
    error: line('error', flushNow),
    child: (fields) => wrap(to.child(fields)),
  }
}
