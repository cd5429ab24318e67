// `errand dead-letters list|show|redrive|skip`: what was given up, and putting it back for the same group.
import { Command, Option } from 'commander'
import { ErrandError } from '../app/errors.ts'
import type { LetterState } from '../consumers/letters/letter.ts'
import { type LetterDesk, letterDesk } from '../consumers/letters/letterDesk.ts'
import { detailView, groupLettersView } from '../consumers/letters/letterView.ts'
import { systemClock } from '../process/clock.ts'
import { checkRegistry } from '../schemas/registry/registryCheck.ts'
import { type FilterOptions, filterOf, withFilter } from './letterFilter.ts'
import { detailLines, listLines } from './letterLines.ts'
import { type ChangeFlags, type RedriveFlags, redriveLetters } from './letterRedrive.ts'
import { skipLetters } from './letterSkip.ts'
import { printable } from './printable.ts'
import { openSystem } from './system.ts'
import { wholeBetween } from './wholeNumber.ts'

type Common = { readonly app: string; readonly json?: boolean }
type ListFlags = Common & FilterOptions & { readonly limit: number; readonly state: LetterState }

const states = ['open', 'redriven', 'skipped', 'parked'] as const satisfies readonly LetterState[]

export const deadLettersVerb = (): Command =>
  new Command('dead-letters')
    .description('what was given up: list it, look at one, send it again to the same group, or close it')
    .addCommand(listVerb(), { isDefault: true })
    .addCommand(showVerb())
    .addCommand(redriveVerb())
    .addCommand(skipVerb())
    .addHelpText('after', help)

const help = `
Examples:
  errand dead-letters list
  errand dead-letters show workers.punctuality req_06h2e8c4
  errand dead-letters redrive workers.punctuality --code retries-exhausted --dry-run
  errand dead-letters redrive workers.punctuality --code retries-exhausted --first 1
  errand dead-letters skip workers.punctuality --until 7d

A letter is open until it is redriven or skipped; nothing is deleted. docs/operations.md walks through it.`

const common = (command: Command): Command =>
  command.option('--app <file>', "the app's module", 'app.ts').option('--json', 'print JSON')

const listVerb = (): Command =>
  withFilter(common(new Command('list')))
    .description('how many, of which reason, type, day and schema; and the newest of them')
    .argument('[group]', 'such as workers.punctuality; none = all')
    .option('--limit <n>', 'how many letters of a group are listed', wholeBetween(0, 1_000), 20)
    .addOption(new Option('--state <state>', 'what has become of them').choices(states).default('open'))
    .addHelpText(
      'after',
      "\nExamples:\n  errand dead-letters list\n  errand dead-letters list workers.punctuality --since 2h --text 'no such table'\n  errand dead-letters list workers.punctuality --state redriven --limit 100\n  errand dead-letters list --json | jq '.[] | {group, open}'",
    )
    .action((group: string | undefined, flags: ListFlags) => withDesk(flags.app, (desk) => list(desk, group, flags)))

const showVerb = (): Command =>
  common(new Command('show'))
    .description('all of one letter: reason, stack, times, where it came from, headers, value')
    .argument('<group>')
    .argument('<id>', "the letter's, or its request's or event's")
    .addHelpText(
      'after',
      '\nExamples:\n  errand dead-letters show workers.punctuality req_06h2e8c4\n  errand dead-letters show workers.punctuality req_06h2e8c4 --json | jq .value',
    )
    .action((group: string, id: string, flags: Common) => withDesk(flags.app, (desk) => show(desk, group, id, flags)))

const redriveVerb = (): Command =>
  withChoice(new Command('redrive'))
    .description(
      'send letters again, to their own group only; a request is a new run, and its client is called back again',
    )
    .option('--first <n>', 'try so many, and go on only if all of them end well', wholeBetween(1, 1_000))
    .option('--rate <per second>', 'no more than so many letters a second', wholeBetween(1, 100_000))
    .addOption(
      new Option('--edit', 'change the value of one letter (--id) in $VISUAL or $EDITOR before it is sent').conflicts([
        'dryRun',
        'first',
      ]),
    )
    .addHelpText(
      'after',
      `
Examples:
  errand dead-letters redrive workers.punctuality --code retries-exhausted --dry-run
  errand dead-letters redrive workers.punctuality --code retries-exhausted --first 1
  errand dead-letters redrive workers.punctuality --all --rate 50 --yes
  errand dead-letters redrive workers.punctuality --id req_06h2e8c4 --edit

Letters go in their order, each exactly once, to the group's own retry topic: no other group sees them. Ctrl-C stops after the
running transaction; the same command then goes on where it was.
Exit codes: 0 all went, 1 a trial did not go well, it was stopped, or something is left, 2 usage, configuration or Kafka.`,
    )
    .action((group: string, flags: Common & RedriveFlags) =>
      withDesk(flags.app, (desk) => redriveLetters(desk, group, flags)),
    )

const skipVerb = (): Command =>
  withChoice(new Command('skip'))
    .description('close letters without sending them; they stay where they are')
    .addHelpText(
      'after',
      '\nExamples:\n  errand dead-letters skip workers.punctuality --until 7d --dry-run\n  errand dead-letters skip workers.punctuality --id req_06h2e8c4 --yes\n\nExit codes: 0 all are closed, 1 it was stopped, 2 usage, configuration or Kafka.',
    )
    .action((group: string, flags: Common & ChangeFlags) =>
      withDesk(flags.app, (desk) => skipLetters(desk, group, flags)),
    )

/** What both changes have: which letters, and whether in earnest. */
const withChoice = (command: Command): Command =>
  withFilter(common(command).argument('<group>', 'such as workers.punctuality'))
    .option('--all', 'every open letter of the group, without a filter')
    .option('--dry-run', 'say exactly what would be done, and do nothing')
    .option('--yes', 'do not ask')

async function withDesk(app: string, action: (desk: LetterDesk) => Promise<void>): Promise<void> {
  await using system = await openSystem(app, { clientId: 'dead-letters', logLevel: 'error' })
  await checkRegistry(system.config.registry)
  await action(letterDesk({ ...system, log: system.kafka, logger: system.log, clock: systemClock }))
}

async function list(desk: LetterDesk, group: string | undefined, { json, limit, state, ...rest }: ListFlags) {
  const groups = await desk.list(group, filterOf(rest), { limit, state })
  console.log(json ? JSON.stringify(groups.map(groupLettersView)) : listLines(groups, state).join('\n'))
}

async function show(desk: LetterDesk, group: string, id: string, { json }: Common): Promise<void> {
  const { letterId, others } = await lettersOf(desk, group, id)
  const letter = await desk.show(group, letterId)
  if (!letter) throw new ErrandError('unknown-letter', `${group} has no letter of the id "${id}"`)
  console.log(json ? JSON.stringify(detailView(letter)) : detailLines(letter).join('\n'))
  for (const other of others) console.error(`${printable(id)} was given up before: ${printable(other)}`)
}

/** Lists and logs name requests and events; a letter has an id of its own, for each time that one was given up. The last counts. */
async function lettersOf(desk: LetterDesk, group: string, id: string) {
  const all = await Promise.all(states.map((state) => desk.list(group, { id }, { limit: 10, state })))
  const letters = all.flatMap((groups) => groups.flatMap((each) => each.letters))
  const [newest, ...others] = letters.toSorted((a, b) => b.diedAtMs - a.diedAtMs)
  if (!newest || letters.some((letter) => letter.id === id)) return { letterId: id, others: [] }
  return { letterId: newest.id, others: others.map((letter) => letter.id) }
}
