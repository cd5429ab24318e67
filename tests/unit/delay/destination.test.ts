import { describe, expect, onTestFinished, test } from 'vitest'
import type { Log, TopicPartition } from '../../../kafka/log.ts'
import { appendRefused, FailedAppend, notAcknowledged } from '../../../kafka/logErrors.ts'
import { delayBench, slowLine, startMs } from './delayBench.ts'

const second = 1_000

describe('a destination', () => {
  const waitingFor = (bench: Awaited<ReturnType<typeof delayBench>>, count: number) =>
    Array.from({ length: count }, (_, index) => ({
      value: String(index),
      waiting: { dueMs: startMs + 2_000 + index, to: { topic: bench.retry, partition: index % 3 } },
    }))
  const values = (records: readonly { readonly value: Buffer | null }[]) =>
    records.map(({ value }) => Number(String(value))).sort((a, b) => a - b)

  test('in trouble gets its records when it is back; no other waits for it', async () => {
    const bench = await delayBench()
    await bench.process()
    await bench.put(waitingFor(bench, 300))
    bench.cluster.failAppends(({ topic, partition }) =>
      topic === bench.retry && partition === 1 ? 'refused' : undefined,
    )
    await bench.pass(20 * second)
    expect(values(await bench.all(bench.retry))).toEqual([...Array(300).keys()].filter((index) => index % 3 !== 1))
    bench.cluster.failAppends()
    await bench.pass(40 * second)
    expect(values(await bench.all(bench.retry))).toEqual([...Array(300).keys()])
    expect(await bench.all(bench.dead)).toEqual([])
  })

  test('that does not answer holds up no other: after its first silence these wait seconds, not for ever', async () => {
    const bench = await delayBench()
    let isSilent = true
    const silence = async (silent: readonly TopicPartition[]) => {
      await bench.clock.sleep(10_000) // after which the client gives a request up
      throw new FailedAppend(silent[0]!, notAcknowledged(silent[0]!), { all: silent })
    }
    await bench.process({ log: failingTowards(bench, ({ partition }) => isSilent && partition === 1, silence) })
    await bench.put(waitingFor(bench, 300))
    await bench.pass(20 * second)
    const others = (count: number) => [...Array(count).keys()].filter((index) => index % 3 !== 1)
    expect(values(await bench.all(bench.retry))).toEqual(others(300))
    for (let minute = 0; minute < 3; minute += 1) {
      const [dueMs, from] = [bench.clock.now() + 2_000, 300 + minute * 30]
      const more = waitingFor(bench, from + 30).slice(from)
      await bench.put(more.map(({ value, waiting: { to } }) => ({ value, waiting: { dueMs, to } })))
      await bench.pass(15 * second)
      expect(values(await bench.all(bench.retry))).toEqual(others(from + 30))
      await bench.pass(45 * second)
    }
    isSilent = false
    await bench.pass(90 * second)
    expect(values(await bench.all(bench.retry))).toEqual([...Array(390).keys()])
    expect(await bench.all(bench.dead)).toEqual([])
  })

  test('that may not be written to costs one transaction; all of its records are dead letters, and no other waits', async () => {
    const bench = await delayBench()
    const refuse = (to: TopicPartition) =>
      new FailedAppend(to, appendRefused(to, new Error('no right')), { isOfPlace: true })
    let failed = 0
    const fail = async (to: TopicPartition) => {
      failed += 1
      throw refuse(to)
    }
    await bench.process({
      log: failingTowards(
        bench,
        ({ partition }) => partition === 1,
        ([to]) => fail(to!),
      ),
    })
    await bench.put(waitingFor(bench, 300))
    await bench.pass(10 * second)
    const refused = [...Array(300).keys()].filter((index) => index % 3 === 1)
    expect(values(await bench.all(bench.retry))).toEqual([...Array(300).keys()].filter((index) => index % 3 !== 1))
    expect(values(await bench.all(bench.dead))).toEqual(refused)
    expect(failed).toBeLessThan(5)
  })

  test('gets each record once where nobody hears whether transactions count', async () => {
    const bench = await delayBench()
    await bench.process()
    await bench.put(waitingFor(bench, 300))
    let appends = 0
    bench.cluster.failAppends(() => {
      appends += 1
      if (appends % 5 === 0) return 'unanswered'
      return appends % 7 === 0 ? 'refused' : undefined
    })
    await bench.pass(120 * second)
    bench.cluster.failAppends()
    await bench.pass(60 * second)
    expect(values(await bench.all(bench.retry))).toEqual([...Array(300).keys()])
  })

  test('that takes no records so large gets all others, and that one is a dead letter', async () => {
    const bench = await delayBench({ 'max.message.bytes': '2000' }) // a batch of all others is too large too
    await bench.process()
    const [first, ...others] = waitingFor(bench, 150)
    const large = 'x'.repeat(3_000)
    await bench.put([...others, { ...first!, value: large }])
    await bench.pass(30 * second)
    expect(values(await bench.all(bench.retry))).toEqual(others.map((_, index) => index + 1))
    const letters = await bench.all(bench.dead)
    expect(letters.map(({ value, headers }) => [String(value), String(headers.get('errand-dead-code'))])).toEqual([
      [large, 'record-too-large'],
    ])
  })
})

/** A way to the log on which transactions to some partitions of the retry topic fail. */
function failingTowards(
  { cluster, clock, retry }: Awaited<ReturnType<typeof delayBench>>,
  fails: (to: TopicPartition) => boolean,
  fail: (failing: readonly TopicPartition[]) => Promise<never>,
): Log {
  const log = cluster.open({ line: slowLine(clock) })
  onTestFinished(() => log.close())
  return {
    ...log,
    transaction: async (id) => {
      const writer = await log.transaction(id)
      return {
        ...writer,
        commit: async (group, appends, positions) => {
          const failing = appends.filter((to) => to.topic === retry && fails(to))
          return failing.length > 0 ? fail(failing) : writer.commit(group, appends, positions)
        },
      }
    },
  }
}
