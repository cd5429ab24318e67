// The owner of a transactional id, behind the part of kafkajs' cluster that it uses: brokers that refuse as they are told.
import { setImmediate as turn } from 'node:timers/promises'
import type { Cluster } from 'kafkajs'
import { describe, expect, it } from 'vitest'
import { TransactionalProducer } from '../../../kafka/kafkajs/transactionalProducer.ts'
import type { NewRecord, TopicPartition } from '../../../kafka/log.ts'
import { FailedAppend } from '../../../kafka/logErrors.ts'
import { systemClock } from '../../../process/clock.ts'
import { readProduce } from './simulatedCluster.ts'

const refusal = (type: string, retriable = false) => Object.assign(new Error(type), { type, retriable })
const unreachable = () => Object.assign(new Error('connect ECONNREFUSED'), { name: 'KafkaJSConnectionError' })
const records = (count = 1): NewRecord[] =>
  Array.from({ length: count }, () => ({ key: null, value: Buffer.from('x'), headers: new Map() }))
const to = (topic: string, partition = 0) => ({ topic, partition, records: records() })
const position = { topic: 'tier', partition: 0, offset: 7n, metadata: '' }

type Asked = { readonly topics?: readonly { readonly topic: string }[] }
type Meets = {
  /** Of a request to the coordinator. */
  readonly request?: (name: string, asked: Asked) => Error | undefined
  /** Of a broker that is looked for; partition n is led by broker n. */
  readonly broker?: (nodeId: string) => Error | undefined
  /** Of a batch: the error code in the answer. */
  readonly batch?: (place: TopicPartition) => number
}

async function producerOn({ request = () => undefined, broker = () => undefined, batch = () => 0 }: Meets) {
  const asked: string[] = []
  const produced: { readonly places: readonly string[]; readonly sequences: readonly number[] }[] = []
  const found: string[] = []
  const state = { isConnected: true }
  const answer = (name: string, value?: unknown) => async (body: Asked) => {
    asked.push(name)
    await turn()
    const error = request(name, body)
    if (error) throw error
    return value
  }
  const coordinator = {
    isConnected: () => state.isConnected,
    initProducerId: answer('initProducerId', { producerId: '1', producerEpoch: 0 }),
    addPartitionsToTxn: answer('addPartitionsToTxn'),
    addOffsetsToTxn: answer('addOffsetsToTxn'),
    txnOffsetCommit: answer('txnOffsetCommit'),
    endTxn: answer('endTxn'),
  }
  const leader = {
    connectionPool: {
      send: async ({ request }: { request: { encode(): Promise<{ buffer: Buffer }> } }) => {
        const batches = readProduce((await request.encode()).buffer)
        produced.push({
          places: batches.map(({ topic, partition }) => `${topic}/${partition}`),
          sequences: batches.map(({ batch: bytes }) => bytes.readInt32BE(53)),
        })
        await turn()
        return batches.map(({ topic, partition }) => {
          return { topic, partition, errorCode: batch({ topic, partition }), baseOffset: 0n }
        })
      },
    },
    disconnect: async () => undefined,
  }
  const cluster = {
    connect: async () => undefined,
    disconnect: async () => undefined,
    addMultipleTargetTopics: async () => undefined,
    refreshMetadata: async () => undefined,
    findLeaderForPartitions: (_topic: string, [partition]: readonly number[]) => ({ [String(partition)]: [partition] }),
    findBroker: async ({ nodeId }: { nodeId: string }) => {
      const error = broker(nodeId)
      if (error) throw error
      return leader
    },
    findGroupCoordinator: async ({ groupId }: { groupId: string }) => {
      found.push(groupId)
      return coordinator
    },
  }
  const clock = { ...systemClock, sleep: () => turn() }
  const producer = new TransactionalProducer(cluster as unknown as Cluster, 'tx', clock)
  await producer.open()
  asked.length = 0
  return { producer, asked, produced, found, state }
}

const failureOf = async (producer: TransactionalProducer, ...appends: readonly ReturnType<typeof to>[]) => {
  const error: unknown = await producer.commit('group', appends, [position]).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(FailedAppend)
  return error as FailedAppend
}

