// The role `delay`: brings records that wait in the tiers to their destinations when they are due, each once and none early.
// What waits costs next to nothing: a tier is first in, first out, so a window of its head is all that is held. What cannot be
// forwarded becomes a dead letter, and what its destination does not take now waits for it in a tier: neither blocks others.
import type { Group } from '../../kafka/catalogue.ts'
import type { TopicPartition } from '../../kafka/log.ts'
import { tiers } from '../../kafka/tiers.ts'
import type { Member } from '../member.ts'
import type { Handle } from '../message.ts'
import { type TransactionPositions, transactionPositions } from '../positions.ts'
import { groupMember, type Platform, type RunningGroup } from '../role.ts'
import { existing, Troubles } from './destinations.ts'
import { type Experience, Forwarder, newExperience } from './forwarder.ts'
import { moves } from './moves.ts'

/** Of each tier: what comes due within a second or two should be in it. */
const window = { records: 10_000, bytes: 4 * 1_048_576 }
/** No tier ever waits for a slot that another has. */
const concurrency = tiers.length * 2 * window.records
/** Whoever could not move a position may have lost the partition without knowing it yet. */
const reloadMs = 3_000
/** For what comes to a partition between a failed transaction and its being taken up anew. */
const retryMs = 1_000

/** The delay group, if the app has groups that put records off. */
export const delay = (platform: Platform): readonly RunningGroup[] =>
  platform.catalogue.groups
    .filter(({ role }) => role === 'delay')
    .map((group) => {
      const { log, clock } = platform
      const reloadSoon = async ({ topic, partition }: TopicPartition): Promise<void> => {
        const held = member.partitions.find((each) => each.topic === topic && each.partition === partition)
        await clock.sleep(reloadMs)
        if (held) member.reload(held)
      }
      const positions = transactionPositions({ log, group: group.id, clock, onFailed: (at) => void reloadSoon(at) })
      const member: Member = groupMember(platform, group, {
        handle: forwarding(platform, { group, positions, member: () => member }),
        ...{ positions, unitOf: 'topic-partition', keyOf: () => null, concurrency, window },
      })
      return { group, member }
    })

type Forwarding = {
  readonly group: Group
  readonly positions: TransactionPositions
  readonly member: () => Member
}

function forwarding(platform: Platform, { group, positions, member }: Forwarding): Handle {
  const { catalogue, clock, log } = platform
  const logger = platform.logger.child({ group: group.id })
  const troubles = new Troubles(clock)
  const nextMove = moves({ catalogue, group, exists: existing(log.admin), troubles, clock })
  const experiences = new Map<string, Experience>()
  /** A partition's abort signal is its ownership: one that is taken up anew has another. */
  const forwarders = new WeakMap<AbortSignal, Forwarder>()

  const experienceOf = (topic: string): Experience => {
    const experience = experiences.get(topic) ?? newExperience()
    experiences.set(topic, experience)
    return experience
  }

  const forwarderOf = (signal: AbortSignal): Forwarder | undefined => {
    const partition = forwarders.has(signal) ? undefined : member().partitions.find((held) => held.signal === signal)
    if (partition)
      forwarders.set(
        signal,
        new Forwarder({
          ...{ partition, experience: experienceOf(partition.topic), troubles, clock, logger },
          writer: () => positions.writer(partition),
          reload: () => member().reload(partition),
        }),
      )
    return forwarders.get(signal)
  }

  return async ({ record, signal }) => {
    const { topic, offset } = record
    const forwarder = forwarderOf(signal) // whose experience is that of this very topic
    const next = await nextMove(record, experienceOf(topic).condemned.get(offset))
    const untilMs = next.kind === 'wait' ? next.untilMs : troubles.until(next.to)
    if (next.kind === 'wait' || untilMs !== undefined)
      return { kind: 'again', afterMs: Math.max(0, (untilMs ?? 0) - clock.now()), counted: false }
    const { cause, ...move } = next
    if (!(await forwarder?.forward({ offset, ...move }))) return { kind: 'again', afterMs: retryMs, counted: false }
    if (cause)
      logger.warn('record.deadLettered', { topic, offset: String(offset), code: cause.code, reason: cause.message })
    return { kind: 'done' }
  }
}
