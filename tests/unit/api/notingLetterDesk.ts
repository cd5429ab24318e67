// A desk for dead letters that notes what it is told: of the group `workers.report`, which has one letter.
import { ErrandError } from '../../../app/errors.ts'
import type { LetterDesk } from '../../../consumers/letters/letterDesk.ts'
import type { RedriveEvent } from '../../../consumers/letters/redrive.ts'
import { detail, groupLetters, letter, planned } from '../letters.ts'

export const path = '/v1/ops/dead-letters'
export const own = `${path}/workers.report`

const done: RedriveEvent = { kind: 'done', action: 'a1', redriven: 1, parked: 0 }

/** A desk that notes what it is told, and does as `rest` says. */
export function desk(rest: Partial<LetterDesk> = {}) {
  const told: unknown[] = []
  const known = (group: string | undefined): void => {
    if (group !== undefined && group !== 'workers.report' && group !== 'test.workers.report')
      throw new ErrandError('unknown-group', `the app has no group "${group}"`)
  }
  const noting: LetterDesk = {
    list: async (group, filter, { signal: _, ...options }) => {
      known(group)
      told.push(['list', group, filter, options])
      return [groupLetters()]
    },
    show: async (group, id) => {
      known(group)
      told.push(['show', group, id])
      return id === letter().id ? detail() : undefined
    },
    plan: async (group, filter) => {
      known(group)
      told.push(['plan', group, filter])
      return { group, letters: 1, parked: 0, pastDeadline: 0, destinations: [], first: [planned()] }
    },
    async *redrive(group, filter, { signal: _, ...options }) {
      known(group)
      told.push(['redrive', group, filter, options])
      yield { kind: 'planned', letters: 1, parked: 0, pastDeadline: 0 }
      yield { kind: 'verdict', letter: letter(), verdict: 'succeeded' }
      yield done
    },
    async *skip(group, filter, { signal: _, ...options }) {
      known(group)
      told.push(['skip', group, filter, options])
      yield { kind: 'done', action: 'a2', skipped: 1 }
    },
    ...rest,
  }
  return { told, letterDesk: noting }
}
