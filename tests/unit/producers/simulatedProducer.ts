// A Producer over a simulated log, on a clock of the test's.
import { silentLog } from '../../../process/log.ts'
import { Producer, type SendOptions } from '../../../producers/producer.ts'
import { manualClock } from '../../../testing/manualClock.ts'
import { codeOf, record, type SimulatedLogOptions, simulatedLog } from './simulatedLog.ts'

export const topic = 'flights'
export const start = 1_000_000

export function producerOver(options: SimulatedLogOptions, limits: { readonly maxQueuedBytes?: number } = {}) {
  const kafka = simulatedLog(options)
  const clock = manualClock(start)
  const producer = new Producer({ kafka, clock, log: silentLog, ...limits })
  const keyed = (value: string, key: string, options?: SendOptions) =>
    producer.send(topic, record(value, key), { kind: 'key' }, options)
  const inTurn = (value: string) => producer.send(topic, record(value), { kind: 'turn' })
  const to = (partition: number, value: string, options?: SendOptions) =>
    producer.send(topic, record(value), { kind: 'partition', partition }, options)
  return { kafka, clock, producer, keyed, inTurn, to }
}

/** Holds every append back until it is released, for good. */
export function held() {
  const { promise, resolve: release } = Promise.withResolvers<void>()
  return { release, meets: () => promise.then(() => 'acknowledged' as const) }
}

export const codes = async (sends: readonly Promise<unknown>[]): Promise<readonly string[]> =>
  (await Promise.allSettled(sends)).map(codeOf)
