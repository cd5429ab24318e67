// The log in memory: the second adapter of the port, for tests of everything above it and for `errand/testing`. Several
// handles on one cluster stand for several processes. It keeps the contract of tests/contracts/log.ts.

import { ErrandError } from '../../app/errors.ts'
import type { Clock } from '../../process/clock.ts'
import type { Admin, Append, Log, TransactionalWriter, Writer } from '../log.ts'
import { closed, FailedAppend, fenced, notAcknowledged, transactionFailed } from '../logErrors.ts'
import { memberClientId } from '../memberClient.ts'
import { strictWriter } from '../strictWriter.ts'
import { type AppendFault, MemoryBroker } from './broker.ts'
import { cuttable, type Line, plainLine } from './line.ts'
import { MemoryMembership } from './membership.ts'
import { readMemory } from './reader.ts'

export type HandleOptions = {
  /** How its calls reach the broker. Default: at once, and always. */
  readonly line?: Line
  /** Its members' client id. Default: one of this process. */
  readonly memberClient?: string
}

export type MemoryCluster = {
  /** A handle of its own, as another process would have. */
  open(options?: HandleOptions): Log
  /**
   * Kills the process that has this handle: nothing of it arrives any more, it hears nothing more, and its members' sessions
   * end at once, so that the others take over.
   */
  kill(log: Log): void
  /**
   * Ends a member's session, as the broker does with a process that stands still: it gets nothing more, its commits are
   * refused, the others take over. The function that is returned wakes it: it rejoins under a new id.
   */
  evict(memberId: string): () => void
  /** Asks `fault` before each append, of a transaction too, whether, and how, it fails. Without one all succeed again. */
  failAppends(fault?: AppendFault): void
}

/** An empty cluster. `clock` stamps the records; nothing here waits for a timer. */
export function memoryCluster({ clock }: { readonly clock: Clock }): MemoryCluster {
  const broker = new MemoryBroker(clock)
  const kills = new WeakMap<Log, () => void>()
  return {
    open: ({ line = plainLine, memberClient = memberClientId('memory') } = {}) => {
      const { log, kill } = openLog(broker, memberClient, cuttable(line))
      kills.set(log, kill)
      return log
    },
    kill: (log) => kills.get(log)?.(),
    evict: (memberId) => {
      const member = broker.expire(memberId) as MemoryMembership
      member.freeze()
      return () => member.rejoin()
    },
    failAppends: (fault = () => undefined) => broker.fail(fault),
  }
}

/** One handle on a cluster of its own, with the cluster's controls. */
export function memoryLog(options: { readonly clock: Clock }): Log & Omit<MemoryCluster, 'open' | 'kill'> {
  const { open, kill: _kill, ...controls } = memoryCluster(options)
  return { ...open(), ...controls }
}

function openLog(
  broker: MemoryBroker,
  memberClient: string,
  line: ReturnType<typeof cuttable>,
): { readonly log: Log; kill(): void } {
  const members = new Set<MemoryMembership>()
  const closing = new AbortController()
  const log: Log = {
    admin: memoryAdmin(broker),
    writer: async () => memoryWriter(broker, line),
    transaction: async (transactionalId) => {
      await line.arrive()
      return memoryTransaction(broker, line, transactionalId)
    },
    membership: (options) => {
      const member = new MemoryMembership(broker, options, { clientId: memberClient, line })
      members.add(member)
      return member
    },
    read: (topic, { signal = closing.signal, ...options }) =>
      readMemory(broker, topic, { ...options, signal: AbortSignal.any([signal, closing.signal]) }),
    close: async () => {
      closing.abort(closed('this log'))
      await Promise.all([...members].map((member) => member.leave()))
    },
  }
  const kill = (): void => {
    line.cut()
    for (const member of members) member.die()
  }
  return { log, kill }
}

function memoryWriter(broker: MemoryBroker, line: Line): Writer {
  let isOpen = true
  return strictWriter({
    append: async (to, records) => {
      await line.arrive()
      if (!isOpen) throw closed('this writer')
      const fault = line.fault(to, records)
      if (fault === 'refused') throw notAcknowledged(to)
      const offset = broker.append(to, records)
      if (fault === 'unanswered') throw notAcknowledged(to)
      await line.answer()
      return offset
    },
    close: async () => {
      isOpen = false
    },
  })
}

function memoryTransaction(broker: MemoryBroker, line: Line, transactionalId: string): TransactionalWriter {
  const owner = broker.own(transactionalId)
  let isUsable = true
  return {
    commit: async (group, appends, positions) => {
      await line.arrive()
      if (!isUsable) throw closed(`this owner of ${transactionalId}`)
      isUsable = false // any rejection below leaves it so
      if (!broker.isOwner(transactionalId, owner)) throw fenced(transactionalId)
      const faults = appends.map((append) => checkAppend(broker, line, append))
      broker.group(group).move(positions)
      broker.appendAll(appends)
      await line.answer()
      if (faults.includes('unanswered')) throw transactionFailed(transactionalId, new Error('no answer'))
      isUsable = true
    },
    close: async () => {
      isUsable = false
    },
  }
}

/** What would keep one append of a transaction from counting is thrown; `unanswered` is told. */
function checkAppend(broker: MemoryBroker, line: Line, append: Append): ReturnType<AppendFault> {
  try {
    broker.check(append, append.records)
  } catch (error) {
    throw error instanceof ErrandError ? new FailedAppend(append, error) : error
  }
  const fault = broker.faultOf(append, append.records) ?? line.fault(append, append.records)
  if (fault === 'refused') throw new FailedAppend(append, notAcknowledged(append))
  return fault
}

const memoryAdmin = (broker: MemoryBroker): Admin => ({
  brokers: async () => 1,
  topics: async () => broker.topicNames(),
  describe: async (names) =>
    new Map(
      names.flatMap((name) => {
        const topic = broker.find(name)
        return topic ? [[name, { ...topic.spec, maxMessageBytes: topic.maxBytes }] as const] : []
      }),
    ),
  create: async (topics) => {
    for (const topic of topics) broker.create(topic)
  },
  grow: async (topics) => {
    for (const { name, partitions } of topics) broker.topic(name).grow(partitions)
  },
  offsets: async (topic) => broker.topic(topic).offsets(),
  offsetsAt: async (topic, timeMs) => broker.topic(topic).offsetsAt(timeMs),
  partitions: async (topic) => broker.topic(topic).spec.partitions,
  committed: async (group, topics) => broker.group(group).positions(topics),
  deleteBefore: async (offsets) => {
    for (const { topic, partition, offset } of offsets) broker.topic(topic).partition(partition).deleteBefore(offset)
  },
  members: async (group) => broker.group(group).clientIds(),
})
