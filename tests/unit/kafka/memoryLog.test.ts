// The memory adapter: the log's contract, and what its controls do.
import { describe, expect, it, vi } from 'vitest'
import { memoryCluster } from '../../../kafka/memory/log.ts'
import { systemClock } from '../../../process/clock.ts'
import { append, freshGroup, logContract, position, records } from '../../contracts/log.ts'
import { all } from '../../contracts/logAppending.ts'
import { testMember } from '../../contracts/logMember.ts'

const shared = memoryCluster({ clock: systemClock })
logContract('memory', () => shared.open())

describe('the controls of the memory cluster', () => {
  const fresh = async (partitions = 2) => {
    const cluster = memoryCluster({ clock: { ...systemClock, now: () => 42 } })
    const [log, other] = [cluster.open(), cluster.open()]
    await log.admin.create([{ name: 't', partitions, replicas: 1, config: {} }])
    return { cluster, log, other }
  }

  it('an evicted member gets nothing more and may not commit; the others take over; awake, it has a new id', async () => {
    const { cluster, log, other } = await fresh()
    const group = freshGroup()
    const [one, two] = [testMember(log, group, ['t']), testMember(other, group, ['t'])]
    await Promise.all([one.membership.start(), two.membership.start()])
    const [mine = 0] = one.owned('t')
    const wake = cluster.evict(one.joins[0]!.memberId)
    const late = one.membership.commit([position('t', mine, 5)])
    await expect(late).rejects.toMatchObject({ code: 'commit-refused' })
    await vi.waitFor(() => expect(two.owned('t')).toEqual([0, 1]))
    await append(log, 't', mine, 'x')
    await vi.waitFor(() => expect(two.values()).toEqual(['x']))
    expect(one.values()).toEqual([])
    wake()
    await vi.waitFor(() => expect(one.joins).toHaveLength(2))
    expect(one.joins[1]?.memberId).not.toBe(one.joins[0]?.memberId)
    expect(await log.admin.committed(group, ['t'])).toEqual([])
    await Promise.all([one.membership.leave(), two.membership.leave()])
  })

  it('an append fails as asked: refused it is not in the log, unanswered it is', async () => {
    const { cluster, log } = await fresh()
    for (const [fault, left] of [
      ['refused', 0],
      ['unanswered', 1],
    ] as const) {
      cluster.failAppends(() => fault)
      const writer = await log.writer()
      const failing = writer.append({ topic: 't', partition: 0 }, records('x'))
      await expect(failing).rejects.toMatchObject({ code: 'not-acknowledged', retriable: true })
      cluster.failAppends()
      expect(await all(log, 't')).toHaveLength(left)
    }
  })

  it('records carry the clock’s time, and are copies: changing the bytes that were given changes nothing', async () => {
    const { log } = await fresh()
    const value = Buffer.from('abc')
    const writer = await log.writer()
    await writer.append({ topic: 't', partition: 0 }, [{ key: null, value, headers: new Map() }])
    value[0] = 0
    expect(await all(log, 't')).toMatchObject([{ timestampMs: 42, value: Buffer.from('abc') }])
  })

  it('a position beyond the end is no position: the member begins at the oldest record', async () => {
    const { log } = await fresh(1)
    const group = freshGroup()
    await append(log, 't', 0, 'x')
    const one = testMember(log, group, ['t'])
    await one.membership.start()
    await one.membership.commit([position('t', 0, 99)])
    await one.membership.leave()
    const two = testMember(log, group, ['t'])
    await two.membership.start()
    await vi.waitFor(() => expect(two.values()).toEqual(['x']))
    await two.membership.leave()
  })
})
