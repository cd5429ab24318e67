// The role `delay`: brings records that wait in the tiers to their destinations when they are due, each once and none early.
// What waits costs next to nothing: a tier is first in, first out, so a window of its head is all that is held. What cannot be
// forwarded becomes a dead letter, and what its destination does not take now waits for it in a tier: neither blocks others.

import type { Failures, Group } from '../../kafka/catalogue.ts'
import { deadLetterHeaders } from '../../kafka/headers.ts'
import { copyHeaders, readJourney, readWaiting } from '../../kafka/journey.ts'
import type { Headers, LogRecord, NewRecord, TopicPartition } from '../../kafka/log.ts'
import { type Tier, tierFor, tiers } from '../../kafka/tiers.ts'
import type { Handle } from '../message.ts'
import { nameOf, type TransactionPositions, transactionPositions } from '../positions.ts'
import { groupMember, type Platform, type RunningGroup } from '../role.ts'
import type { Cause } from '../verdict.ts'
import { existing, isRetryTopic, Troubles } from './destinations.ts'
import { Forwarder, newExperience } from './forwarder.ts'
import { nextOf } from './hop.ts'

/** Of each tier: what comes due at one time, or in a second, should be in it. */
const window = { records: 10_000, bytes: 4 * 1_048_576 }
/** No tier ever waits for a slot that another has. */
const concurrency = tiers.length * 2 * window.records
const retryMs = 1_000

/** The delay group, if the app has groups that put records off. */
export const delay = (platform: Platform): readonly RunningGroup[] =>
  platform.catalogue.groups.flatMap((group) => {
    if (group.role !== 'delay' || !group.failures) return []
    const { log, clock } = platform
    const positions = transactionPositions({ log, group: group.id, clock })
    const member: RunningGroup['member'] = groupMember(platform, group, {
      handle: forwarding(platform, { group, dead: group.failures.dead, positions, member: () => member }),
      ...{ positions, unitOf: 'topic-partition', keyOf: () => null, concurrency, window },
    })
    return [{ group, member }]
  })

type Forwarding = {
  readonly group: Group
  readonly dead: Failures['dead']
  readonly positions: TransactionPositions
  readonly member: () => RunningGroup['member']
}

function forwarding(platform: Platform, { group, dead, positions, member }: Forwarding): Handle {
  const { catalogue, clock } = platform
  const logger = platform.logger.child({ group: group.id })
  const byTopic = new Map(tiers.map((tier) => [catalogue.delay(tier), tier]))
  const exists = existing(platform.log.admin)
  const troubles = new Troubles(clock)
  const experiences = new Map([...byTopic.keys()].map((topic) => [topic, newExperience()]))
  const forwarders = new WeakMap<AbortSignal, Forwarder>()

  const forwarderOf = (signal: AbortSignal): Forwarder | undefined => {
    const known = forwarders.get(signal)
    if (known) return known
    const partition = member().partitions.find((each) => each.signal === signal)
    const experience = experiences.get(partition?.topic ?? '')
    if (!partition || !experience) return undefined
    const forwarder = new Forwarder({
      ...{ partition, experience, troubles, clock, logger },
      writer: () => positions.writer(partition),
      reload: () => member().reload(partition),
    })
    forwarders.set(signal, forwarder)
    return forwarder
  }

  const letter = (record: LogRecord, cause: Cause): Move => {
    const { key, value } = record
    const reason = { ...cause, attempts: readJourney(record).attempts, atMs: clock.now(), group: group.id }
    return {
      to: { topic: dead, partition: 0 },
      copy: { key, value, headers: deadLetterHeaders(record, reason) },
      cause,
    }
  }

  const inTier = ({ key, value }: LogRecord, tier: Tier, headers: Headers): Move => ({
    to: { topic: catalogue.delay(tier), partition: 0 },
    copy: { key, value, headers },
  })

  /** What becomes of a record now: a time to wait for, or where it goes. */
  const judge = async (record: LogRecord): Promise<number | Move> => {
    const { key, value } = record
    const tier = byTopic.get(record.topic)
    const known = experiences.get(record.topic)?.condemned.get(record.offset)
    const waiting = readWaiting(record)
    if (known) return letter(record, known)
    if (!tier || !waiting) return letter(record, notForwardable('it does not say when it is due, and where'))
    const { dueMs, to } = waiting
    if (!isRetryTopic(catalogue, to.topic)) return letter(record, notForwardable(`${to.topic} is no retry topic`))
    const next = nextOf({ sinceMs: record.timestampMs, tier, dueMs }, clock.now())
    if (next.kind === 'wait') return next.untilMs
    if (next.kind === 'hop') return inTier(record, next.tier, record.headers)
    if ((await exists(to)) === false)
      return letter(record, { code: 'unknown-topic', message: `there is no ${nameOf(to)}` })
    const journey = readJourney(record)
    const untilMs = troubles.until(to)
    if (untilMs === undefined) return { to, copy: { key, value, headers: copyHeaders(record, journey) } }
    return inTier(record, tierFor(untilMs - clock.now()), copyHeaders(record, journey, { dueMs: untilMs, to }))
  }

  return async ({ record, signal }) => {
    const judged = await judge(record)
    const again = (untilMs: number) =>
      ({ kind: 'again', afterMs: Math.max(0, untilMs - clock.now()), counted: false }) as const
    if (typeof judged === 'number') return again(judged)
    const { to, copy, cause } = judged
    const untilMs = troubles.until(to)
    if (untilMs !== undefined) return again(untilMs)
    const { topic, offset } = record
    if (!(await forwarderOf(signal)?.forward({ offset, to, copy }))) return again(clock.now() + retryMs)
    if (cause)
      logger.warn('record.deadLettered', { topic, offset: String(offset), code: cause.code, reason: cause.message })
    return { kind: 'done' }
  }
}

/** Where a record goes from its tier, and why, if it is a dead letter. */
type Move = { readonly to: TopicPartition; readonly copy: NewRecord; readonly cause?: Cause }

const notForwardable = (message: string): Cause => ({ code: 'not-forwardable', message })
