// Traffic through a Producer, and what the log says about it afterwards: whatever happened to the brokers meanwhile, every
// acknowledged record lies where its sender was told, and records of one key lie in the order of their sends.
import type { Log, LogRecord, NewRecord } from '../../../kafka/log.ts'
import { systemClock } from '../../../process/clock.ts'
import { silentLog } from '../../../process/log.ts'
import type { Place } from '../../../producers/parcel.ts'
import { persist } from '../../../producers/persist.ts'
import { Producer } from '../../../producers/producer.ts'

export type Traffic = {
  readonly kafka: Log
  /** Must exist and be empty. */
  readonly topic: string
  /** Half of them keyed, half in turn. */
  readonly records: number
  /** Callers at a time of each half; each sends one record after the other, a keyed one always under its own key. */
  readonly callers: number
  readonly signal?: AbortSignal
  /** Called after each acknowledgement, with how many there are. */
  readonly onAcknowledged?: (count: number) => void
}

export type Findings = {
  readonly acknowledged: number
  /** Acknowledged, and not where its sender was told. */
  readonly lost: readonly string[]
  /** In the log more than once: allowed where an answer was lost. */
  readonly doubled: readonly string[]
  /** After a later one of its key. */
  readonly overtaken: readonly string[]
  /** Records in each partition. */
  readonly perPartition: readonly number[]
}

/** Sends, until all is acknowledged, and reads it back. */
export async function sendAndCheck(traffic: Traffic): Promise<Findings> {
  const places = await sendAll(traffic)
  const records: LogRecord[] = []
  for await (const record of traffic.kafka.read(traffic.topic, { from: 'earliest' })) records.push(record)
  return findings(places, records, await traffic.kafka.admin.partitions(traffic.topic))
}

async function sendAll({ kafka, topic, records, callers, signal, onAcknowledged }: Traffic) {
  const places = new Map<string, Place>()
  const stop = signal ?? new AbortController().signal
  await using producer = new Producer({ kafka, log: silentLog })
  const share = Math.ceil(records / 2 / callers)
  const call = async (caller: string, kind: 'key' | 'turn'): Promise<void> => {
    for (let sequence = 0; sequence < share; sequence++) {
      const value = `${caller} ${sequence}`
      const record = newRecord(value, kind === 'key' ? caller : value)
      places.set(
        value,
        await persist(producer, topic, record, { kind }, { clock: systemClock, signal: stop, log: silentLog }),
      )
      onAcknowledged?.(places.size)
    }
  }
  const numbers = Array.from({ length: callers }, (_, number) => number)
  await Promise.all(numbers.flatMap((number) => [call(`key-${number}`, 'key'), call(`turn-${number}`, 'turn')]))
  return places
}

const newRecord = (value: string, key: string): NewRecord => ({
  key: Buffer.from(key),
  value: Buffer.from(value),
  headers: new Map([['ce_id', [Buffer.from(value)]]]),
})

function findings(places: ReadonlyMap<string, Place>, records: readonly LogRecord[], partitions: number): Findings {
  const at = new Map(records.map((record) => [`${record.partition}/${record.offset}`, String(record.value)]))
  const seen = new Set<string>()
  const doubled: string[] = []
  const overtaken: string[] = []
  const latest = new Map<string, number>()
  for (const record of records) {
    const value = String(record.value)
    if (seen.has(value)) doubled.push(value)
    else if (value.startsWith('key-')) {
      const sequence = Number(value.split(' ')[1])
      if (sequence < (latest.get(String(record.key)) ?? 0)) overtaken.push(value)
      latest.set(String(record.key), sequence)
    }
    seen.add(value)
  }
  return {
    acknowledged: places.size,
    lost: [...places].flatMap(([value, { partition, offset }]) =>
      at.get(`${partition}/${offset}`) === value ? [] : [value],
    ),
    doubled,
    overtaken,
    perPartition: Array.from(
      { length: partitions },
      (_, number) => records.filter(({ partition }) => partition === number).length,
    ),
  }
}
