// Asks at the terminal before something that cannot be undone.
import { createInterface } from 'node:readline/promises'
import { ErrandError } from '../app/errors.ts'

export type ConfirmOptions = {
  /** What `--yes` would spare: `pass --yes to <do it> without being asked`. */
  readonly to: string
  readonly signal?: AbortSignal
}

/** Whether the answer was yes; Ctrl-C and Ctrl-D are no. Throws `not-confirmed` where nobody can be asked. */
export async function confirmed(question: string, { to, signal }: ConfirmOptions): Promise<boolean> {
  mustBeAskable(to)
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  terminal.on('SIGINT', () => terminal.close())
  try {
    return /^y(es)?$/i.test((await terminal.question(question, signal ? { signal } : {})).trim())
  } catch {
    return false
  } finally {
    terminal.close()
  }
}

/** Throws `not-confirmed` where there is no terminal. */
export function mustBeAskable(to: string): void {
  if (!process.stdin.isTTY)
    throw new ErrandError('not-confirmed', `there is no terminal to ask at: pass --yes to ${to} without being asked`)
}
