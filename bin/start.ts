// `errand start [role…]`: runs roles of an app until it is told to stop.
import { Argument, Command } from 'commander'
import { systemClock } from '../process/clock.ts'
import { aborted, shutdownSignal } from '../process/lifecycle.ts'
import { type Role, roles, runRoles } from './roles.ts'
import { openSystem } from './system.ts'

type Options = { readonly app: string; readonly only: readonly string[] }

/** What flushing, committing and leaving may take after the drain. With the default drain a stop takes less than 30 s in all. */
const afterDrainMs = 4_000

export function startVerb(): Command {
  return new Command('start')
    .description('run roles of the app: none named = all')
    .addArgument(new Argument('[roles...]', 'what this process does').choices(roles))
    .option('--app <file>', "the app's module", 'app.ts')
    .option('--only <name...>', 'only these request types and subscribers', [])
    .addHelpText(
      'after',
      '\nExamples:\n  errand start                                  everything in one process\n  errand start workers --only punctuality       one more competing worker\n  errand start api callbacks status             all but the work\n\nSIGTERM or Ctrl-C drains: nothing new is taken, handlers finish, offsets are committed. A second one ends at once.',
    )
    .action(start)
}

async function start(named: readonly Role[], { app, only }: Options): Promise<void> {
  using shutdown = shutdownSignal()
  const system = await openSystem(app, { clientId: named.join('+') || 'all' })
  unknownNames(system.app, only)
  const failed = Promise.withResolvers<Error>()
  const running = await runRoles(system, {
    roles: new Set(named.length > 0 ? named : roles),
    only: new Set(only),
    onFailed: failed.resolve,
  })
  const failure = await Promise.race([failed.promise, aborted(shutdown.signal)])
  if (failure) {
    system.log.error('process.failed', { error: failure })
    process.exitCode = 1
  }
  system.log.info('process.stopping', { why: failure ? 'a group failed' : String(shutdown.signal.reason) })
  // Without a broker nothing can be flushed or committed: the process ends all the same, and says so (I7).
  using _limit = systemClock.after(system.config.drainMs + afterDrainMs, () => {
    system.log.error('process.cut', {
      why: 'it could not stop in time; what was not committed is done again elsewhere',
    })
    process.exit(1)
  })
  await running[Symbol.asyncDispose]()
  await system[Symbol.asyncDispose]()
  system.log.info('process.stopped', {})
}

function unknownNames(
  { requests, subscribers }: { readonly requests: object; readonly subscribers: object },
  only: readonly string[],
): void {
  const known = [...Object.keys(requests), ...Object.keys(subscribers)]
  const unknown = only.filter((name) => !known.includes(name))
  if (unknown.length > 0)
    throw new Error(`--only names ${unknown.join(', ')}, which the app does not have; it has ${known.join(', ')}`)
}
