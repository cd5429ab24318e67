import { describe, expect, test, vi } from 'vitest'
import { defaultRetry } from '../../../app/retry.ts'
import { nothingBeyond, readCommitMetadata } from '../../../consumers/commitMetadata.ts'
import type { Handle } from '../../../consumers/message.ts'
import type { Log } from '../../../kafka/log.ts'
import { append, cluster, committed, done, join, text } from './memberBench.ts'

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

  test('what was done beyond its position is not done again, and attempts go on counting, after a crash', async () => {
    const { log, cluster: shared } = await cluster(1)
    await append(log, 'work', 0, ['a', 'fails'], ['b', '1'], ['c', 'slow'], ['d', '3'])
    const crashing = shared.open()
    await join(crashing, async (message) => {
      if (text(message) === 'slow') await new Promise(() => undefined)
      return text(message) === 'fails' ? { kind: 'again', afterMs: 20, counted: true } : done
    })
    const beyond = async () => {
      const [position] = await log.admin.committed('group', ['work'])
      return position && readCommitMetadata(position.offset, position.metadata)
    }
    await vi.waitFor(async () => {
      const { done: finished, retried } = (await beyond()) ?? nothingBeyond
      expect(finished).toEqual([
        { from: 1n, to: 2n },
        { from: 3n, to: 4n },
      ])
      expect(retried[0]?.attempts).toBeGreaterThan(2)
    })
    await crashing.close()
    const seen: (readonly [string, number])[] = []
    const retry = { ...defaultRetry, maxWaitMs: 200 }
    const second = await join(
      log,
      async (message) => {
        seen.push([text(message), message.attempt])
        return done
      },
      { retry },
    )
    await vi.waitFor(async () => expect((await committed(log)).get(0)).toBe(4), 15_000) // the failed one waits first
    expect(seen.map(([value]) => value)).toEqual(['slow', 'fails'])
    expect(seen[1]![1]).toBeGreaterThan(3)
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

  test.each([
    ['records', 3_000, { value: 'x', headers: 0 }],
    ['bytes, of headers too', 1_500, { value: 'x', headers: 8_000 }],
  ])(
    'a window full of %s takes nothing more until it is half empty, and nothing is left out',
    async (_, count, { value, headers }) => {
      const { log } = await cluster(1)
      const gate = Promise.withResolvers<void>()
      const writer = await log.writer()
      for (let index = 0; index < count; index += 1) {
        const record = { key: null, value: Buffer.from(value), headers: new Map([['h', [Buffer.alloc(headers)]]]) }
        await writer.append({ topic: 'work', partition: 0 }, [record])
      }
      await writer.close()
      let [handed, seen, paused] = [0, 0, false]
      const watching: Log = {
        ...log,
        membership: (options) => {
          const inner = log.membership({
            ...options,
            onRecords: (batch) => {
              handed += batch.records.length
              options.onRecords(batch)
            },
          })
          const pause: typeof inner.pause = (partitions) => {
            paused ||= handed > 0
            inner.pause(partitions)
          }
          return new Proxy(inner, {
            get: (_target, name: keyof typeof inner) => (name === 'pause' ? pause : inner[name].bind(inner)),
          })
        },
      }
      const member = await join(watching, async () => {
        await gate.promise
        seen += 1
        return done
      })
      await vi.waitFor(() => expect(paused).toBe(true))
      expect(handed).toBeLessThan(count)
      gate.resolve()
      await vi.waitFor(async () => expect((await committed(log)).get(0)).toBe(count), 10_000)
      expect(seen).toBe(count)
      await member.stop(1_000)
    },
  )
})
