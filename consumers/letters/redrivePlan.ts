// What a redrive would send where, and what it would set aside: exactly that, and nothing is done.
import { controlName, type FailingGroup } from '../../kafka/catalogue.ts'
import type { TopicPartition } from '../../kafka/log.ts'
import { nameOf } from '../positions.ts'
import type { Platform } from '../role.ts'
import type { Letter } from './letter.ts'
import type { LetterFilter } from './letterFilter.ts'
import { type Does, deciding, envelopeOf, placeOfCopy, runOfCopy } from './letterPlan.ts'
import { scanLetters } from './letterScan.ts'

export type PlannedLetter = {
  readonly letter: Letter
  /** `park`: it has been redriven so often that it is set aside; one that is named by its id is sent all the same. */
  readonly does: Does
  readonly to: TopicPartition
  /** The run that it will be. */
  readonly run: number
  /** Its request's deadline has passed: the new run will end as `expired` at once. */
  readonly pastDeadline: boolean
}

export type RedrivePlan = {
  readonly group: string
  /** How many are sent. */
  readonly letters: number
  readonly parked: number
  /** Of those that are sent. */
  readonly pastDeadline: number
  /** How many go where. */
  readonly destinations: readonly (TopicPartition & { readonly letters: number })[]
  /** The first of all, in the order in which they go. */
  readonly first: readonly PlannedLetter[]
}

/** How many letters a plan names. */
const maxNamed = 1_000

export type PlanOptions = { readonly signal?: AbortSignal | undefined }

/** Rejects as the log does, and with the signal's reason. */
export async function redrivePlan(
  platform: Pick<Platform, 'log' | 'codec' | 'logger' | 'keyring' | 'clock'>,
  group: FailingGroup,
  filter: LetterFilter,
  { signal }: PlanOptions = {},
): Promise<RedrivePlan> {
  const does = deciding(filter)
  const nowMs = platform.clock.now()
  const destinations = new Map<string, TopicPartition & { readonly letters: number }>()
  const first: PlannedLetter[] = []
  let [letters, parked, late] = [0, 0, 0]
  for await (const { letter, record } of scanLetters(platform, group, signal ? { signal } : {})) {
    const doing = does(letter)
    if (doing === undefined) continue
    const to = placeOfCopy(group, letter)
    const { deadlineMs = Number.POSITIVE_INFINITY } = envelopeOf(platform.keyring, group, letter, record) ?? {}
    const pastDeadline = deadlineMs <= nowMs
    if (first.length < maxNamed) first.push({ letter, does: doing, to, run: runOfCopy(group, letter), pastDeadline })
    if (doing === 'park') {
      parked += 1
      continue
    }
    letters += 1
    if (pastDeadline) late += 1
    destinations.set(nameOf(to), { ...to, letters: (destinations.get(nameOf(to))?.letters ?? 0) + 1 })
  }
  const byPartition = [...destinations.values()].toSorted((a, b) => a.partition - b.partition)
  return { group: controlName(group), letters, parked, pastDeadline: late, destinations: byPartition, first }
}
