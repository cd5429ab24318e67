// A program of ours as a child process: `errand …` with this system's environment. It ends when it is told, and when its
// parent is gone: the channel between them closes then (process/lifecycle.ts).
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { packageFolder } from './package.ts'

/** Longer than a program takes to stop by itself, broker or no broker. */
const patienceMs = 35_000

const command = [
  ...['TimeoutNegativeWarning', 'ExperimentalWarning'].map((each) => `--disable-warning=${each}`),
  join(packageFolder, 'bin/entry.js'),
]

export type Program = {
  readonly pid: number
  /** Resolves with the exit code, or the signal's name. */
  readonly ended: Promise<number | string>
  /** SIGTERM unless told otherwise, and SIGKILL to what has not ended then; resolves when it has ended. */
  stop(signal?: NodeJS.Signals): Promise<void>
  /** Hands it a message over its channel; one that has ended gets none. */
  send(message: object): void
} & AsyncDisposable

export type ProgramOptions = {
  readonly env: Readonly<Record<string, string>>
  readonly onLine: (line: string) => void
  /** What it says over its channel. */
  readonly onMessage?: (message: unknown) => void
}

/** Starts `errand <args>`; every line of its log is handed to `onLine`. */
export function runProgram(args: readonly string[], { env, onLine, onMessage }: ProgramOptions): Program {
  // A process group of its own: Ctrl-C reaches the parent alone, which then stops its programs in order.
  const child = spawn(process.execPath, [...command, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    detached: true,
  })
  if (child.stderr) createInterface({ input: child.stderr }).on('line', onLine)
  if (onMessage) child.on('message', onMessage)
  const ended = exitOf(child)
  const stop = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<void> => {
    child.kill(signal)
    await Promise.race([ended, sleep(patienceMs, undefined, { ref: false })])
    child.kill('SIGKILL')
    await ended
  }
  const send = (message: object): void => void child.send(message, () => undefined) // its end is told by `ended`
  return { pid: child.pid ?? -1, ended, stop, send, [Symbol.asyncDispose]: stop }
}

async function exitOf(child: ChildProcess): Promise<number | string> {
  const [code, signal] = await once(child, 'exit')
  return code ?? signal
}
