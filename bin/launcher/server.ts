// A Java server: its log in a file, ready when it says so, and where it does not come up an error with its last words.
import { closeSync, openSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Child, type ChildOptions, startChild } from './child.ts'
import { refusal } from './refusal.ts'

export type Server = Child & {
  /** Rejects with `server-failed` when it has ended, or is not ready in time, and with the signal's reason. */
  readonly ready: Promise<void>
}

export type ServerOptions = Omit<ChildOptions, 'output'> & {
  /** As the error calls it. */
  readonly name: string
  readonly logFile: string
  /** Asked every 100 ms, with the log of this start. */
  readonly isReady: (log: string) => boolean | Promise<boolean>
  readonly signal: AbortSignal
}

/** Generous: a first start on a busy laptop takes half a minute, a recovery after SIGKILL as long again. */
const startMs = 120_000

/** Starts a server. Dispose it to stop it. */
export function startServer(command: readonly string[], options: ServerOptions): Server {
  const log = openSync(options.logFile, 'w')
  const child = startChild(command, { ...options, output: log })
  closeSync(log)
  const ready = waitUntilReady(child, options)
  ready.catch(() => undefined) // told to whoever awaits it, which may be later
  return { ...child, ready }
}

async function waitUntilReady({ ended }: Child, { name, logFile, isReady, signal }: ServerOptions): Promise<void> {
  let end: string | undefined
  const keep = (how: unknown): void => {
    end = String(how)
  }
  ended.then(keep, keep)
  const timeout = AbortSignal.timeout(startMs)
  for (;;) {
    signal.throwIfAborted()
    const log = await readFile(logFile, 'utf8')
    if (end !== undefined || timeout.aborted)
      throw refusal(
        'server-failed',
        `${name} did not come up: ${end ?? `not ready after ${startMs / 1000} s`}. The last lines of ${logFile}:\n${tail(log)}`,
        'Mend what they say',
      )
    if (await isReady(log)) return
    await sleep(100)
  }
}

/** The last lines but for stack frames and empty ones, cut to a length that a terminal shows; a container's name may lead. */
export const tail = (log: string): string =>
  log
    .trimEnd()
    .split('\n')
    .filter((line) => !/^(\S+ +\|)?(\s+at .*|\s+\.\.\. \d+ more|\s*)$/.test(line))
    .slice(-12)
    .map((line) => line.slice(0, 400))
    .join('\n')
