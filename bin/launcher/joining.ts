// How a launch comes to the keeper of its folder: it joins the one that is there, or starts one.
import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type Link, openLink } from './link.ts'
import { lockFolder, readRunning } from './lock.ts'
import { refusal } from './refusal.ts'
import { tail } from './server.ts'

export type KeeperOptions = {
  /** The folder, by its real path. */
  readonly home: string
  readonly kafkaPort: number
  readonly registryPort: number
  readonly brokers: number
  readonly temporary: boolean
}

/** Longer than a keeper whose last user has left takes to stop its servers. */
const patienceMs = 60_000

/** A link to the folder's keeper. Throws the signal's reason, `already-running`, or `server-failed`. */
export async function joinKeeper(options: KeeperOptions, signal: AbortSignal): Promise<Link> {
  const { home } = options
  const timeout = AbortSignal.timeout(patienceMs)
  let keeper: Keeper | undefined
  for (;;) {
    const running = readRunning(home)
    const link = running && (await openLink(running.socket))
    if (link) return link
    if (signal.aborted) keeper?.stop()
    signal.throwIfAborted()
    const end = keeper?.end()
    if (end !== undefined && end !== 0) throw noKeeper(home, end)
    if (timeout.aborted) throw alreadyRunning(home, running?.pid)
    if ((keeper === undefined || end === 0) && isFree(home)) keeper = startKeeper(options)
    await sleep(50)
  }
}

function isFree(home: string): boolean {
  const lock = lockFolder(home)
  lock?.[Symbol.dispose]()
  return lock !== undefined
}

type Keeper = {
  /** What it ended with; 0 when another one was faster; undefined while it runs. */
  end(): number | string | undefined
  stop(): void
}

const logFile = (home: string): string => join(home, 'keeper.log')

function startKeeper(options: KeeperOptions): Keeper {
  const program = fileURLToPath(new URL(`keeper${extname(import.meta.url)}`, import.meta.url))
  const log = openSync(logFile(options.home), 'w')
  const child = spawn(process.execPath, [program, JSON.stringify(options)], {
    detached: true,
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  child.unref()
  let failure: string | undefined
  child.on('error', (error) => {
    failure = error.message
  })
  return { end: () => failure ?? child.exitCode ?? child.signalCode ?? undefined, stop: () => void child.kill() }
}

const noKeeper = (home: string, end: number | string): Error =>
  refusal(
    'server-failed',
    `The process that is to keep Kafka has ended (${end}). The last lines of ${logFile(home)}:\n${tail(readFileSync(logFile(home), 'utf8'))}`,
    'Mend what they say',
  )

const alreadyRunning = (home: string, pid: number | undefined): Error =>
  refusal(
    'already-running',
    `Process ${pid ?? 'that nobody knows'} holds ${home} and takes nobody in: its Kafka has ended, or does not end.`,
    `End the programs that still use it, or that process itself${pid === undefined ? '' : ` (kill ${pid})`}`,
  )
