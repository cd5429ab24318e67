// `errand groups [group]`: who works on what, how far behind, what blocks; `pause`, `resume` and `concurrency` tell members.
import { Command } from 'commander'
import { type GroupDesk, groupDesk } from '../consumers/groupDesk.ts'
import type { MemberView } from '../consumers/groupView.ts'
import { reportEveryMs } from '../consumers/presence.ts'
import { systemClock } from '../process/clock.ts'
import { shutdownSignal } from '../process/lifecycle.ts'
import type { Control } from '../schemas/platform/generated.ts'
import { checkRegistry } from '../schemas/registry/registryCheck.ts'
import { concurrencyOf } from './concurrency.ts'
import { groupLines } from './groupLines.ts'
import { openSystem } from './system.ts'

type Options = { readonly app: string; readonly json?: boolean; readonly watch?: boolean }

export const groupsVerb = (): Command =>
  common(new Command('groups'))
    .description('who works on what, how far behind, and what blocks; pause, resume, concurrency')
    .argument('[group]', 'such as workers.punctuality; none = all')
    .option('--watch', 'show it again every two seconds, until Ctrl-C')
    .addHelpText('after', help)
    .action(show)
    .addCommand(
      common(new Command('pause').description('let members start nothing more; what runs goes on'))
        .argument('<group>')
        .addHelpText('after', '\nExample:\n  errand groups pause workers.punctuality')
        .action((group: string, _: Options, command: Command) => tell(group, { paused: true }, command)),
    )
    .addCommand(
      common(new Command('resume').description('let them go on'))
        .argument('<group>')
        .addHelpText('after', '\nExample:\n  errand groups resume workers.punctuality')
        .action((group: string, _: Options, command: Command) => tell(group, { paused: false }, command)),
    )
    .addCommand(
      common(new Command('concurrency').description('set how many handlers run at once in each process'))
        .argument('<group>')
        .argument('<n>', 'a whole number, or default: as each process was started', countOf)
        .addHelpText(
          'after',
          '\nExamples:\n  errand groups concurrency workers.punctuality 20\n  errand groups concurrency workers.punctuality default',
        )
        .action((group: string, concurrency: number | null, _: Options, command: Command) =>
          tell(group, { concurrency }, command),
        ),
    )

const help = `
Examples:
  errand groups
  errand groups workers.punctuality --watch
  errand groups --json | jq '.[] | {name, lag}'
  errand groups pause workers.punctuality

Running processes take up a change at once, and those that start later too, until it is changed again.
Exit code 1: a member has not taken it up yet. 2: usage, configuration or Kafka.`

const common = (command: Command): Command =>
  command.option('--app <file>', "the app's module", 'app.ts').option('--json', 'print JSON')

const countOf = (text: string): number | null => (text === 'default' ? null : concurrencyOf(text))

async function withDesk<T>(app: string, action: (desk: GroupDesk) => Promise<T>): Promise<T> {
  await using system = await openSystem(app, { clientId: 'groups', logLevel: 'error' })
  await checkRegistry(system.config.registry)
  return await action(groupDesk({ ...system, log: system.kafka, logger: system.log, clock: systemClock }))
}

async function show(group: string | undefined, { app, json = false, watch = false }: Options): Promise<void> {
  using shutdown = shutdownSignal()
  const { signal } = shutdown
  await withDesk(app, async (desk) => {
    do {
      const groups = await desk.view(group)
      if (watch && process.stdout.isTTY) console.log('\x1b[H\x1b[2J')
      console.log(json ? JSON.stringify(groups) : groupLines(groups).join('\n'))
      if (watch) await systemClock.sleep(reportEveryMs, signal).catch(() => undefined)
    } while (watch && !signal.aborted)
  })
}

async function tell(
  group: string,
  change: Partial<Pick<Control, 'paused' | 'concurrency'>>,
  command: Command,
): Promise<void> {
  const { app, json = false } = command.optsWithGlobals<Options>() // the verb, which has them too, takes them first
  await withDesk(app, async (desk) => {
    const control = await desk.control(group, change)
    const { name, members } = await takenUp(desk, group, control)
    const late = members.filter((member) => !hasTakenUp(member, control))
    const { paused, concurrency } = control
    if (json)
      console.log(
        JSON.stringify({
          name,
          paused,
          concurrency,
          members: members.map(({ process }) => process),
          late: late.map(({ process }) => process),
        }),
      )
    else for (const line of toldLines(name, control, members, late)) console.log(line)
    if (late.length > 0) process.exitCode = 1
  })
}

const takenUpMs = 4 * reportEveryMs

/** The live members, when all have told that they do as they were told, or after a while. */
async function takenUp(desk: GroupDesk, group: string, control: Control) {
  for (const untilMs = systemClock.now() + takenUpMs; ; await systemClock.sleep(reportEveryMs / 4)) {
    const [view] = await desk.view(group)
    const members = view!.members.filter(({ state }) => state !== 'silent')
    if (systemClock.now() > untilMs || members.every((member) => hasTakenUp(member, control)))
      return { name: view!.name, members }
  }
}

/** Its report is newer than the control, and says the same. */
const hasTakenUp = (member: MemberView, { paused, concurrency, at }: Control): boolean =>
  Date.parse(member.reportedAt) > at.getTime() &&
  member.paused === paused &&
  (concurrency ?? member.concurrency) === member.concurrency

function toldLines(
  name: string,
  { paused, concurrency }: Control,
  members: readonly MemberView[],
  late: readonly MemberView[],
): readonly string[] {
  const what = `${name}: ${paused ? 'paused' : 'running'}, ${concurrency === null ? 'as many at once as each process was started with' : `${concurrency} at once in each process`}`
  if (members.length === 0) return [what, 'Nobody runs it now; it counts for whoever starts.']
  return [
    what,
    ...members
      .filter((member) => !late.includes(member))
      .map((member) => `  ${member.process} has taken it up: ${member.concurrency} at once`),
    ...late.map((member) => `  ${member.process} has not taken it up yet`),
  ]
}
