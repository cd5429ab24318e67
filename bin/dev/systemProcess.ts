// The system under `errand dev` as its parent sees it: a process that loads the app and prepares (schemas, topics) beside its
// predecessor, and runs when it is told to. What it says travels over the channel between them, its log on standard error.
import { runProgram } from '../program.ts'

/** What an app is, as far as its developer needs it. */
export type Prepared = {
  readonly namespace: string
  /** Stands for all schemas and topics: what was prepared once need not be again. */
  readonly fingerprint: string
  /** Each request type with an input to try. */
  readonly requests: readonly { readonly type: string; readonly data: unknown }[]
}

export type Said =
  | ({ readonly kind: 'prepared' } & Prepared)
  | { readonly kind: 'running'; readonly url: string }
  | ({ readonly kind: 'failed' } & Failure)

/** Why it ends, with what to do. `elsewhere`: the fault is in a registry or a port, say, so that no change of a file can help. */
export type Failure = { readonly why: string; readonly elsewhere: boolean }

export type SystemProcess = {
  readonly prepared: Promise<Prepared>
  /** With the API's address. */
  readonly running: Promise<string>
  /** With how, and with why where it has said so; else it has written that. */
  readonly ended: Promise<{ readonly how: string; readonly failure: Failure | undefined }>
  /** Lets it run; to be called once, after `prepared`. */
  run(): void
  /** Drains and leaves where it runs, and ends at once where it does not. */
  stop(): Promise<void>
}

export type SystemProcessOptions = {
  readonly app: string
  readonly env: Readonly<Record<string, string>>
  /** The fingerprint of what is prepared already. */
  readonly fingerprint: string
  /** Its cluster was launched for it. */
  readonly launched: boolean
  readonly onLine: (line: string) => void
}

/** Starts one. Its promises are there to be raced: none of them rejects. Those of what never comes stay open. */
export function startSystemProcess({ app, env, fingerprint, launched, onLine }: SystemProcessOptions): SystemProcess {
  const [prepared, running] = [Promise.withResolvers<Prepared>(), Promise.withResolvers<string>()]
  let failure: Failure | undefined
  const onMessage = (said: Said): void => {
    if (said.kind === 'prepared') prepared.resolve(said)
    else if (said.kind === 'running') running.resolve(said.url)
    else failure = said
  }
  const program = runProgram(
    ['dev-system', '--app', app, '--prepared', fingerprint, ...(launched ? ['--launched'] : [])],
    {
      env,
      onLine,
      onMessage: (message) => onMessage(message as Said),
    },
  )
  let isRun = false
  return {
    prepared: prepared.promise,
    running: running.promise,
    ended: program.ended.then((how) => ({
      how: typeof how === 'number' ? `exit code ${how}` : how,
      failure,
    })),
    run: () => {
      isRun = true
      program.send({ kind: 'run' })
    },
    stop: () => program.stop(isRun ? 'SIGTERM' : 'SIGKILL'),
  }
}
