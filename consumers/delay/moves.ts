// Where a record goes from its tier, and when: to the next tier, to its destination, or, where it cannot get there, to the dead
// letters. What its destination does not take now waits in a tier for the time at which that is to be tried again.
import type { Catalogue, Group } from '../../kafka/catalogue.ts'
import { copyHeaders, readJourney, readWaiting } from '../../kafka/journey.ts'
import { letterHeaders } from '../../kafka/letter.ts'
import type { Headers, LogRecord, NewRecord, TopicPartition } from '../../kafka/log.ts'
import { type Tier, tierFor, tiers } from '../../kafka/tiers.ts'
import type { Clock } from '../../process/clock.ts'
import { deathOf } from '../deadLetter.ts'
import { nameOf } from '../positions.ts'
import type { Cause } from '../verdict.ts'
import { isRetryTopic, type Troubles } from './destinations.ts'
import { nextOf } from './hop.ts'

export type Move = {
  readonly kind: 'move'
  readonly to: TopicPartition
  readonly copy: NewRecord
  readonly dueMs: number
  /** Of a dead letter. */
  readonly cause?: Cause
}

/** Nothing of Errand's waits longer: it would go round in the last tier for good. */
const longestMs = 366 * 86_400_000

export type MovesOptions = {
  readonly catalogue: Catalogue
  readonly group: Group
  readonly exists: (at: TopicPartition) => Promise<boolean | undefined>
  readonly troubles: Troubles
  readonly clock: Clock
}

/** What is next for a record now. `condemned` is why the broker has refused it for good, if it has. */
export type NextMove = (
  record: LogRecord,
  condemned: Cause | undefined,
) => Promise<Move | { readonly kind: 'wait'; readonly untilMs: number }>

export function moves({ catalogue, group, exists, troubles, clock }: MovesOptions): NextMove {
  const dead = group.failures!.dead
  const byTopic = new Map(tiers.map((tier) => [catalogue.delay(tier), tier]))

  const letter = (record: LogRecord, cause: Cause): Move => {
    const { key, value } = record
    const atMs = clock.now()
    const death = deathOf(record, cause, { atMs, group: group.id })
    const copy = { key, value, headers: letterHeaders(record, readJourney(record), death) }
    return { kind: 'move', to: { topic: dead, partition: 0 }, copy, dueMs: atMs, cause }
  }

  const release = async (record: LogRecord, to: TopicPartition, dueMs: number): Promise<Move> => {
    const { key, value } = record
    if ((await exists(to)) === false)
      return letter(record, { code: 'unknown-topic', message: `there is no ${nameOf(to)}` })
    const journey = readJourney(record)
    const untilMs = troubles.until(to)
    if (untilMs === undefined)
      return { kind: 'move', to, copy: { key, value, headers: copyHeaders(record, journey) }, dueMs }
    const tier = tierFor(untilMs - clock.now())
    return inTier(record, tier, { dueMs, headers: copyHeaders(record, journey, { dueMs: untilMs, to }) })
  }

  const inTier = (
    { key, value }: LogRecord,
    tier: Tier,
    { dueMs, headers }: { readonly dueMs: number; readonly headers: Headers },
  ): Move => ({
    kind: 'move',
    to: { topic: catalogue.delay(tier), partition: 0 },
    copy: { key, value, headers },
    dueMs,
  })

  return async (record, condemned) => {
    if (condemned) return letter(record, condemned)
    const tier = byTopic.get(record.topic)
    const waiting = readWaiting(record)
    if (!tier || !waiting) return letter(record, notForwardable('it does not say when it is due, and where'))
    const { dueMs, to } = waiting
    if (!isRetryTopic(catalogue, to.topic)) return letter(record, notForwardable(`${to.topic} is no retry topic`))
    if (dueMs - clock.now() > longestMs) return letter(record, notForwardable('it is not due for more than a year'))
    const next = nextOf({ sinceMs: record.timestampMs, tier, dueMs }, clock.now())
    switch (next.kind) {
      case 'wait':
        return next
      case 'hop':
        return inTier(record, next.tier, { dueMs, headers: record.headers })
      case 'release':
        return release(record, to, dueMs)
      default:
        return next satisfies never
    }
  }
}

const notForwardable = (message: string): Cause => ({ code: 'not-forwardable', message })
