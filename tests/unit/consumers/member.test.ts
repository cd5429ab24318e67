import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { type Handle, Member, type MemberOptions } from '../../../consumers/member.ts'
import { groupPositions } from '../../../consumers/positions.ts'
import type { Log } from '../../../kafka/log.ts'
import { type MemoryCluster, memoryCluster } from '../../../kafka/memory/log.ts'
import { systemClock } from '../../../process/clock.ts'
import { silentLog } from '../../../process/log.ts'

const topics = ['work', 'work.retry']

async function cluster(partitions = 4): Promise<{ readonly cluster: MemoryCluster; readonly log: Log }> {
  const shared = memoryCluster({ clock: systemClock })
  const log = shared.open()
  await log.admin.create(topics.map((name) => ({ name, partitions, replicas: 1, config: {} })))
  onTestFinished(() => log.close())
  return { cluster: shared, log }
}

async function append(
  log: Log,
  topic: string,
  partition: number,
  ...records: readonly (readonly [key: string | null, value: string])[]
): Promise<void> {
  const writer = await log.writer()
  await writer.append(
    { topic, partition },
    records.map(([key, value]) => ({
      key: key === null ? null : Buffer.from(key),
      value: Buffer.from(value),
      headers: new Map(),
    })),
  )
  await writer.close()
}

async function join(log: Log, handle: Handle, options: Partial<MemberOptions> = {}): Promise<Member> {
  const member = new Member({
    group: 'group',
    topics,
    start: () => 'earliest',
    positions: groupPositions({ admin: log.admin, group: 'group', log: silentLog }),
    handle,
    log,
    logger: silentLog,
    clock: systemClock,
    onFailed: (error) => {
      throw error
    },
    ...options,
  })
  await member.start()
  return member
}

const committed = async (log: Log, topic = 'work'): Promise<ReadonlyMap<number, number>> =>
  new Map((await log.admin.committed('group', [topic])).map(({ partition, offset }) => [partition, Number(offset)]))

const done = { kind: 'done' } as const
const text = (message: Parameters<Handle>[0]): string => message.record.value!.toString()

