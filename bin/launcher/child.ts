// A program that cannot outlive us. It leads a process group of its own, beside a guard that reads a pipe which only this
// process holds open: when this process has gone, even by SIGKILL, the guard ends the group. A terminal's Ctrl-C does not
// reach the group: we stop what we started, in our order.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'

export type Child = AsyncDisposable & {
  /** Resolves when nothing of its group is left: `exit code 1`, or the name of the signal that ended it. */
  readonly ended: Promise<string>
  /** Ends its group by SIGKILL; resolves when it has ended. */
  kill(): Promise<void>
}

export type ChildOptions = {
  /** Where its output goes: an open file, or a function called with each line. */
  readonly output: number | ((line: string) => void)
  readonly cwd: string
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>
}

/** How long a program may take to stop cleanly; the guard's loop says the same. */
const graceMs = 10_000

// exec keeps the pid, so that exit and signals are the program's own; $$ is that pid in the guard too.
const guarded = `exec 3<&0
(
  trap '' HUP INT TERM
  read -r end
  kill -TERM 0
  for second in 1 2 3 4 5 6 7 8 9 10; do kill -0 $$ || break; sleep 1; done
  kill -KILL 0
) <&3 3<&- >/dev/null 2>&1 &
exec "$@" </dev/null 3<&-`

/**
 * Starts a program; one that is not on the PATH ends with `exit code 127`. Disposing it sends SIGTERM to its group, after
 * 10 s SIGKILL, and waits until it has ended.
 */
export function startChild(command: readonly string[], { output, cwd, env }: ChildOptions): Child {
  const to = typeof output === 'number' ? output : 'pipe'
  const child = spawn('/bin/sh', ['-c', guarded, 'sh', ...command], {
    cwd,
    // Java takes file names in the locale's encoding, and Maven speaks its language.
    env: { ...process.env, LC_ALL: 'C.UTF-8', ...env },
    detached: true,
    stdio: ['pipe', to, to],
  })
  if (typeof output === 'function')
    for (const stream of [child.stdout!, child.stderr!]) createInterface(stream).on('line', output)
  const ended = new Promise<string>((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', () => kill(-child.pid!, 'SIGKILL')) // its guard, and whatever the program left behind
    child.on('close', (code, signal) => resolve(signal ?? `exit code ${code}`))
  })
  const runs = () => child.pid !== undefined && child.exitCode === null && child.signalCode === null
  return {
    ended,
    kill: async () => {
      if (runs()) kill(-child.pid!, 'SIGKILL')
      await ended
    },
    [Symbol.asyncDispose]: async () => {
      if (runs()) kill(-child.pid!, 'SIGTERM')
      await Promise.race([ended, sleep(graceMs, undefined, { ref: false })])
      if (runs()) kill(-child.pid!, 'SIGKILL')
      await ended
    },
  }
}

/** Runs a program to its end, which it returns, or stops it when `signal` aborts and then throws the signal's reason. */
export async function run(
  command: readonly string[],
  { signal, ...options }: ChildOptions & { signal: AbortSignal },
): Promise<string> {
  signal.throwIfAborted()
  const child = startChild(command, options)
  const stop = (): void => void child[Symbol.asyncDispose]()
  signal.addEventListener('abort', stop)
  const end = await child.ended.finally(() => signal.removeEventListener('abort', stop))
  signal.throwIfAborted()
  return end
}

/** Signals a process, or with its negative number a process group; one that has gone is no error. */
export function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
