// A group that another client still has members in: it is waited for, not fought over.
import { describe, expect, test, vi } from 'vitest'
import { groupPositions } from '../../../consumers/positions.ts'
import type { Log, Membership } from '../../../kafka/log.ts'
import { manualClock } from '../../../testing/manualClock.ts'
import { testContext } from '../../../testing/testContext.ts'
import { append, cluster, done, join, stranger, strangersAssigner, text } from './memberBench.ts'

const assigner = strangersAssigner('range')

/** A member of another client. */
const foreignMember = (log: Log): Promise<Membership> => stranger(log, assigner)

const isFree = async (log: Log): Promise<void> => {
  const probe = log.membership({
    group: 'group',
    topics: ['work'],
    assigner: { ...assigner, name: 'errand' },
    onJoined: () => undefined,
    onRebalancing: () => undefined,
    onRecords: () => undefined,
    onFailed: () => undefined,
  })
  await probe.start()
  await probe.leave()
}

describe('a member of a group with foreign members', () => {
  test('waits, says why at once and every 30 s, and begins when the last of them has left', async () => {
    const { cluster: shared, log } = await cluster(2)
    const clock = manualClock()
    const foreign = await foreignMember(shared.open())
    await append(log, 'work', 0, ['k', 'a'])
    const { log: logger, logged } = testContext()
    const seen: string[] = []
    const member = await join(
      log,
      async (message) => {
        seen.push(text(message))
        return done
      },
      { clock, logger },
    )
    const told = () => logged.filter(({ event }) => event === 'group.occupied')
    expect(member.state).toBe('joining')
    expect(told()).toMatchObject([
      { level: 'warn', fields: { group: 'group', why: expect.stringContaining('stop them all') } },
    ])
    await clock.advance(31_000)
    expect([told().length, member.state, seen]).toEqual([2, 'joining', []])
    await foreign.leave()
    await clock.advance(2_000)
    await vi.waitFor(() => expect(seen).toEqual(['a']))
    expect(member.state).toBe('joined')
    const stopped = member.stop(1_000)
    await clock.advance(10_000)
    await stopped
  })

  test('can be stopped while it waits, and does not come back', async () => {
    const { cluster: shared, log } = await cluster(2)
    const clock = manualClock()
    const foreign = await foreignMember(shared.open())
    const failed = vi.fn<(error: Error) => void>()
    const member = await join(log, async () => done, { clock, onFailed: failed })
    const stopped = member.stop(1_000)
    await clock.advance(60_000)
    await stopped
    await foreign.leave()
    await clock.advance(10_000)
    await isFree(log)
    expect(failed).not.toHaveBeenCalled()
  })

  test('tells of what goes wrong later, as it tells of any membership that ends', async () => {
    const { cluster: shared, log } = await cluster(2)
    const clock = manualClock()
    await foreignMember(shared.open())
    const failed = vi.fn<(error: Error) => void>()
    await join(log, async () => done, { clock, onFailed: failed, log: { ...log, membership: breakingLater(log) } })
    await clock.advance(2_000)
    expect(failed).toHaveBeenCalledWith(expect.objectContaining({ message: 'broken' }))
  })
})

function breakingLater(log: Log): Log['membership'] {
  let made = 0
  return (options) => {
    const start = async () => {
      throw new Error('broken')
    }
    made += 1
    return made === 1 ? log.membership(options) : { ...log.membership(options), start }
  }
}

test('positions that another client committed are taken as they are; what it wrote beside them is told once', async () => {
  const { log } = await cluster(2)
  const { log: logger, logged } = testContext()
  const transaction = await log.transaction('foreign')
  const foreign = [0, 1].map((partition) => ({ topic: 'work', partition, offset: 3n, metadata: '{"theirs":1}' }))
  await transaction.commit('group', [], foreign)
  const positions = groupPositions({ admin: log.admin, group: 'group', log: logger })
  for (let times = 0; times < 2; times += 1)
    expect(await positions.load(foreign)).toEqual(
      new Map([
        ['work/0', { offset: 3n }],
        ['work/1', { offset: 3n }],
      ]),
    )
  expect(logged).toMatchObject([
    { level: 'warn', event: 'metadata.ignored', fields: { group: 'group', partitions: ['work/0', 'work/1'] } },
  ])
})
