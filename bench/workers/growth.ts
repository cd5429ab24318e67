// `npm run bench workers-growth`: whether a record costs the same where there are more of them, more keys, more partitions. Ours
// alone. The backlog is kept at its size by as many new records as are handled, so that both sizes are measured alike.
import { type Bench, type Case, ratio, rounds } from '../rounds.ts'
import { type Backlog, fresh, openBacklog } from './backlog.ts'
import { benchLog } from './member.ts'
import { measure, ourConsumer, type Sample } from './reading.ts'
import { report } from './report.ts'

const [partitions, keys, concurrency, ioMs] = [12, 1_000, 500, 10]
/** Of every topic, and of the large backlog: a million in the bench as it is meant, in short ones fewer. */
const recordsPerSecond = 250_000
const small = 10_000

export const growth: Bench = async ({ cluster, folder, repetitions, seconds, onProgress }) => {
  const { brokers } = cluster
  await using opened = new AsyncDisposableStack()
  const log = opened.adopt(benchLog(brokers), (each) => each.close())
  const consumer = ourConsumer('ours.ts')
  const reading = (topic: string) => ({ brokers, topic, group: fresh(), concurrency, seconds })
  const filled = async (keys: number, partitions: number): Promise<string> => {
    const topic = fresh()
    onProgress(`Writing ${recordsPerSecond * seconds} records of ${keys} keys to ${partitions} partitions`)
    await using backlog = await openBacklog(log, { topic, partitions, keys })
    await backlog.append(recordsPerSecond * seconds)
    return topic
  }
  const drained = (name: string, topic: string): Case<Sample> => ({
    name,
    measure: () =>
      measure(consumer, { ...reading(topic), handlerMs: 0, limit: recordsPerSecond * seconds }, { folder }),
  })
  const kept = (records: number): Case<Sample> => ({
    name: `backlog of ${records}, 10 ms`,
    measure: async () => {
      const topic = fresh()
      await using backlog = await openBacklog(log, { topic, partitions, keys })
      const upkeep = await keepUp(backlog, records)
      const sample = await measure(
        consumer,
        { ...reading(topic), handlerMs: ioMs, limit: null },
        { folder, onHandled: upkeep.handled },
      )
      await upkeep.end()
      return sample
    },
  })
  const large = recordsPerSecond * seconds
  const cases = [
    kept(small),
    kept(large),
    drained('10 keys, no-op', await filled(10, partitions)),
    drained('1,000 keys, no-op', await filled(keys, partitions)),
    drained('100,000 keys, no-op', await filled(100_000, partitions)),
    drained('1 partition, no-op', await filled(keys, 1)),
    drained('100 partitions, no-op', await filled(keys, 100)),
  ]
  const samples = await rounds(cases, { repetitions, seconds, onProgress })
  report(samples)
  const rate = ({ warmPerSecond }: Sample): number => warmPerSecond
  const backlogs = [cases[1]!.name, cases[0]!.name] as const
  return {
    growthRate: ratio(samples, backlogs, rate),
    growthRss: ratio(samples, backlogs, ({ rssMb }) => rssMb),
    growthKeys: ratio(samples, ['100,000 keys, no-op', '10 keys, no-op'], rate),
    growthPartitions: ratio(samples, ['100 partitions, no-op', '1 partition, no-op'], rate),
  }
}

type Upkeep = { handled(records: number): void; end(): Promise<void> }

/** Fills the backlog, and from then on appends what is missing as it is told what has been handled. */
async function keepUp(backlog: Backlog, records: number): Promise<Upkeep> {
  let [written, handled, isEnded] = [await backlog.append(records), 0, false]
  let appending: Promise<void> | undefined
  const ended = (): void => {
    appending = undefined
  }
  const append = async (): Promise<void> => {
    while (!isEnded && written - handled < records) written += await backlog.append(records - written + handled)
  }
  return {
    handled: (count) => {
      handled = count
      if (!appending && written - handled < records) appending = append().then(ended)
    },
    end: async () => {
      isEnded = true
      await appending
    },
  }
}
