// Keeps a system running the newest state of its files. A successor is prepared while the system that runs goes on, which
// ends only when the successor can take its place: whatever is wrong with a change costs no running system.
//
//   changed ─▶ types renewed ─▶ successor prepared ─▶ predecessor drained ─▶ successor runs
//        ▲            │ wrong             │ wrong, or changed again                  │ ended
//        └────────────┴──── waits ────────┴──────────────────────────────────────────┘
//
// Changes that come while it restarts are one more restart, after this one; while it only prepares they begin it anew.
import { ErrandError } from '../../app/errors.ts'
import type { Clock } from '../../process/clock.ts'
import { aborted } from '../../process/lifecycle.ts'
import type { Prepared, SystemProcess } from './systemProcess.ts'
import type { Changes } from './watch.ts'

export type RestartOptions = {
  readonly changes: Changes
  /** Throws what is wrong with the schemas; otherwise whether it has written. */
  readonly renewTypes: () => Promise<boolean>
  readonly start: () => SystemProcess
  readonly say: (line: string) => void
  /** It runs; called again after each restart. */
  readonly onRunning: (running: Prepared & { readonly url: string }) => Promise<void>
  readonly clock: Clock
  /** Ends it all, at any moment. */
  readonly signal: AbortSignal
}

/** How long a system that only starts is waited for while a change waits: its own `resources` may hang. */
const startPatienceMs = 10_000

/**
 * Resolves when `signal` has aborted and every process has ended. Rejects with `unable` where the first start fails for
 * what no change of a file can mend.
 */
export async function keepRunning(options: RestartOptions): Promise<void> {
  const session = new Session(options)
  try {
    await session.run()
  } finally {
    await session.stop()
  }
}

class Session {
  readonly #options: RestartOptions
  readonly #aborted: Promise<undefined>
  #current: SystemProcess | undefined
  #hasRun = false

  constructor(options: RestartOptions) {
    this.#options = options
    this.#aborted = aborted(options.signal).then(() => undefined)
  }

  async run(): Promise<void> {
    const { changes, signal } = this.#options
    while (!signal.aborted) {
      await this.#restart(changes.take())
      await this.#change()
    }
  }

  async stop(): Promise<void> {
    await this.#current?.stop()
  }

  async #restart(files: readonly string[]): Promise<void> {
    const { say, clock, signal } = this.#options
    const sinceMs = clock.now()
    if (files.length > 0) say(`· ${named(files)} changed`)
    if (!(await this.#typesRenewed())) return
    const successor = this.#options.start()
    const prepared = await this.#prepared(successor)
    if (!prepared) return successor.stop()
    const predecessor = this.#current
    this.#current = successor
    await predecessor?.stop()
    if (signal.aborted) return
    const url = await this.#running(successor)
    if (url === undefined) return
    this.#hasRun = true
    await this.#options.onRunning({ ...prepared, url })
    if (files.length > 0) say(`· restarted in ${((clock.now() - sinceMs) / 1_000).toFixed(1)} s`)
  }

  async #typesRenewed(): Promise<boolean> {
    const { renewTypes, say } = this.#options
    try {
      if (await renewTypes()) say('· wrote schemas/generated.ts anew')
      return true
    } catch (error) {
      if (!(error instanceof ErrandError)) throw error
      say(`✗ ${error.message}`)
      this.#sayWaiting()
      return false
    }
  }

  /** What the successor is; undefined where it has ended, which is told, or a newer change or the end has come before. */
  async #prepared(successor: SystemProcess): Promise<Prepared | undefined> {
    const { changes } = this.#options
    const given = await Promise.race([
      successor.prepared,
      successor.ended,
      changes.settled().then(() => undefined),
      this.#aborted,
    ])
    if (given === undefined || 'fingerprint' in given) return given
    this.#failed(given, 'cannot be loaded')
    return undefined
  }

  /** The address where it runs, or undefined as above. */
  async #running(successor: SystemProcess): Promise<string | undefined> {
    const { changes, clock } = this.#options
    const done = new AbortController()
    const changed = clock.sleep(startPatienceMs, done.signal).then(() => changes.settled().then(() => undefined))
    changed.catch(() => undefined)
    successor.run()
    const given = await Promise.race([successor.running, successor.ended, changed, this.#aborted])
    done.abort()
    if (given === undefined || typeof given === 'string') return given
    this.#current = undefined
    this.#failed(given, 'did not start')
    return undefined
  }

  #failed({ how, failure }: Awaited<SystemProcess['ended']>, what: string): void {
    if (failure?.elsewhere && !this.#hasRun) throw new ErrandError('unable', failure.why)
    this.#options.say(`✗ ${failure?.why ?? `The app ${what} (${how}); see above.`}`)
    this.#sayWaiting()
  }

  #sayWaiting(): void {
    this.#options.say(
      this.#current
        ? '  The system goes on as it was; the next change is tried.'
        : '  Nothing runs; the next change is tried.',
    )
  }

  /** Waits for the next change; a system that ends by itself meanwhile is told of, and not started again before. */
  async #change(): Promise<void> {
    const { changes } = this.#options
    const changed = Promise.race([changes.settled(), this.#aborted])
    const system = this.#current
    const ended = await Promise.race([changed, ...(system ? [system.ended] : [])])
    if (ended === undefined) return
    this.#current = undefined
    this.#failed(ended, 'has ended by itself')
    await changed
  }
}

const named = ([first, ...others]: readonly string[]): string =>
  others.length === 0 ? `${first}` : `${first} and ${others.length} more`
