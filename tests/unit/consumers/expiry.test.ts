// A group in which a process of this machine has died: who is started again lets it expire before it joins.
import { spawnSync } from 'node:child_process'
import { hostname } from 'node:os'
import { describe, expect, test, vi } from 'vitest'
import type { Log, Membership } from '../../../kafka/log.ts'
import { hasDied, memberClientId } from '../../../kafka/memberClient.ts'
import { manualClock } from '../../../testing/manualClock.ts'
import { testContext } from '../../../testing/testContext.ts'
import { append, cluster, done, join, stranger, strangersAssigner, text } from './memberBench.ts'

const here = hostname()
const nonce = 'abc123'
const deadPid = (): number => spawnSync(process.execPath, ['--version']).pid
const deadClient = (): string => memberClientId('errand-workers', { host: here, pid: deadPid(), nonce })

/** Beside whom ours may join. */
const memberOf = (log: Log): Promise<Membership> => stranger(log, strangersAssigner('errand'))

describe('a member whose machine has left a dead one in the group', () => {
  test('waits until that has expired, says why once, and then joins', async () => {
    const { cluster: shared, log } = await cluster(2)
    const clock = manualClock()
    const dead = await memberOf(shared.open({ memberClient: deadClient() }))
    await append(log, 'work', 0, ['k', 'a'])
    const { log: logger, logged } = testContext()
    const seen: string[] = []
    const handle: Parameters<typeof join>[1] = async (message) => {
      seen.push(text(message))
      return done
    }
    const member = await join(log, handle, { clock, logger })
    await clock.advance(8_000)
    expect([member.state, await log.admin.members('group')]).toEqual(['joining', [expect.stringContaining(nonce)]])
    await dead.leave() // as the broker lets it go
    await clock.advance(1_000)
    await vi.waitFor(() => expect(seen).toEqual(['a']))
    expect(member.state).toBe('joined')
    expect(logged.filter(({ event }) => event === 'group.awaited')).toMatchObject([{ level: 'info' }])
    const stopped = member.stop(1_000)
    await clock.advance(10_000)
    await stopped
  })

  test('waits a session timeout and a second at most', async () => {
    const { cluster: shared, log } = await cluster(2)
    const clock = manualClock()
    await memberOf(shared.open({ memberClient: deadClient() }))
    const member = await join(log, async () => done, { clock })
    await clock.advance(10_900)
    expect(member.state).toBe('joining')
    await clock.advance(600)
    await vi.waitFor(() => expect(member.state).toBe('joined'))
    const stopped = member.stop(1_000)
    await clock.advance(10_000)
    await stopped
  })

  test('can be stopped while it waits, and never joins then', async () => {
    const { cluster: shared, log } = await cluster(2)
    const clock = manualClock()
    await memberOf(shared.open({ memberClient: deadClient() }))
    const failed = vi.fn<(error: Error) => void>()
    const member = await join(log, async () => done, { clock, onFailed: failed })
    const stopped = member.stop(1_000)
    await clock.advance(60_000)
    await stopped
    expect(await log.admin.members('group')).toHaveLength(1)
    expect(failed).not.toHaveBeenCalled()
  })

  test.each<[string, () => Promise<never>]>([
    ['is refused', () => Promise.reject(new Error('no right to describe it'))],
    ['gets no answer', () => new Promise(() => undefined)],
  ])('joins where its question %s', async (_, members) => {
    const { cluster: shared, log } = await cluster(2)
    const clock = manualClock()
    await memberOf(shared.open({ memberClient: deadClient() }))
    const joining = join({ ...log, admin: { ...log.admin, members } }, async () => done, { clock })
    await clock.advance(2_000)
    const member = await joining
    expect(member.state).toBe('joined')
    const stopped = member.stop(1_000)
    await clock.advance(10_000)
    await stopped
  })
})

test('a process is known to have died by its number on this machine, or by another of this one’s number before it', () => {
  const alive = process.ppid
  const all = {
    [deadClient()]: true,
    [memberClientId('errand-all', { host: here, pid: process.pid, nonce })]: true, // a container that was started again
    [memberClientId('errand-all')]: false, // this very process
    [memberClientId('errand-all', { host: here, pid: alive, nonce })]: false,
    [memberClientId('errand-all', { host: `not-${here}`, pid: deadPid(), nonce })]: false,
    [`errand-workers@${here}:0.${nonce}`]: false,
    rdkafka: false,
    '': false,
  }
  expect(Object.fromEntries(Object.keys(all).map((clientId) => [clientId, hasDied(clientId)]))).toEqual(all)
})
