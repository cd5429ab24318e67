// `npm run bench workers`: how many records a second one member of a group handles, and what it takes. 12 partitions, 1,000
// keys, 200 bytes, commits on; our runtime against kafkajs's own loop and, where Java is, Confluent's Parallel Consumer: with
// a handler that waits 10 ms, and with one that returns at once.
import { type Bench, type Case, type Figure, ratio, rounds, type Samples } from '../rounds.ts'
import { fresh, openBacklog } from './backlog.ts'
import { checkCommitted } from './committed.ts'
import { benchLog } from './member.ts'
import { parallelConsumer } from './parallelConsumer.ts'
import { type Consumer, measure, nodeConsumer, ourConsumer, type Sample } from './reading.ts'
import { report } from './report.ts'
import { openSubscription } from './subscription.ts'

const [partitions, keys, concurrency, ioMs] = [12, 1_000, 500, 10]
/** So much that only handlers that do nothing come to its end. */
const recordsPerSecond = 250_000

export const workers: Bench = async ({ cluster, folder, repetitions, seconds, onProgress }) => {
  const { brokers } = cluster
  await using opened = new AsyncDisposableStack()
  const log = opened.adopt(benchLog(brokers), (each) => each.close())
  const [topic, limit] = [fresh(), recordsPerSecond * seconds]
  onProgress(`Writing ${limit} records, twice`)
  await (await openBacklog(log, { topic, partitions, keys })).append(limit)
  const subscription = await openSubscription({ log, cluster, partitions, keys, records: limit })
  const java = await parallelConsumer(folder, onProgress)
  const one = (name: string, consumer: Consumer, handlerMs: number, from = topic): Case<Sample> => ({
    name,
    measure: async (seconds) => {
      const reading = { brokers, topic: from, group: fresh(), handlerMs, concurrency, limit, seconds }
      const sample = await measure(consumer, reading, { folder })
      if (sample.handled !== undefined) await checkCommitted(log, reading, sample.handled)
      return sample
    },
  })
  const both = (name: string, consumer: Consumer): Case<Sample>[] => [
    one(`${name}, 10 ms`, consumer, ioMs),
    one(`${name}, no-op`, consumer, 0),
  ]
  const cases = [
    ...both('errand', ourConsumer('ours.ts')),
    ...both('eachMessage', nodeConsumer('peer.ts', ['eachMessage'])),
    ...(java ? both('parallel consumer', java) : []),
    one('eachBatch, no-op', nodeConsumer('peer.ts', ['eachBatch']), 0),
    one('errand subscriber, no-op', subscription.consumer, 0, subscription.topic),
  ]
  const samples = await rounds(cases, { repetitions, seconds, onProgress })
  onProgress('Every record that errand handled was committed, and no other')
  report(samples)
  return figuresOf(samples, java !== undefined)
}

function figuresOf(samples: Samples<Sample>, hasJava: boolean): Readonly<Record<string, Figure>> {
  const rate = ({ perSecond }: Sample): number => perSecond
  const warm = ({ warmPerSecond }: Sample): number => warmPerSecond
  const against = (peer: string, work: string, of: (sample: Sample) => number): Figure =>
    ratio(samples, [`errand, ${work}`, `${peer}, ${work}`], of)
  return {
    ioVsEachMessage: against('eachMessage', '10 ms', rate),
    noopVsEachMessage: against('eachMessage', 'no-op', rate),
    ...(hasJava && {
      ioVsParallelConsumer: against('parallel consumer', '10 ms', rate),
      ioWarmVsParallelConsumer: against('parallel consumer', '10 ms', warm),
      ioRssVsParallelConsumer: against('parallel consumer', '10 ms', ({ rssMb }) => rssMb),
      noopVsParallelConsumer: against('parallel consumer', 'no-op', rate),
      noopWarmVsParallelConsumer: against('parallel consumer', 'no-op', warm),
    }),
  }
}
