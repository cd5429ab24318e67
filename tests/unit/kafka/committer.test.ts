// The fence of commits (I8): what was decided in one generation is never sent under another.
import type { Cluster } from 'kafkajs'
import { describe, expect, it } from 'vitest'
import { Committer } from '../../../kafka/kafkajs/committer.ts'
import { type Coordinator, GroupCoordinator } from '../../../kafka/kafkajs/coordinator.ts'
import { position } from '../../contracts/log.ts'

type Sent = {
  readonly memberId: string
  readonly groupGenerationId: number
  readonly topics: readonly { readonly partitions: readonly { readonly partition: number }[] }[]
}

/** A coordinator that takes down what it is sent, and whose connection is lost until `connect` is called. */
function rig({
  isConnected = true,
  answer = () => Promise.resolve(),
}: {
  isConnected?: boolean
  answer?: () => Promise<void>
} = {}) {
  const sent: Sent[] = []
  const nothing = async () => undefined
  const coordinator = {
    ...{ joinGroup: nothing, heartbeat: nothing, leaveGroup: nothing },
    isConnected: () => isConnected,
    offsetCommit: async (request: Sent) => {
      sent.push(request)
      await answer()
    },
  } as unknown as Coordinator
  const found = Promise.withResolvers<Coordinator>()
  const committer = new Committer('g')
  const cluster = { findGroupCoordinator: () => found.promise }
  committer.coordinator = new GroupCoordinator(cluster as unknown as Cluster, 'g', () => undefined)
  const stamp = (generationId: number) => {
    committer.stamp = { memberId: 'm', generationId }
  }
  if (isConnected) found.resolve(coordinator)
  return { committer, sent, stamp, connect: () => found.resolve(coordinator) }
}

describe('a commit', () => {
  it('carries the generation in which it was asked for, also when it is sent in the next one', async () => {
    const { committer, sent, stamp, connect } = rig({ isConnected: false })
    stamp(1)
    const commit = committer.commit([position('t', 0, 5)])
    stamp(2)
    connect()
    await commit
    expect(sent).toMatchObject([{ memberId: 'm', groupGenerationId: 1 }])
  })

  it('is tried once, whatever went wrong', async () => {
    const answer = () => Promise.reject(Object.assign(new Error('cut'), { name: 'KafkaJSConnectionClosedError' }))
    const { committer, sent, stamp } = rig({ answer })
    stamp(1)
    await expect(committer.commit([position('t', 0, 5)])).rejects.toMatchObject({
      code: 'commit-failed',
      retriable: true,
    })
    expect(sent).toHaveLength(1)
  })

  it('of more metadata than a broker takes at once goes in several requests under one generation, in order', async () => {
    const { committer, sent, stamp } = rig()
    stamp(1)
    const positions = Array.from({ length: 300 }, (_, partition) => position('t', partition, 5, 'x'.repeat(4_096)))
    await committer.commit(positions)
    const partitions = sent.map(({ topics }) => topics.flatMap((topic) => topic.partitions.map((at) => at.partition)))
    expect(partitions.flat()).toEqual(positions.map(({ partition }) => partition))
    expect(Math.max(...partitions.map(({ length }) => length * 4_096))).toBeLessThanOrEqual(524_288)
    expect(new Set(sent.map(({ groupGenerationId }) => groupGenerationId))).toEqual(new Set([1]))
  })

  it.each([
    ['UNKNOWN_MEMBER_ID', 'commit-refused'],
    ['ILLEGAL_GENERATION', 'commit-refused'],
    ['REBALANCE_IN_PROGRESS', 'commit-refused'],
    ['OFFSET_METADATA_TOO_LARGE', 'metadata-too-large'],
    ['NOT_COORDINATOR_FOR_GROUP', 'commit-failed'],
  ])('that is answered with %s rejects with %s', async (type, code) => {
    const { committer, stamp } = rig({ answer: () => Promise.reject(Object.assign(new Error(type), { type })) })
    stamp(1)
    await expect(committer.commit([position('t', 0, 5)])).rejects.toMatchObject({ code })
  })

  it('is refused while there is no assignment', async () => {
    const { committer, sent } = rig()
    await expect(committer.commit([position('t', 0, 5)])).rejects.toMatchObject({ code: 'commit-refused' })
    expect(sent).toEqual([])
  })
})
