// A program as a person at a terminal runs it: started, read, typed at, interrupted.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { onTestFinished, vi } from 'vitest'

export type Command = {
  readonly child: ChildProcess
  /** Everything that it has written so far, both streams. */
  output(): string
  /** Resolves with the output when it matches; rejects when the program ends before, or after 60 s. */
  shows(pattern: RegExp): Promise<string>
  /** The exit code; a signal's name where one ended it; a sentence where it has not started, or not ended for 100 s. */
  readonly ended: Promise<number | string>
}

const patienceMs = 100_000

/** Without what the developer's own shell may say of a running system. */
const ownEnv = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(ERRAND_(?!LAUNCHER)|KAFKA_|SCHEMA_REGISTRY_)/.test(name)),
)

/** Runs a program of this repository with the Node that runs the tests first in PATH, as npm does; `typed` is its standard input. */
export function command(
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  typed?: string,
): Command {
  const path = [dirname(process.execPath), `${process.cwd()}/node_modules/.bin`, process.env.PATH].join(':')
  const child = spawn(file, args, { env: { ...ownEnv, PATH: path, ...env }, stdio: 'pipe' })
  child.stdin.on('error', () => undefined) // it has ended before it has read all
  child.stdin.end(typed)
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()))
  const closed = once(child, 'close').then(
    ([code, signal]) => (code ?? signal) as number | string,
    (error: Error) => `could not start: ${error.message}`,
  )
  const ended = Promise.race([closed, sleep(patienceMs, `did not end within ${patienceMs} ms`, { ref: false })])
  let over = false
  void closed.then(() => {
    over = true
  })
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await closed
  })
  const shows = async (pattern: RegExp): Promise<string> => {
    await vi.waitUntil(() => over || pattern.test(text), { timeout: 60_000, interval: 50 }).catch(() => undefined)
    if (!pattern.test(text)) throw new Error(`it does not show ${pattern}:\n${text}`)
    return text
  }
  return { child, output: () => text, shows, ended }
}
