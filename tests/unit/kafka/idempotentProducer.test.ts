import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import type { Cluster } from 'kafkajs'
import { describe, expect, it } from 'vitest'
import { ErrandError } from '../../../app/errors.ts'
import { IdempotentProducer } from '../../../kafka/kafkajs/idempotentProducer.ts'
import type { NewRecord } from '../../../kafka/log.ts'
import { systemClock } from '../../../process/clock.ts'
import { silentLog } from '../../../process/log.ts'
import { type Fault, simulatedCluster } from './simulatedCluster.ts'

const records = (count: number): NewRecord[] =>
  Array.from({ length: count }, () => ({ key: null, value: Buffer.from('x'), headers: new Map() }))

async function producerOn(options: Parameters<typeof simulatedCluster>[0]) {
  const simulated = simulatedCluster(options)
  const producer = new IdempotentProducer({
    cluster: simulated.cluster as unknown as Cluster,
    shut: () => undefined,
    check: async ({ topic, partition }) => {
      if (topic === 'gone' || partition === 9) throw new ErrandError('unknown-topic', 'it is gone')
    },
    clock: { ...systemClock, sleep: () => turn() },
    log: silentLog,
  })
  await producer.open()
  return { ...simulated, producer }
}

const faults = fc.constantFrom<Fault>(
  'none',
  'none',
  'none',
  'answer lost',
  'never arrived',
  'not leader',
  'timed out',
  'not enough replicas',
  'left out of the metadata',
)

describe('the idempotent producer', () => {
  it('loses and doubles nothing whatever becomes of requests and answers, on each partition by itself', async () => {
    const plans = fc.array(fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 6 }), { minLength: 1, maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(plans, fc.infiniteStream(faults), async (plans, meets) => {
        const { producer, lies } = await producerOn({ partitions: plans.length, meets: () => meets.next().value })
        await Promise.all(
          plans.map(async (counts, partition) => {
            let expected = 0
            for (const count of counts) {
              expect(await producer.append({ topic: 'flights', partition }, records(count))).toBe(BigInt(expected))
              expected += count
            }
            expect(lies(partition)).toBe(expected)
          }),
        )
        await producer.close()
      }),
      { numRuns: 60 },
    )
  })

  it('sends what waits for several partitions of one broker in one request', async () => {
    const { producer, requests } = await producerOn({ partitions: 12, meets: () => 'none' })
    const partitions = Array.from({ length: 12 }, (_, partition) => partition)
    await Promise.all(partitions.map((partition) => producer.append({ topic: 'flights', partition }, records(2))))
    expect(requests.map((each) => each.length)).toEqual([12])
    await producer.close()
  })

  it('tells one partition’s refusal to that partition alone', async () => {
    const { producer } = await producerOn({
      partitions: 2,
      meets: ({ partition }) => (partition === 0 ? 'too large' : 'none'),
    })
    const ends = await Promise.allSettled(
      [0, 1].map((partition) => producer.append({ topic: 'flights', partition }, records(1))),
    )
    expect(ends).toMatchObject([{ reason: { type: 'MESSAGE_TOO_LARGE', retriable: false } }, { value: 0n }])
    await producer.close()
  })

  it('does not wait for a topic that is gone', async () => {
    const { producer } = await producerOn({ partitions: 1, meets: () => 'unknown topic' })
    await expect(producer.append({ topic: 'gone', partition: 0 }, records(1))).rejects.toMatchObject({
      code: 'unknown-topic',
    })
    await producer.close()
  })

  it('does not wait for a partition that its topic, made anew, does not have', async () => {
    const { producer } = await producerOn({ partitions: 10, meets: () => 'unknown topic' })
    await expect(producer.append({ topic: 'flights', partition: 9 }, records(1))).rejects.toMatchObject({
      code: 'unknown-topic',
    })
    await producer.close()
  })

  it.each<Fault[]>([
    ['answer lost', 'too large'],
    ['timed out', 'too large'],
    ['server error', 'none'],
  ])('says that nobody knows where a batch meets: %s, %s', async (...meets) => {
    const { producer } = await producerOn({ partitions: 1, meets: () => meets.shift() ?? 'none' })
    await expect(producer.append({ topic: 'flights', partition: 0 }, records(1))).rejects.toMatchObject({
      code: 'not-acknowledged',
    })
    await producer.close()
  })

  it('knows that nothing was written where every broker refused before it wrote', async () => {
    const meets: Fault[] = ['not leader', 'not enough replicas', 'too large']
    const { producer } = await producerOn({ partitions: 1, meets: () => meets.shift() ?? 'none' })
    await expect(producer.append({ topic: 'flights', partition: 0 }, records(1))).rejects.toMatchObject({
      type: 'MESSAGE_TOO_LARGE',
    })
    await producer.close()
  })

  it('that is closed says of what was under way that nobody knows, and of what comes later that it is closed', async () => {
    const { producer } = await producerOn({ partitions: 1, meets: () => 'not leader' })
    const underWay = producer.append({ topic: 'flights', partition: 0 }, records(1))
    const told = expect(underWay).rejects.toMatchObject({ code: 'not-acknowledged' })
    await turn()
    await turn()
    await producer.close()
    await told
    const late = producer.append({ topic: 'flights', partition: 0 }, records(1))
    await expect(late).rejects.toMatchObject({ code: 'closed' })
  })
})
