import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { Handle } from '../../../consumers/message.ts'
import type { Log } from '../../../kafka/log.ts'
import { manualClock } from '../../../testing/manualClock.ts'
import { testContext } from '../../../testing/testContext.ts'
import { append, cluster, committed, done, join, text, topics } from './memberBench.ts'

/** As many as a rebalance in memory takes, and more. */
const turns = async (): Promise<void> => {
  for (let count = 0; count < 10; count += 1) await turn()
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))

describe('a member, when partitions move', () => {
  test('a second member takes its share, and nothing that the first goes on with runs twice', async () => {
    const { cluster: shared, log } = await cluster(6)
    const runs = new Map<string, number>()
    const handle: Handle = async (message) => {
      runs.set(text(message), (runs.get(text(message)) ?? 0) + 1)
      return done
    }
    for (let partition = 0; partition < 6; partition += 1) await append(log, 'work', partition, ['k', `${partition}/0`])
    const first = await join(log, handle)
    await vi.waitFor(() => expect(runs.size).toBe(6))
    await vi.waitFor(async () => expect((await committed(log)).size).toBe(6))
    const other = shared.open()
    const second = await join(other, handle)
    for (let partition = 0; partition < 6; partition += 1) await append(log, 'work', partition, ['k', `${partition}/1`])
    await vi.waitFor(() => expect(runs.size).toBe(12))
    expect(first.partitions.filter(({ topic }) => topic === 'work')).toHaveLength(3)
    expect(second.partitions.filter(({ topic }) => topic === 'work')).toHaveLength(3)
    await vi.waitFor(async () => expect([...(await committed(log)).values()]).toEqual([2, 2, 2, 2, 2, 2]))
    expect([...runs.values()].every((count) => count === 1)).toBe(true)
    await second.stop(1_000)
    await first.stop(1_000)
    await other.close()
  })

  test('a partition that has moved aborts its runs, and their member commits nothing more for it (I8)', async () => {
    const { cluster: shared, log } = await cluster(2)
    const aborted: string[] = []
    const release = Promise.withResolvers<void>()
    for (let partition = 0; partition < 2; partition += 1) await append(log, 'work', partition, ['k', `${partition}`])
    const first = await join(log, async (message) => {
      message.signal.addEventListener('abort', () => aborted.push(text(message)))
      await release.promise
      return done
    })
    const handled: string[] = []
    const other = shared.open()
    const second = await join(other, async (message) => {
      handled.push(text(message))
      return done
    })
    await vi.waitFor(() => expect(handled).toHaveLength(1))
    expect(aborted).toEqual(handled)
    await append(log, 'work', Number(handled[0]), ['k', 'next'])
    await vi.waitFor(async () => expect((await committed(log)).get(Number(handled[0]))).toBe(2))
    release.resolve()
    await vi.waitFor(async () => expect([...(await committed(log)).values()].sort()).toEqual([1, 2]))
    await second.stop(1_000)
    await first.stop(1_000)
    await other.close()
  })

  test('what a handler has worked on for over 10 s stays with its member when another comes, and is shared when it is done', async () => {
    const { cluster: shared, log } = await cluster(2)
    const clock = manualClock()
    const ends = Promise.withResolvers<void>()
    const aborted: string[] = []
    const runs: string[] = []
    for (let partition = 0; partition < 2; partition += 1) await append(log, 'work', partition, ['k', `${partition}`])
    const handle: Handle = async (message) => {
      runs.push(text(message))
      await ends.promise
      if (message.signal.aborted) aborted.push(text(message))
      return done
    }
    const { log: logger, logged } = testContext()
    const first = await join(log, handle, { clock, logger })
    await vi.waitFor(() => expect(runs).toHaveLength(2))
    await clock.advance(10_001)
    const other = shared.open()
    const second = await join(other, handle, { clock })
    const shares = () =>
      [first, second].map(({ partitions }) => new Set(partitions.map(({ partition }) => partition)).size)
    expect(shares()).toEqual([2, 0])
    await clock.advance(30_000)
    await turns()
    await clock.advance(59_000)
    await turns()
    expect(shares()).toEqual([2, 0]) // asked again in vain after 30 s, and not yet after 60 more
    ends.resolve()
    await vi.waitFor(async () => {
      await clock.advance(250)
      expect((await committed(log)).size).toBe(2)
    })
    await clock.advance(1_000)
    await vi.waitFor(() => expect(shares()).toEqual([1, 1]))
    expect([aborted, runs.length]).toEqual([[], 2])
    const told = logged.filter(({ event }) => event === 'group.uneven')
    expect(told.map(({ fields }) => fields.afterMs)).toEqual([30_000, 60_000])
    const joins = () => logged.filter(({ event }) => event === 'group.joined').length
    const before = joins()
    await clock.advance(3_600_000)
    await turns()
    expect(joins()).toBe(before) // level: nobody asks any more
    const stopped = Promise.all([first.stop(1_000), second.stop(1_000)])
    await clock.advance(10_000)
    await stopped
    await other.close()
  })

  test('an evicted member drops everything it held and starts anew', async () => {
    const { cluster: shared, log } = await cluster(1)
    const seen: string[] = []
    let memberId = ''
    const spying: Log = {
      ...log,
      membership: (options) =>
        log.membership({
          ...options,
          onJoined: (joined) => {
            memberId = joined.memberId
            options.onJoined(joined)
          },
        }),
    }
    await append(log, 'work', 0, ['k', 'one'])
    const member = await join(spying, async (message) => {
      seen.push(text(message))
      return done
    })
    await vi.waitFor(async () => expect((await committed(log)).get(0)).toBe(1))
    const wake = shared.evict(memberId)
    await append(log, 'work', 0, ['k', 'two'])
    wake()
    await vi.waitFor(async () => expect((await committed(log)).get(0)).toBe(2))
    expect(seen).toEqual(['one', 'two'])
    await member.stop(1_000)
  })

  test('a partition that the cluster does not show yet is begun when it does', async () => {
    const { log } = await cluster(2)
    let answers = 0
    const offsets: Log['admin']['offsets'] = async (topic) => {
      answers += 1
      return (await log.admin.offsets(topic)).filter(({ partition }) => partition === 0 || answers > topics.length)
    }
    const seen: string[] = []
    await append(log, 'work', 1, ['k', 'in the new one'])
    const member = await join({ ...log, admin: { ...log.admin, offsets } }, async (message) => {
      seen.push(text(message))
      return done
    })
    await vi.waitFor(() => expect(seen).toEqual(['in the new one']), 5_000)
    await member.stop(1_000)
  })

  test('a client that refuses a call while it is away does not make a done record run again', async () => {
    const { log } = await cluster(1)
    const seen: string[] = []
    let refusals = 1
    const refusing: Log = {
      ...log,
      membership: (options) => {
        const inner = log.membership(options)
        const resume: typeof inner.resume = (partitions) => {
          if (seen.length > 400 && refusals-- > 0) throw new Error('the consumer group is away')
          inner.resume(partitions)
        }
        return new Proxy(inner, {
          get: (_, name: keyof typeof inner) => (name === 'resume' ? resume : inner[name].bind(inner)),
        })
      },
    }
    await append(log, 'work', 0, ...Array.from({ length: 900 }, (_, index) => [`k${index}`, `${index}`] as const))
    const member = await join(refusing, async (message) => {
      seen.push(text(message))
      return done
    })
    await vi.waitFor(() => expect(seen.length).toBeGreaterThanOrEqual(900), 5_000)
    expect(new Set(seen).size).toBe(seen.length)
    await member.stop(1_000)
  })

  test('a source whose retry topic is lost goes on from its commit: all that shares a lane is lost with it', async () => {
    const { log } = await cluster(1)
    for (const name of ['a', 'b', 'c']) await append(log, 'work', 0, [name, name])
    let loseRetry: () => void = () => undefined
    const watched: Log = {
      ...log,
      membership: (options) =>
        log.membership({
          ...options,
          onJoined: ({ memberId, assignment }) => {
            loseRetry = () => options.onJoined({ memberId, assignment: new Map([['work', [0]]]) })
            options.onJoined({ memberId, assignment })
          },
        }),
    }
    const runs: string[] = []
    const release = Promise.withResolvers<void>()
    const member = await join(
      watched,
      async (message) => {
        runs.push(text(message))
        if (!message.signal.aborted) await Promise.race([release.promise, aborted(message.signal)])
        return message.signal.aborted ? { kind: 'again', afterMs: 0, counted: false } : done
      },
      { concurrency: 1 },
    )
    await vi.waitFor(() => expect(runs).toEqual(['a']))
    loseRetry()
    release.resolve()
    await vi.waitFor(async () => expect((await committed(log)).get(0)).toBe(3))
    expect(runs).toEqual(['a', 'a', 'b', 'c'])
    await member.stop(1_000)
  })

  test('a partition that is taken up anew takes all along that shares its lane', async () => {
    const { log } = await cluster(1)
    const runs: string[] = []
    const member = await join(log, async (message) => {
      runs.push(text(message))
      return done
    })
    onTestFinished(() => member.stop(1_000))
    await append(log, 'work', 0, ['a', 'a'])
    await vi.waitFor(async () => expect((await committed(log)).get(0)).toBe(1))
    member.reload(member.partitions.find(({ topic }) => topic === 'work')!)
    expect(member.partitions.map(({ topic }) => topic).toSorted()).toEqual(['work', 'work.retry'])
    await append(log, 'work.retry', 0, ['b', 'b'])
    await append(log, 'work', 0, ['c', 'c'])
    await vi.waitFor(() => expect(runs.toSorted()).toEqual(['a', 'b', 'c']))
  })
})
