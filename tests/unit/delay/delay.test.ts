import { describe, expect, onTestFinished, test } from 'vitest'
import { readWaiting } from '../../../kafka/journey.ts'
import type { Log, LogRecord } from '../../../kafka/log.ts'
import { refused, transactionFailed } from '../../../kafka/logErrors.ts'
import { tiers } from '../../../kafka/tiers.ts'
import { delayBench, slowLine, startMs } from './delayBench.ts'

const second = 1_000

describe('delay', () => {
  test('releases two thousand records of 1 to 30 s, each once, at its partition, and none early', async () => {
    const bench = await delayBench()
    await bench.process()
    const puts = Array.from({ length: 2_000 }, (_, index) => ({
      value: String(index),
      waiting: {
        dueMs: startMs + 1_000 + ((index * 7_919) % 29_001),
        to: { topic: bench.retry, partition: index % 3 },
      },
    }))
    await bench.put(puts)
    await bench.pass(32 * second, 250)
    const released = await bench.all(bench.retry)
    expect(released.map(({ value }) => Number(String(value))).sort((a, b) => a - b)).toEqual(
      puts.map((_, index) => index),
    )
    expect(released.filter(({ value, partition }) => partition !== Number(String(value)) % 3)).toEqual([])
    const lates = released.map(({ value, timestampMs }) => timestampMs - puts[Number(String(value))]!.waiting.dueMs)
    expect(Math.min(...lates)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...lates)).toBeLessThan(250)
    expect(released.map(readWaiting)).not.toContainEqual(expect.anything())
    expect(await bench.all(bench.dead)).toEqual([])
  })

  test.each(['drains', 'is killed'] as const)('forks nothing where its process %s in the middle', async (how) => {
    const bench = await delayBench()
    let process = await bench.process()
    const puts = Array.from({ length: 1_000 }, (_, index) => ({
      value: String(index),
      waiting: { dueMs: startMs + 1_000 + ((index * 613) % 9_001), to: { topic: bench.retry, partition: index % 3 } },
    }))
    await bench.put(puts)
    for (let round = 0; round < 8; round += 1) {
      await bench.pass(1_250, 50)
      if (how === 'is killed') bench.cluster.kill(process.log)
      else {
        const stopped = process.member.stop(1_000)
        await bench.pass(200)
        await stopped
      }
      process = await bench.process()
    }
    await bench.pass(3 * second)
    const released = await bench.all(bench.retry)
    expect(released.map(({ value }) => Number(String(value))).sort((a, b) => a - b)).toEqual(
      puts.map((_, index) => index),
    )
    const early = ({ value, timestampMs }: LogRecord): boolean =>
      timestampMs < puts[Number(String(value))]!.waiting.dueMs
    expect(released.filter(early)).toEqual([])
  })

  test('dead-letters what does not say where to, or must not go there, and holds up nobody', async () => {
    const bench = await delayBench()
    await bench.process()
    const to = { topic: bench.retry, partition: 0 }
    const dueMs = startMs + second
    await bench.put([
      { value: 'says nothing', tier: tiers[0]! },
      { value: 'to requests', waiting: { dueMs, to: { topic: 'delayed.requests.wait', partition: 0 } } },
      { value: 'to delay', waiting: { dueMs, to: { topic: bench.catalogue.delay(tiers[0]!), partition: 0 } } },
      { value: 'to others', waiting: { dueMs, to: { topic: 'theirs.retry', partition: 0 } } },
      { value: 'to nowhere', waiting: { dueMs, to: { topic: 'delayed.workers.gone.retry', partition: 0 } } },
      { value: 'to no partition', waiting: { dueMs, to: { ...to, partition: 3 } } },
      { value: 'for ages', waiting: { dueMs: 999_999_999_999_999, to } },
      { value: 'good', waiting: { dueMs, to } },
    ])
    await bench.pass(2 * second)
    expect((await bench.all(bench.retry)).map(({ value }) => String(value))).toEqual(['good'])
    const letters = await bench.all(bench.dead)
    expect(
      letters.map(({ value, headers }) => [String(value), String(headers.get('errand-dead-code'))]).sort(),
    ).toEqual([
      ['for ages', 'not-forwardable'],
      ['says nothing', 'not-forwardable'],
      ['to delay', 'not-forwardable'],
      ['to no partition', 'unknown-topic'],
      ['to nowhere', 'unknown-topic'],
      ['to others', 'not-forwardable'],
      ['to requests', 'not-forwardable'],
    ])
  })

  test('holds as much of forty thousand that wait as of ten thousand', async () => {
    const bench = await delayBench()
    const { member } = await bench.process()
    const to = { topic: bench.retry, partition: 0 }
    for (let hour = 0; hour < 4; hour += 1)
      await bench.put(
        Array.from({ length: 10_000 }, (_, index) => ({
          value: String(index),
          waiting: { dueMs: startMs + 3_600_000 + index, to },
        })),
      )
    await bench.pass(second)
    const inHand = member.partitions.flatMap(({ inHand: all }) => [...all])
    expect(inHand.length).toBeGreaterThanOrEqual(10_000)
    expect(inHand.length).toBeLessThan(12_000)
    expect(inHand.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(5 * 1_048_576)
  })

  test('holds a bounded window of what waits, and takes the rest as that becomes due', async () => {
    const bench = await delayBench()
    const { member } = await bench.process()
    const puts = Array.from({ length: 13_000 }, (_, index) => ({
      value: String(index),
      waiting: { dueMs: startMs + 61_000 + Math.floor(index / 10), to: { topic: bench.retry, partition: index % 3 } },
    }))
    await bench.put(puts)
    const inHand = () => member.partitions.map(({ inHand: all }) => [...all].length).reduce((sum, count) => sum + count)
    expect(inHand()).toBeLessThan(12_000) // a window, and what a fetch brings beyond it
    await bench.pass(64 * second, 500)
    expect(inHand()).toBe(0)
    const released = await bench.all(bench.retry)
    expect(new Set(released.map(({ value }) => String(value))).size).toBe(13_000)
    expect(released).toHaveLength(13_000)
  })

  test('moves the position of a tier in which nothing is due, also after that has failed', async () => {
    const bench = await delayBench()
    const failing = bench.cluster.open({ line: slowLine(bench.clock) })
    onTestFinished(() => failing.close())
    const idle = bench.tiers.at(-1)!
    let failures = 0
    const transaction: Log['transaction'] = async (id) => {
      const writer = await failing.transaction(id)
      return {
        ...writer,
        commit: async (group, appends, positions) => {
          if (positions[0]!.topic !== idle || failures > 0) return writer.commit(group, appends, positions)
          failures += 1
          await writer.close()
          throw transactionFailed(id, new Error('no answer'))
        },
      }
    }
    const { group } = await bench.process({ log: { ...failing, transaction } })
    await bench.pass(30 * second)
    expect(failures).toBe(1)
    expect(await bench.log.admin.committed(group.id, [idle])).toMatchObject([{ offset: 0n }])
  })

  test('goes on with all tiers but one whose transactional id cannot be opened', async () => {
    const bench = await delayBench()
    const own = bench.cluster.open({ line: slowLine(bench.clock) })
    onTestFinished(() => own.close())
    let isRefused = true
    const transaction: Log['transaction'] = async (id) => {
      if (isRefused && id.includes(bench.tiers.at(-1)!)) throw refused('no right')
      return own.transaction(id)
    }
    await bench.process({ log: { ...own, transaction } })
    const waiting = { dueMs: startMs + 3 * second, to: { topic: bench.retry, partition: 0 } }
    await bench.put([
      { value: 'a', waiting },
      { value: 'b', waiting, tier: tiers.at(-1)! },
    ])
    await bench.pass(10 * second)
    expect((await bench.all(bench.retry)).map(({ value }) => String(value))).toEqual(['a'])
    isRefused = false
    await bench.pass(40 * second)
    expect((await bench.all(bench.retry)).map(({ value }) => String(value))).toEqual(['a', 'b'])
  })
})
