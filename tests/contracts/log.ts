// What every adapter of the log's port keeps. Run with each of them; a test owns its topics and groups.
import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe } from 'vitest'
import type { Log, NewRecord, Position } from '../../kafka/log.ts'
import { appendingContract } from './logAppending.ts'
import { groupContract } from './logGroup.ts'
import { membersContract } from './logMembers.ts'
import { readingContract } from './logReading.ts'
import { transactionContract } from './logTransaction.ts'

/** What a test of the contract works with. */
export type Bench = {
  /** The handle of "this process". */
  readonly log: () => Log
  /** A handle of another process; closed with the test. */
  readonly another: () => Log
  /** A fresh topic. */
  topic(partitions?: number, config?: Readonly<Record<string, string>>): Promise<string>
}

/** `open` gives a new handle on one shared cluster. */
export function logContract(name: string, open: () => Log): void {
  describe(`the log of ${name}`, () => {
    let handles: Log[] = []
    const another = (): Log => {
      const log = open()
      handles.push(log)
      return log
    }
    beforeEach(() => {
      handles = []
      another()
    })
    afterEach(() => Promise.all(handles.map((log) => log.close())))
    const log = (): Log => handles[0]!
    const topic: Bench['topic'] = async (partitions = 1, config = {}) => {
      const name = `contract.${randomUUID()}`
      await log().admin.create([{ name, partitions, replicas: 1, config }])
      return name
    }
    for (const contract of [appendingContract, groupContract, membersContract, readingContract, transactionContract])
      contract({ log, another, topic })
  })
}

export const freshGroup = (): string => `contract.group.${randomUUID()}`

/** Records with these values, without keys. */
export const records = (...values: readonly string[]): readonly NewRecord[] =>
  values.map((value) => ({ key: null, value: Buffer.from(value), headers: new Map() }))

/** Appends values to a partition with a writer of its own. */
export async function append(log: Log, topic: string, partition: number, ...values: readonly string[]): Promise<void> {
  const writer = await log.writer()
  await writer.append({ topic, partition }, records(...values))
  await writer.close()
}

export const position = (topic: string, partition: number, offset: number | bigint, metadata = ''): Position => ({
  topic,
  partition,
  offset: BigInt(offset),
  metadata,
})