describe('a member', () => {
  test('commits only what it and everything before it is done (I1), and goes on there after a restart', async () => {
    const { log } = await cluster()
    await append(log, 'work', 0, ['a', '0'], ['b', '1'], ['c', '2'])
    const slow = Promise.withResolvers<void>()
    const first = await join(log, async (message) => {
      if (text(message) === '1') await slow.promise
      return done
    })
    await vi.waitFor(async () => expect((await committed(log)).get(0)).toBe(1))
    slow.resolve()
    await vi.waitFor(async () => expect((await committed(log)).get(0)).toBe(3))
    await first.stop(1_000)
    const seen: string[] = []
    await append(log, 'work', 0, ['a', '3'])
    const second = await join(log, async (message) => {
      seen.push(text(message))
      return done
    })
    await vi.waitFor(() => expect(seen).toEqual(['3']))
    await second.stop(1_000)
  })

  test('a slow record holds its key and nothing else, over source and retry topic alike (I3)', async () => {
    const { log } = await cluster()
    const slow = Promise.withResolvers<void>()
    const started: string[] = []
    await append(log, 'work', 1, ['a', 'slow'], ['b', 'other'])
    const member = await join(log, async (message) => {
      started.push(text(message))
      if (text(message) === 'slow') await slow.promise
      return done
    })
    await vi.waitFor(() => expect(started).toEqual(['slow', 'other']))
    await append(log, 'work.retry', 1, ['a', 'behind'], ['c', 'free'])
    await vi.waitFor(() => expect(started).toContain('free'))
    expect(started).not.toContain('behind')
    slow.resolve()
    await vi.waitFor(() => expect(started).toContain('behind'))
    await member.stop(1_000)
  })

  test('what is to be tried again comes again as the next attempt, if it counted', async () => {
    const { log } = await cluster()
    const attempts: number[] = []
    await append(log, 'work', 0, ['a', 'x'])
    const member = await join(log, async ({ attempt }) => {
      attempts.push(attempt)
      return attempts.length < 4 ? { kind: 'again', afterMs: 1, counted: attempts.length !== 2 } : done
    })
    await vi.waitFor(async () => expect((await committed(log)).get(0)).toBe(1))
    expect(attempts).toEqual([1, 2, 2, 3])
    await member.stop(1_000)
  })

  test('a handler that breaks its promise and rejects loses nothing', async () => {
    const { log } = await cluster()
    let tries = 0
    await append(log, 'work', 0, ['a', 'x'])
    const member = await join(log, async () => {
      tries += 1
      if (tries < 2) throw new Error('a fault of ours')
      return done
    })
    await vi.waitFor(async () => expect((await committed(log)).get(0)).toBe(1), 10_000)
    await member.stop(1_000)
  })

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
    expect(first.positions().filter(({ topic }) => topic === 'work')).toHaveLength(3)
    expect(second.positions().filter(({ topic }) => topic === 'work')).toHaveLength(3)
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

  test('stopping finishes what is in flight, takes nothing new, commits and leaves (I7)', async () => {
    const { log } = await cluster(1)
    const release = Promise.withResolvers<void>()
    const started: string[] = []
    await append(log, 'work', 0, ['a', 'in flight'], ['a', 'behind it'])
    const member = await join(log, async (message) => {
      started.push(text(message))
      await release.promise
      return done
    })
    await vi.waitFor(() => expect(started).toEqual(['in flight']))
    const stopped = member.stop(5_000)
    release.resolve()
    await stopped
    expect(started).toEqual(['in flight'])
    expect((await committed(log)).get(0)).toBe(1)
  })

  test('a handler that does not finish within the grace period is aborted, and its record is handled elsewhere', async () => {
    const { log } = await cluster(1)
    await append(log, 'work', 0, ['a', 'x'])
    const running = Promise.withResolvers<void>()
    const member = await join(log, async ({ signal }) => {
      running.resolve()
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      return { kind: 'again', afterMs: 0, counted: false }
    })
    await running.promise
    await member.stop(20)
    expect((await committed(log)).get(0) ?? 0).toBe(0)
    const seen: string[] = []
    const next = await join(log, async (message) => {
      seen.push(text(message))
      return done
    })
    await vi.waitFor(() => expect(seen).toEqual(['x']))
    await next.stop(1_000)
  })

  test('a new group that starts at the latest sees only what comes after it, also after it has restarted', async () => {
    const { log } = await cluster(1)
    await append(log, 'work', 0, ['a', 'before'])
    const seen: string[] = []
    const handle: Handle = async (message) => {
      seen.push(text(message))
      return done
    }
    const first = await join(log, handle, { start: () => 'latest' })
    await vi.waitFor(async () => expect((await committed(log)).get(0)).toBe(1))
    await first.stop(1_000)
    await append(log, 'work', 0, ['a', 'meanwhile'])
    const second = await join(log, handle, { start: () => 'latest' })
    await vi.waitFor(() => expect(seen).toEqual(['meanwhile']))
    await second.stop(1_000)
  })

  test('a full window takes nothing more until it is half empty, and nothing is left out', async () => {
    const { log } = await cluster(1)
    const gate = Promise.withResolvers<void>()
    let seen = 0
    await append(log, 'work', 0, ...Array.from({ length: 3_000 }, (_, index) => [`key${index}`, 'x'] as const))
    const member = await join(log, async () => {
      await gate.promise
      seen += 1
      return done
    })
    await vi.waitFor(() => expect(member.positions()).not.toEqual([]))
    gate.resolve()
    await vi.waitFor(async () => expect((await committed(log)).get(0)).toBe(3_000), 10_000)
    expect(seen).toBe(3_000)
    await member.stop(1_000)
  })
})
