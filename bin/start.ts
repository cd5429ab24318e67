// `errand start [role…]`: runs roles of an app until it is told to stop.
import { Argument, Command } from 'commander'
import type { Logger } from '../app/context.ts'
import { ErrandError } from '../app/errors.ts'
import { systemClock } from '../process/clock.ts'
import { aborted, shutdownSignal } from '../process/lifecycle.ts'
import { checkRegistry } from '../schemas/registry/registryCheck.ts'
import { concurrencyOf } from './concurrency.ts'
import { type Role, type RunOptions, roles, runRoles } from './roles.ts'
import { openSystem, type System } from './system.ts'

type Options = { readonly app: string; readonly only: readonly string[]; readonly concurrency?: number }

/** What flushing, committing and leaving may take after the drain. With the default drain a stop takes less than 30 s in all. */
const afterDrainMs = 4_000

export function startVerb(): Command {
  return new Command('start')
    .description('run roles of the app: none named = all')
    .addArgument(new Argument('[roles...]', 'what this process does').choices(roles))
    .option('--app <file>', "the app's module", 'app.ts')
    .option('--only <name...>', 'only these request types and subscribers', [])
    .option(
      '--concurrency <n>',
      'handlers at once in each group of workers and subscribers (default: 50)',
      concurrencyOf,
    )
    .addHelpText(
      'after',
      '\nExamples:\n  errand start                                  everything in one process\n  errand start workers --only punctuality       one more competing worker\n  errand start workers --concurrency 200        more at once: `errand groups concurrency` counts over it\n  errand start api callbacks status delay       all but the work\n\nSIGTERM or Ctrl-C drains: nothing new is taken, handlers finish, offsets are committed. A second one ends at once.',
    )
    .action(start)
}

async function start(named: readonly Role[], { app, only, concurrency }: Options): Promise<void> {
  using shutdown = shutdownSignal()
  await using system = await openSystem(app, { clientId: named.join('+') || 'all' })
  unknownNames(system.app, only)
  await runUntilStopped(system, {
    roles: new Set(named.length > 0 ? named : roles),
    only: new Set(only),
    ...(concurrency === undefined ? {} : { concurrency }),
    signal: shutdown.signal,
  })
}

export type RunUntilStoppedOptions = Omit<RunOptions, 'onFailed'> & {
  readonly signal: AbortSignal
  /** Told once they run, with the API's address or that of the probes. */
  readonly onStarted?: (url: string | undefined) => void
}

/** Runs roles until `signal` aborts or a group fails, which sets exit code 1; then drains. */
export async function runUntilStopped(system: System, options: RunUntilStoppedOptions): Promise<void> {
  const { signal, onStarted, ...what } = options
  const { log, config } = system
  const stopped = aborted(signal)
  const failed = Promise.withResolvers<Error>()
  // While it starts there is nothing to drain. Without a broker nothing can be flushed or committed: it ends all the same (I7).
  let limitMs = afterDrainMs
  void Promise.race([stopped, failed.promise]).then(() => cutAfter(limitMs, log))
  await checkRegistry(config.registry)
  const onFailed = failed.resolve
  await using running = await runRoles(system, { ...what, onFailed })
  onStarted?.(running.url)
  limitMs += config.drainMs
  const failure = await Promise.race([failed.promise, stopped])
  if (failure) {
    log.error('process.failed', { error: failure })
    process.exitCode = 1
  }
  log.info('process.stopping', { why: failure ? 'a group failed' : String(signal.reason) })
}

/** What was not committed by then is done again elsewhere. */
const cutAfter = (limitMs: number, log: Logger): Disposable =>
  systemClock.after(limitMs, () => {
    log.error('process.cut', { why: `it did not stop within ${limitMs} ms` })
    process.exit(1)
  })

function unknownNames(
  { requests, subscribers }: { readonly requests: object; readonly subscribers: object },
  only: readonly string[],
): void {
  const known = [...Object.keys(requests), ...Object.keys(subscribers)]
  const unknown = only.filter((name) => !known.includes(name))
  if (unknown.length > 0)
    throw new ErrandError(
      'unknown-name',
      `--only names ${unknown.join(', ')}, which the app does not have; it has ${known.join(', ')}`,
    )
}
