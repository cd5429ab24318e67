// A group's coordinator that goes away, or says that it is another one.
import type { Cluster } from 'kafkajs'
import { describe, expect, it, vi } from 'vitest'
import { type Coordinator, GroupCoordinator } from '../../../kafka/kafkajs/coordinator.ts'

const failure = (type?: string) => Object.assign(new Error(type ?? 'Closed connection'), type ? { type } : {})

function broker() {
  const state = { isConnected: true, fails: undefined as Error | undefined, beats: 0, left: 0 }
  const answer = async (count: () => void) => {
    if (state.fails) throw state.fails
    count()
  }
  const self = {
    isConnected: () => state.isConnected,
    joinGroup: async () => ({ memberId: 'm', generationId: 3 }),
    heartbeat: () => answer(() => state.beats++),
    leaveGroup: () => answer(() => state.left++),
  } as unknown as Coordinator
  return { state, self }
}

function rig() {
  const [first, second] = [broker(), broker()]
  const found: { now: Coordinator | Promise<Coordinator> } = { now: first.self }
  const cluster = { findGroupCoordinator: vi.fn(async () => found.now) }
  const onAnswer = vi.fn()
  const coordinator = new GroupCoordinator(cluster as unknown as Cluster, 'g', onAnswer)
  const joined = async () =>
    (await (cluster as unknown as Cluster).findGroupCoordinator({ groupId: 'g' })) as Coordinator
  return { first, second, found, coordinator, onAnswer, joined }
}

describe('the coordinator that kafkajs joined at', () => {
  it('tells the generation of a join', async () => {
    const { joined, onAnswer } = rig()
    await (await joined()).joinGroup({})
    expect(onAnswer).toHaveBeenCalledExactlyOnceWith({ memberId: 'm', generationId: 3 })
  })

  it.each([[undefined], ['NOT_COORDINATOR_FOR_GROUP'], ['GROUP_COORDINATOR_NOT_AVAILABLE']])(
    'is beaten no more once it has failed with %s: the present one is',
    async (type) => {
      const { first, second, found, joined } = rig()
      const kept = await joined()
      await kept.heartbeat({})
      found.now = second.self
      first.state.fails = failure(type)
      await kept.heartbeat({})
      await kept.heartbeat({})
      await kept.leaveGroup({})
      expect([first.state.beats, second.state.beats, second.state.left]).toEqual([1, 2, 1])
    },
  )

  it('is not left for what it says of the member', async () => {
    const { first, found, second, joined } = rig()
    const kept = await joined()
    found.now = second.self
    first.state.fails = failure('UNKNOWN_MEMBER_ID')
    await expect(kept.heartbeat({})).rejects.toMatchObject({ type: 'UNKNOWN_MEMBER_ID' })
    expect(second.state.beats).toBe(0)
  })

  it('is looked for before it is asked where its connection is lost', async () => {
    const { first, found, second, joined, coordinator } = rig()
    await joined()
    found.now = second.self
    first.state.isConnected = false
    await coordinator.ask((present) => present.heartbeat({}))
    expect([first.state.beats, second.state.beats]).toEqual([0, 1])
  })

  it('fails retriably where nobody can be found, whatever kafkajs calls that', async () => {
    const { first, found, joined } = rig()
    const kept = await joined()
    first.state.isConnected = false
    found.now = Promise.reject(Object.assign(new Error('refused'), { retriable: false }))
    await expect(kept.heartbeat({})).rejects.toMatchObject({ code: 'log-unavailable', retriable: true })
  })
})
