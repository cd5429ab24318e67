// Reads a topic and its dead letters, outside any group and without a trace, and counts what a proposed version makes of them.

import type { AnyApp } from '../../app/app.ts'
import { scanLetters } from '../../consumers/letters/letterScan.ts'
import type { FailingGroup } from '../../kafka/catalogue.ts'
import { controlName } from '../../kafka/catalogue.ts'
import { readJourney } from '../../kafka/journey.ts'
import type { LogRecord } from '../../kafka/log.ts'
import { type Blast, proposalView, Tally } from '../../schemas/gate/blast.ts'
import type { BlastTopic } from '../../schemas/gate/blastTopic.ts'
import { handlerChanges } from '../../schemas/gate/fieldChanges.ts'
import { type Judge, recordJudge } from '../../schemas/gate/recordJudge.ts'
import type { Registry } from '../../schemas/registry/registry.ts'
import type { System } from '../system.ts'

export type BlastOptions = {
  readonly sinceMs?: number | undefined
  /** Once aborted, what was counted so far is the answer. */
  readonly signal: AbortSignal
  /** How far it is: records and letters read, of as many as there may be. */
  readonly onProgress?: (done: number) => void
}

type Reading = Pick<System, 'kafka' | 'codec' | 'log'> & {
  readonly app: AnyApp
  readonly registry: Pick<Registry, 'schema'>
}

/** How many records `readBlast` has to read, dead letters aside. Rejects as the log does. */
export async function recordsToRead(
  { kafka }: Pick<Reading, 'kafka'>,
  { topic }: BlastTopic,
  sinceMs?: number,
): Promise<number> {
  const [offsets, from] = await Promise.all([
    kafka.admin.offsets(topic),
    sinceMs === undefined ? undefined : kafka.admin.offsetsAt(topic, sinceMs),
  ])
  return offsets.reduce((sum, { partition, low, high }) => sum + Number(high - (from?.get(partition) ?? low)), 0)
}

/** Rejects as log and registry do. */
export async function readBlast(
  system: Reading,
  of: BlastTopic,
  { sinceMs, signal, onProgress = () => undefined }: BlastOptions,
): Promise<Blast> {
  const judge = recordJudge(of, system.registry)
  const records = new Tally()
  const letters = new Map<string, Tally>()
  const isWhole = await unlessCut(signal, async () => {
    await readRecords(system, of, { judge, tally: records, sinceMs, signal, onProgress })
    const there = new Set(await system.kafka.admin.topics())
    for (const group of of.groups.filter(({ failures }) => there.has(failures.dead) && there.has(failures.state))) {
      const tally = new Tally()
      letters.set(controlName(group), tally)
      await readLetters(system, group, { judge, tally, sinceMs, signal, onProgress, topic: of.topic })
    }
  })
  return {
    topic: of.topic,
    proposals: of.proposals.map(proposalView),
    isWhole,
    ...(sinceMs === undefined ? {} : { sinceMs }),
    records: records.counts,
    letters: [...letters].flatMap(([group, tally]) => (tally.records > 0 ? [{ group, ...tally.counts }] : [])),
    handlers: handlerChanges(system.app, of.proposals),
  }
}

/** Whether it came to its end. */
async function unlessCut(signal: AbortSignal, work: () => Promise<void>): Promise<boolean> {
  try {
    await work()
    return true
  } catch (error) {
    if (signal.aborted) return false
    throw error
  }
}

type Pass = BlastOptions & { readonly judge: Judge; readonly tally: Tally; readonly onProgress: (done: number) => void }

async function readRecords({ kafka }: Reading, { topic }: BlastTopic, pass: Pass): Promise<void> {
  const { judge, tally, sinceMs, signal, onProgress } = pass
  const from = sinceMs === undefined ? 'earliest' : await kafka.admin.offsetsAt(topic, sinceMs)
  for await (const record of kafka.read(topic, { from, signal })) {
    if (sinceMs !== undefined && record.timestampMs < sinceMs) continue // producers' clocks do not go in step
    tally.add(record, await judge(record.value))
    if (tally.records % 1_000 === 0) onProgress(tally.records)
  }
  onProgress(tally.records)
}

async function readLetters(
  { kafka, codec, log }: Reading,
  group: FailingGroup,
  { judge, tally, sinceMs = 0, signal, topic }: Pass & { readonly topic: string },
): Promise<void> {
  for await (const { letter, record } of scanLetters({ log: kafka, codec, logger: log }, group, { signal })) {
    if (letter.state !== 'open' || record.timestampMs < sinceMs || !isOf(topic, group, record)) continue
    tally.add(record, await judge(record.value, { withNow: true }))
  }
}

/** Whoever wrote a letter may have left out where it came from: a group of one topic has it from there. */
function isOf(topic: string, { role, failures }: FailingGroup, record: LogRecord): boolean {
  const { origin } = readJourney(record)
  return origin.topic === topic || (role !== 'delay' && origin.topic === failures.dead)
}
