// The operator's desk for dead letters: lists and shows them, plans what a redrive would send, sends them again to their own
// group, or closes them without that. `errand dead-letters` and `/v1/ops/dead-letters`.
import type { FailingGroup } from '../../kafka/catalogue.ts'
import { groupNamed } from '../groupNamed.ts'
import type { Platform } from '../role.ts'
import type { LetterFilter } from './letterFilter.ts'
import { type GroupLetters, type LetterDetail, type ListOptions, listLetters, showLetter } from './letterList.ts'
import { type RedriveEvent, type RedriveOptions, redrive, type SkipEvent, type SkipOptions, skip } from './redrive.ts'
import { type RedrivePlan, redrivePlan } from './redrivePlan.ts'

/** Letters can be many, so who asks says for how long the answer is of use. */
type Asking = Pick<ListOptions, 'signal'>

export type LetterDesk = {
  /** Of all groups whose dead topic is there, or of the one that is named. Rejects with `unknown-group`, as the log does, and with the signal's reason. */
  list(group: string | undefined, filter: LetterFilter, options: ListOptions): Promise<readonly GroupLetters[]>
  /** Undefined for an id that no letter has. Rejects as `list` does, and as the registry. */
  show(group: string, id: string, options?: Asking): Promise<LetterDetail | undefined>
  /** Rejects as `list` does. */
  plan(group: string, filter: LetterFilter, options?: Asking): Promise<RedrivePlan>
  /**
   * Rejects as `list` does, before anything is sent with `not-editable` and `invalid-edit`, and where trying again does not
   * help. What has been sent by then stays sent, and what has not is as open as before.
   */
  redrive(group: string, filter: LetterFilter, options: RedriveOptions): AsyncIterable<RedriveEvent>
  /** Closes letters without sending them. Rejects as `redrive` does. */
  skip(group: string, filter: LetterFilter, options: SkipOptions): AsyncIterable<SkipEvent>
}

export type LetterDeskOptions = Omit<Platform, 'onFailed'>

export function letterDesk(options: LetterDeskOptions): LetterDesk {
  const { catalogue, log } = options
  const failing = catalogue.groups.filter((group): group is FailingGroup => group.failures !== undefined)
  const named = (name: string): FailingGroup => groupNamed(failing, name)
  return {
    list: async (name, filter, listing) => {
      const there = new Set(await log.admin.topics())
      const groups = name === undefined ? failing.filter(({ failures: { dead } }) => there.has(dead)) : [named(name)]
      const lists: GroupLetters[] = []
      for (const group of groups) lists.push(await listLetters(options, group, filter, listing))
      return lists
    },
    show: async (name, id, asking) => showLetter(options, named(name), id, asking),
    plan: async (name, filter, asking) => redrivePlan(options, named(name), filter, asking),
    redrive: (name, filter, how) => redrive(options, named(name), filter, how),
    skip: (name, filter, how) => skip(options, named(name), filter, how),
  }
}
