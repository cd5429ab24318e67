// The operator's desk for dead letters: lists and shows them, plans what a redrive would send, sends them again to their own
// group, or closes them without that. `errand dead-letters` and `/v1/ops/dead-letters`.
import type { TopicPartition } from '../kafka/log.ts'
import type { DeadState } from '../schemas/platform/generated.ts'
import type { Letter, LetterState } from './letter.ts'
import type { LetterFilter } from './letterFilter.ts'
import type { Histogram } from './letterHistogram.ts'
import type { Platform } from './role.ts'

export type GroupLetters = {
  readonly group: string
  /** All that there are, doubles of one id counted once; of them those that are open, and those that were asked for. */
  readonly total: number
  readonly open: number
  readonly matching: number
  /** Of the matching ones, the newest first. */
  readonly letters: readonly Letter[]
  /** Of all that match. */
  readonly histogram: Histogram
}

export type ListOptions = {
  /** How many letters of a group are listed. */
  readonly limit: number
  /** Default `open`. */
  readonly state?: LetterState
}

/** A letter's value: in its writer's schema where it can be read, else its bytes. */
export type LetterValue =
  | { readonly kind: 'none' }
  | { readonly kind: 'json'; readonly record?: string; readonly json: unknown }
  | { readonly kind: 'bytes'; readonly why: string; readonly base64: string }

export type LetterDetail = Letter & {
  /** In their order; what is not text is `base64:…`. */
  readonly headers: readonly { readonly name: string; readonly value: string }[]
  readonly value: LetterValue
  /** What has become of it. */
  readonly dealt?: Pick<DeadState, 'kind' | 'at' | 'by' | 'action' | 'edited'>
}

export type PlannedLetter = {
  readonly letter: Letter
  /** `park`: it has been redriven so often that it is set aside instead; one that is named by its id is sent all the same. */
  readonly does: 'send' | 'park'
  readonly to: TopicPartition
  /** The run that it will be. */
  readonly run: number
  /** Its request's deadline has passed: the new run will end as `expired` at once. */
  readonly pastDeadline: boolean
}

export type RedrivePlan = {
  readonly group: string
  readonly letters: number
  readonly parked: number
  readonly pastDeadline: number
  /** How many go where. */
  readonly destinations: readonly (TopicPartition & { readonly letters: number })[]
  /** The first thousand, in the order in which they go. */
  readonly first: readonly PlannedLetter[]
}

export type TrialVerdict = 'succeeded' | 'handled' | 'rejected' | 'died' | 'putOff' | 'none'

export type RedriveEvent =
  /** Before anything is sent. */
  | { readonly kind: 'planned'; readonly letters: number; readonly parked: number; readonly pastDeadline: number }
  /** So many more, as one transaction. */
  | { readonly kind: 'redriven'; readonly letters: number }
  /** Of a letter of the trial. */
  | { readonly kind: 'verdict'; readonly letter: Letter; readonly verdict: TrialVerdict; readonly why?: string }
  | { readonly kind: 'done'; readonly action: string; readonly redriven: number; readonly parked: number }
  /** What has been sent so far stays sent; the others are as open as before. */
  | {
      readonly kind: 'stopped'
      readonly because: 'trial' | 'aborted' | 'takenOver'
      readonly why: string
      readonly action: string
      readonly redriven: number
      readonly parked: number
    }

export type SkipEvent =
  | { readonly kind: 'skipped'; readonly letters: number }
  | { readonly kind: 'done'; readonly action: string; readonly skipped: number }
  | {
      readonly kind: 'stopped'
      readonly because: 'aborted' | 'takenOver'
      readonly why: string
      readonly action: string
      readonly skipped: number
    }

export type RedriveOptions = {
  /** Who does it, for the audit. */
  readonly by: string
  /** Sends so many, waits for what becomes of them, and goes on only if all went well. */
  readonly first?: number
  readonly perSecond?: number
  readonly signal: AbortSignal
  /** By letter id: what is sent in place of a letter's value, as JSON. */
  readonly edited?: ReadonlyMap<string, unknown>
}

export type SkipOptions = Pick<RedriveOptions, 'by' | 'signal'>

export type LetterDesk = {
  /** Of all groups that have any dead topic, or of the one that is named. Rejects with `unknown-group` and as the log does. */
  list(group: string | undefined, filter: LetterFilter, options: ListOptions): Promise<readonly GroupLetters[]>
  show(group: string, id: string): Promise<LetterDetail | undefined>
  plan(group: string, filter: LetterFilter): Promise<RedrivePlan>
  /** Rejects with `not-editable` and `invalid-edit` before anything is sent, and where the log fails for good. */
  redrive(group: string, filter: LetterFilter, options: RedriveOptions): AsyncIterable<RedriveEvent>
  skip(group: string, filter: LetterFilter, options: SkipOptions): AsyncIterable<SkipEvent>
}

export type LetterDeskOptions = Omit<Platform, 'onFailed'>

export function letterDesk(_options: LetterDeskOptions): LetterDesk {
  const notYet = (): never => {
    throw new Error('not built yet')
  }
  return { list: notYet, show: notYet, plan: notYet, redrive: notYet, skip: notYet }
}