describe('a transaction', () => {
  it('sends each broker what it leads in one request, and a second append to a partition after the first', async () => {
    const { producer, asked, produced } = await producerOn({})
    await producer.commit('group', [to('a', 1), to('b', 1), to('a', 2), to('a', 1)], [position])
    expect(produced).toEqual([
      { places: ['a/1', 'b/1'], sequences: [0, 0] },
      { places: ['a/2'], sequences: [0] },
      { places: ['a/1'], sequences: [1] },
    ])
    expect(asked).toEqual(['addPartitionsToTxn', 'addOffsetsToTxn', 'txnOffsetCommit', 'endTxn'])
  })

  it('blames all that goes to a broker which cannot be reached, and nothing else', async () => {
    const { producer } = await producerOn({ broker: (nodeId) => (nodeId === '1' ? unreachable() : undefined) })
    const { all, ...error } = await failureOf(producer, to('a', 0), to('a', 1), to('b', 1))
    expect(all).toEqual([
      { topic: 'a', partition: 1 },
      { topic: 'b', partition: 1 },
    ])
    expect(error).toMatchObject({ code: 'not-acknowledged', retriable: true })
  })

  it('blames the partition that a broker refuses', async () => {
    const { producer } = await producerOn({ batch: ({ topic }) => (topic === 'b' ? 10 : 0) })
    const error = await failureOf(producer, to('a'), to('b'), to('c'))
    expect(error).toMatchObject({ code: 'record-too-large', retriable: false, all: [{ topic: 'b', partition: 0 }] })
  })

  it('blames the topic that it may not write to, which the coordinator names in no other way', async () => {
    const { producer } = await producerOn({
      request: (name, { topics = [] }) => {
        if (name !== 'addPartitionsToTxn' || !topics.some(({ topic }) => topic === 'b')) return undefined
        return refusal(topics[0]!.topic === 'b' ? 'TOPIC_AUTHORIZATION_FAILED' : 'OPERATION_NOT_ATTEMPTED')
      },
    })
    const error = await failureOf(producer, to('a'), to('b', 0), to('b', 1))
    expect(error).toMatchObject({
      ...{ code: 'append-refused', retriable: false, isOfPlace: true },
      all: [
        { topic: 'b', partition: 0 },
        { topic: 'b', partition: 1 },
      ],
    })
  })

  it.each([
    ['a record that is too large', 10, { code: 'record-too-large', retriable: false, isOfPlace: false }],
    ['a record that is invalid', 87, { code: 'append-refused', retriable: false, isOfPlace: false }],
    ['a topic without rights', 29, { code: 'append-refused', retriable: false, isOfPlace: true }],
    ['an error of the broker', -1, { code: 'not-acknowledged', retriable: true }],
    ['what was spoiled on its way', 2, { code: 'not-acknowledged', retriable: true }],
    ['a transaction in another state', 48, { code: 'not-acknowledged', retriable: true }],
    ['a coordinator that is fenced', 53, { code: 'not-acknowledged', retriable: true }],
    ['a broker that is throttled', 89, { code: 'not-acknowledged', retriable: true }],
    ['a code that nobody knows', 999, { code: 'not-acknowledged', retriable: true }],
  ])('tells whether it is the records, their place, or neither: %s', async (_, code, expected) => {
    const { producer } = await producerOn({ batch: () => code })
    expect(await failureOf(producer, to('a'))).toMatchObject(expected)
  })

  it.each(['addPartitionsToTxn', 'addOffsetsToTxn', 'txnOffsetCommit', 'endTxn'])(
    'blames no partition for what is refused of %s',
    async (refused) => {
      const error = refusal('INVALID_TXN_STATE')
      const { producer } = await producerOn({ request: (name) => (name === refused ? error : undefined) })
      await expect(producer.commit('group', [to('a')], [position])).rejects.toBe(error)
    },
  )

  it('looks for a coordinator once, and again where it is another one or its connection is lost', async () => {
    const { producer, found, state } = await producerOn({})
    await producer.commit('group', [to('a')], [position])
    await producer.commit('group', [to('a')], [position])
    expect(found).toEqual(['tx', 'group'])
    state.isConnected = false
    await producer.commit('group', [to('a')], [])
    expect(new Set(found.slice(2))).toEqual(new Set(['tx']))
  })

  it.each(['addPartitionsToTxn', 'addOffsetsToTxn', 'txnOffsetCommit', 'endTxn'])(
    'goes on at the new coordinator where the old one is it no more at %s',
    async (moved) => {
      let refused = 0
      const { producer, found, asked } = await producerOn({
        request: (name) => (name === moved && refused++ === 0 ? refusal('NOT_COORDINATOR_FOR_GROUP', true) : undefined),
      })
      await producer.commit('group', [to('a')], [position])
      const group = moved === 'txnOffsetCommit' ? 'group' : 'tx'
      expect(found.filter((name) => name === group)).toHaveLength(2)
      expect(asked.filter((name) => name === moved)).toHaveLength(2)
    },
  )
})
