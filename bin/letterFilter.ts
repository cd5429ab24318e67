// Which letters, as the command's options say it: `--code`, `--key`, `--since`, `--until`, `--id`, `--text`.
import { type Command, InvalidArgumentError, Option } from 'commander'
import { ErrandError } from '../app/errors.ts'
import type { LetterFilter } from '../consumers/letters/letterFilter.ts'
import { systemClock } from '../process/clock.ts'
import { momentForms, momentMs } from '../process/moment.ts'

export type FilterOptions = {
  readonly code?: string
  readonly key?: string
  readonly since?: number
  readonly until?: number
  readonly id?: string
  readonly text?: string
}

export const withFilter = (command: Command): Command =>
  command
    .option('--code <code>', 'of this reason, such as retries-exhausted', notEmpty)
    .option('--key <key>', 'of this key', notEmpty)
    .addOption(
      new Option('--since <time>', 'given up from then on: 2h, 3d (ago), or an RFC 3339 time').argParser(moment),
    )
    .addOption(new Option('--until <time>', 'given up before then').argParser(moment))
    .option('--id <id>', "one letter, by its id or its request's or event's", notEmpty)
    .option('--text <text>', 'this anywhere in code, message or stack', notEmpty)

export const filterOf = ({ code, key, since, until, id, text }: FilterOptions): LetterFilter => ({
  ...(code !== undefined && { code }),
  ...(key !== undefined && { key }),
  ...(since !== undefined && { sinceMs: since }),
  ...(until !== undefined && { untilMs: until }),
  ...(id !== undefined && { id }),
  ...(text !== undefined && { text }),
})

/** Whoever means all says so: a filter that was forgotten, or whose variable was empty, must not mean all. Throws `no-filter`. */
export function aimed(options: FilterOptions & { readonly all?: boolean }): LetterFilter {
  const filter = filterOf(options)
  const isFiltered = Object.keys(filter).length > 0
  if (isFiltered !== (options.all === true)) return filter
  throw new ErrandError(
    'no-filter',
    isFiltered
      ? '--all goes without a filter: leave one of them out'
      : 'say which: --code, --key, --since, --until, --id or --text; or --all for every open letter of the group',
  )
}

/** An empty text would match everything, or nothing; it comes of a shell variable that is not set. */
export function notEmpty(text: string): string {
  if (text === '') throw new InvalidArgumentError('It must not be empty.')
  return text
}

/** Reads an option that is a moment. Throws commander's error. */
export function moment(text: string): number {
  const atMs = momentMs(text, systemClock.now())
  if (atMs === undefined) throw new InvalidArgumentError(`It must be ${momentForms}.`)
  return atMs
}
