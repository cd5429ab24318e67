import { describe, expect, test, vi } from 'vitest'
import { nothingBeyond, readCommitMetadata } from '../../../consumers/commitMetadata.ts'
import { Turn } from '../../../consumers/turn.ts'
import type { Log } from '../../../kafka/log.ts'
import { append, cluster, committed, done, join, text } from './memberBench.ts'

/** Starts one process after the other until what was asked for is committed: a handler that is given a killer ends its process. */
async function supervised(
  log: Log,
  open: () => Log,
  { ends, takesMs = 0 }: { readonly ends: readonly number[]; readonly takesMs?: number },
) {
  const [handled, givenUp, together] = [new Set<string>(), [] as string[], [] as string[]]
  const isDone = async () => {
    const at = await committed(log)
    return ends.every((end, partition) => at.get(partition) === end)
  }
  for (let deaths = 0; ; deaths++) {
    const own = open()
    const died = Promise.withResolvers<'died'>()
    let dead = false
    const running = new Set<string>()
    const member = await join(
      own,
      async (message) => {
        const name = text(message)
        if (dead) return new Promise(() => undefined)
        if (message.killedItsProcess) {
          givenUp.push(name)
          return done
        }
        running.add(name)
        if (name.startsWith('kills')) {
          dead = true
          together.push([...running].sort().join(' '))
          await own.close()
          died.resolve('died')
          return new Promise(() => undefined)
        }
        if (takesMs > 0) await new Promise((resolve) => setTimeout(resolve, takesMs))
        if (dead) return new Promise(() => undefined)
        running.delete(name)
        handled.add(name)
        return done
      },
      { suspects: new Turn() },
    )
    const ended = await Promise.race([died.promise, vi.waitFor(async () => expect(await isDone()).toBe(true), 5_000)])
    if (ended === 'died') continue
    await member.stop(1_000)
    await own.close()
    return { deaths, handled, givenUp, together }
  }
}

describe('a record that kills its process', () => {
  test('is given up when it was alone at two ends; all others are done', async () => {
    const { log, cluster: shared } = await cluster(1)
    await append(log, 'work', 0, ['a', '0'], ['b', 'kills'], ['c', '2'], ['a', '3'], ['b', '4'])
    const { deaths, handled, givenUp, together } = await supervised(log, () => shared.open(), { ends: [5] })
    expect({ deaths, givenUp, handled: [...handled].sort() }).toEqual({
      deaths: 4,
      givenUp: ['kills'],
      handled: ['0', '2', '3', '4'],
    })
    expect(together.slice(2)).toEqual(['kills', 'kills'])
  })

  test('takes no slow record along that is always under way when it does, in its partition or another', async () => {
    const { log, cluster: shared } = await cluster(3)
    await append(log, 'work', 0, ['a', 'slow 0'], ['b', 'kills'], ['c', '2'])
    await append(log, 'work', 1, ['d', 'slow 1'], ['e', '4'])
    await append(log, 'work', 2, ['f', 'slow 2'])
    const { handled, givenUp } = await supervised(log, () => shared.open(), { ends: [3, 2, 1], takesMs: 100 })
    expect(givenUp).toEqual(['kills'])
    expect(handled).toEqual(new Set(['slow 0', '2', 'slow 1', '4', 'slow 2']))
  })

  test('is not the only one of its kind: two in different partitions are both given up, and nothing else', async () => {
    const { log, cluster: shared } = await cluster(2)
    await append(log, 'work', 0, ['a', 'kills 0'], ['b', '1'])
    await append(log, 'work', 1, ['c', '2'], ['d', 'kills 1'])
    const { handled, givenUp } = await supervised(log, () => shared.open(), { ends: [2, 2] })
    expect(givenUp.sort()).toEqual(['kills 0', 'kills 1'])
    expect(handled).toEqual(new Set(['1', '2']))
  })
})

test('a partition is said to be held before its first record runs, and released when its member has stopped', async () => {
  const { log } = await cluster(1)
  await append(log, 'work', 0, ['a', '0'])
  const custody = async () => {
    const [at] = await log.admin.committed('group', ['work'])
    return at && (readCommitMetadata(at.offset, at.metadata) ?? nothingBeyond).custody
  }
  const seen: unknown[] = []
  const member = await join(
    log,
    async () => {
      seen.push(await custody())
      return done
    },
    { suspects: new Turn() },
  )
  await vi.waitFor(() => expect(seen).toHaveLength(1))
  expect(seen).toEqual([{ released: false, unclean: 0, process: expect.any(Number) }])
  await member.stop(1_000)
  expect(await custody()).toBeUndefined()
})
