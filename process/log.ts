// The log: JSON lines, through pino. This file alone imports it.
import { type Logger as Pino, pino } from 'pino'
import type { Logger } from '../app/context.ts'
import { isoTime } from './isoTime.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

/** Where nobody reads them lines are dropped beyond `maxLength` bytes: the process must not die of its log. */
const destination = pino.destination({ dest: 2, sync: false, maxLength: 16 * 1024 * 1024 })

// A full disk, say. Later lines are tried again; at the end nothing is, for that would be repeated until there is room.
destination.on('error', () => {
  destination.flushSync = () => undefined
})

let held = ''

/** The lines of one turn of the event loop are written together, for a write each would be felt by a busy API. */
const lines = {
  write: (line: string): void => {
    if (held === '') setImmediate(writeHeld)
    held += line
  },
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
export function createLog(level: LogLevel = 'info'): Logger {
  return wrap(
    pino(
      {
        level,
        base: { pid: process.pid },
        timestamp: () => `,"time":"${isoTime(Date.now())}"`,
        messageKey: 'event',
        serializers: { error: pino.stdSerializers.err },
      },
      lines,
    ),
  )
}

/** A log that writes nothing. */
export const silentLog: Logger = createLog('silent')

function wrap(to: Pino): Logger {
  return {
    debug: (event, fields) => to.debug(fields ?? {}, event),
    info: (event, fields) => to.info(fields ?? {}, event),
    warn: (event, fields) => to.warn(fields ?? {}, event),
    error: (event, fields) => to.error(fields ?? {}, event),
    child: (fields) => wrap(to.child(fields)),
  }
}
