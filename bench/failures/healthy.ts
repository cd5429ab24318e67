// The first part of `npm run bench failures`: what records that fail cost those that do not. A subscriber with a handler of
// 10 ms; of a hundred records one fails every time, is tried five times in place with its key held, and becomes a dead letter. 12
// partitions, 1,000 keys. The figure is the rate of healthy records over that where none fails: with the retries and the
// concurrency that an app has which says nothing of them, where handlers are what is short, and 0.95 at most, for there are 104 tries
// to 99 healthy records; and `healthySaturated` with 500 handlers at once, where the process's one core is.
import type { Log } from '../../kafka/log.ts'
import { type Bench, type Case, ratio, rounds } from '../rounds.ts'
import { fresh, openBacklog } from '../workers/backlog.ts'
import { checkCommitted } from '../workers/committed.ts'
import { benchLog } from '../workers/member.ts'
import { measure, ourConsumer, type Sample } from '../workers/reading.ts'
import { report } from '../workers/report.ts'

const [partitions, keys, handlerMs] = [12, 1_000, 10]
const [usual, many] = [50, 500]
/** As much as so many handlers can do, in the warm-up and in the window. */
const recordsPerSecond = 2 * (many / handlerMs) * 1_000

const caseOf = (inAHundred: number, concurrency: number): string =>
  `${inAHundred === 0 ? 'none fail' : `${inAHundred} % fail`}, ${concurrency} at once`

export const healthy: Bench = async ({ cluster, folder, repetitions, seconds, onProgress }) => {
  const { brokers } = cluster
  await using opened = new AsyncDisposableStack()
  const log = opened.adopt(benchLog(brokers), (each) => each.close())
  const [topic, limit] = [fresh(), recordsPerSecond * seconds]
  onProgress(`Writing ${limit} records`)
  const value = Buffer.from(JSON.stringify({ note: 'x'.repeat(189) })) // 200 bytes in all
  await (await openBacklog(log, { topic, partitions, keys, value })).append(limit)
  const failing = (inAHundred: number, concurrency: number): Case<Sample> => ({
    name: caseOf(inAHundred, concurrency),
    measure: async (seconds) => {
      const reading = { brokers, topic, group: fresh(), handlerMs, concurrency, limit, seconds }
      const sample = await measure(ourConsumer('../failures/failing.ts', [String(inAHundred)]), reading, { folder })
      await checkCommitted(log, reading, sample.handled ?? Number.NaN)
      const letters = await countRecords(log, `bench.${reading.group}.dead`)
      if (inAHundred > 0 === (letters === 0)) throw new Error(`${letters} dead letters where ${inAHundred} % fail`)
      return sample
    },
  })
  const cases = [usual, many].flatMap((concurrency) => [failing(0, concurrency), failing(1, concurrency)])
  const samples = await rounds(cases, { repetitions, seconds, onProgress })
  const share = (concurrency: number) =>
    ratio(samples, [caseOf(1, concurrency), caseOf(0, concurrency)], ({ warmPerSecond }) => warmPerSecond)
  onProgress('Every record that was handled or given up was committed, and no other')
  report(samples)
  return { healthyWithFailing: share(usual), healthySaturated: share(many) }
}

const countRecords = async (log: Log, topic: string): Promise<number> =>
  (await log.admin.offsets(topic)).reduce((sum, { low, high }) => sum + Number(high - low), 0)
