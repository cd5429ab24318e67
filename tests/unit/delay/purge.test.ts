import { describe, expect, onTestFinished, test } from 'vitest'
import { purge, purging } from '../../../consumers/purge.ts'
import { silentLog } from '../../../process/log.ts'
import { delayBench, startMs } from './delayBench.ts'

const second = 1_000

describe('what lies behind the commit', () => {
  test('is deleted of the tiers every minute by who owns them, and what waits stays', async () => {
    const bench = await delayBench()
    const running = await bench.process()
    onTestFinished(purging({ log: bench.log, clock: bench.clock, logger: silentLog }, [running])[Symbol.dispose])
    const to = { topic: bench.retry, partition: 0 }
    const waiting = (seconds: number) => ({
      value: String(seconds),
      waiting: { dueMs: startMs + seconds * second, to },
    })
    await bench.put([2, 3, 400, 7_300].map(waiting))
    await bench.pass(61 * second, 500)
    const left = await Promise.all(bench.tiers.map((topic) => bench.all(topic)))
    expect(
      left
        .flat()
        .map(({ value }) => String(value))
        .sort(),
    ).toEqual(['400', '7300'])
    expect((await bench.all(bench.retry)).map(({ value }) => String(value))).toEqual(['2', '3'])
    expect((await bench.log.admin.offsets(bench.retry)).every(({ low }) => low === 0n)).toBe(true) // its owner's to delete
    await bench.pass(345 * second, 1_000)
    expect((await bench.all(bench.retry)).map(({ value }) => String(value))).toEqual(['2', '3', '400'])
  })

  test('is not touched by who has lost the partition', async () => {
    const bench = await delayBench()
    const running = await bench.process()
    await bench.put([{ value: 'x', waiting: { dueMs: startMs + second, to: { topic: bench.retry, partition: 0 } } }])
    await bench.pass(3 * second)
    bench.cluster.kill(running.log)
    const lost = { ...running, member: { partitions: [] } } as unknown as typeof running
    await purge({ log: bench.log }, lost)()
    expect((await Promise.all(bench.tiers.map((topic) => bench.all(topic)))).flat()).toHaveLength(1)
    await purge({ log: bench.log }, running)() // as it was held
    expect((await Promise.all(bench.tiers.map((topic) => bench.all(topic)))).flat()).toHaveLength(0)
  })
})
