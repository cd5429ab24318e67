// A log that behaves as badly as a broker and a kafkajs producer together: appends take their time, fail before or after
// they were written, and a producer that has once rejected acknowledges what it never writes (facts A3, A4).
import { setImmediate } from 'node:timers'
import { setImmediate as turn } from 'node:timers/promises'
import { ErrandError } from '../../../app/errors.ts'
import type { NewRecord } from '../../../kafka/log.ts'
import { notAcknowledged, recordTooLarge, unknownTopic } from '../../../kafka/logErrors.ts'
import type { Written } from '../../../producers/route.ts'

/** `refused`: nothing is written. `unanswered`: it is written, and the sender does not learn it. */
export type Outcome = 'acknowledged' | 'refused' | 'unanswered'
export type Append = { readonly partition: number; readonly values: readonly string[] }

export type SimulatedLog = Written & {
  /** Values as they lie in each partition, whatever the topic. */
  readonly written: ReadonlyMap<number, readonly string[]>
  /** Every append that was begun, in order. */
  readonly appends: readonly Append[]
  /** Rules that were broken. */
  readonly faults: readonly string[]
  /** Writers opened and not closed. */
  readonly open: () => number
  readonly opened: () => number
}

export type SimulatedLogOptions = {
  readonly partitions: number | (() => Promise<number>)
  /** What an append meets, and when. Default: acknowledged at once. */
  readonly meets?: (append: Append) => Promise<Outcome>
  readonly isTooLarge?: (value: string) => boolean
  readonly openFails?: () => boolean
  readonly isUnknown?: (topic: string) => boolean
}

export function simulatedLog({
  partitions,
  meets = async () => 'acknowledged',
  isTooLarge = () => false,
  openFails = () => false,
  isUnknown = () => false,
}: SimulatedLogOptions): SimulatedLog {
  const written = new Map<number, string[]>()
  const appends: Append[] = []
  const faults: string[] = []
  const busy = new Set<string>()
  let [opened, open] = [0, 0]

  const writer = async () => {
    if (openFails()) throw new Error('connect ECONNREFUSED')
    const name = `writer ${++opened}`
    const spent = new Set<string>()
    let [isPoisoned, isClosed, underWay] = [false, false, 0]
    open++
    return {
      append: async ({ topic, partition }: { topic: string; partition: number }, records: readonly NewRecord[]) => {
        const values = records.map(({ value }) => String(value))
        const append = { partition, values }
        const wasPoisoned = isPoisoned || spent.has(`${topic}/${partition}`)
        appends.push(append)
        const lane = `${topic}/${partition}`
        if (busy.has(lane)) faults.push(`two appends to partition ${partition} at a time`)
        if (wasPoisoned) faults.push(`${name} was used after a rejection`)
        if (isClosed) faults.push(`${name} was used after it was closed`)
        busy.add(lane)
        underWay++
        try {
          const outcome = await meets(append)
          if (isClosed) faults.push(`${name} was closed under an append`)
          if (isUnknown(topic)) throw unknownTopic(topic)
          const lies = written.get(partition) ?? []
          if (wasPoisoned) return BigInt(lies.length) // acknowledged and lost
          if (values.some(isTooLarge)) throw recordTooLarge({ topic, partition })
          if (outcome === 'refused') throw notAcknowledged({ topic, partition })
          const first = BigInt(lies.length)
          written.set(partition, [...lies, ...values])
          if (outcome === 'unanswered') throw notAcknowledged({ topic, partition })
          return first
        } catch (error) {
          spent.add(lane)
          setImmediate(() => {
            isPoisoned = true // by now its owner knows
          })
          throw error
        } finally {
          busy.delete(lane)
          underWay--
        }
      },
      close: async () => {
        if (isClosed) faults.push(`${name} was closed twice`)
        if (underWay > 0) faults.push(`${name} was closed with ${underWay} appends under way`)
        isClosed = true
        open--
      },
    }
  }
  const count = async (topic: string): Promise<number> => {
    if (isUnknown(topic)) throw unknownTopic(topic)
    return typeof partitions === 'number' ? partitions : partitions()
  }
  return {
    writer,
    admin: { partitions: count },
    written,
    appends,
    faults,
    open: () => open,
    opened: () => opened,
  }
}

export const record = (value: string, key: string | null = null): NewRecord => ({
  key: key === null ? null : Buffer.from(key),
  value: Buffer.from(value),
  headers: new Map(),
})

/** An ErrandError's code, for what a settled promise says. */
export const codeOf = (settled: PromiseSettledResult<unknown>): string =>
  settled.status === 'fulfilled'
    ? 'acknowledged'
    : settled.reason instanceof ErrandError
      ? settled.reason.code
      : String(settled.reason)

/** Lets whatever can go on go on. */
export const settle = async (): Promise<void> => {
  for (let left = 20; left > 0; left--) await turn()
}
