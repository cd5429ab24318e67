import { describe, expect, it } from 'vitest'
import { partitionFor } from '../../../kafka/partition.ts'
import { record, settle } from './simulatedLog.ts'
import { codes, held, producerOver, start, topic } from './simulatedProducer.ts'

describe('where records go', () => {
  it('places keyed records by their key, and says where each lies', async () => {
    const { kafka, keyed } = producerOver({ partitions: 12 })
    const places = await Promise.all(['JFK', 'SFO', 'JFK'].map((key, index) => keyed(String(index), key)))
    for (const [index, { topic: name, partition, offset }] of places.entries()) {
      expect(name).toBe(topic)
      expect(partition).toBe(partitionFor(Buffer.from(['JFK', 'SFO', 'JFK'][index]!), 12))
      expect(kafka.written.get(partition)?.[Number(offset)]).toBe(String(index))
    }
  })

  it('gives the partitions their turn, batch by batch', async () => {
    const { kafka, inTurn } = producerOver({ partitions: 4 })
    for (let index = 0; index < 8; index++) await inTurn(String(index))
    await Promise.all(Array.from({ length: 250 }, (_, index) => inTurn(String(index))))
    const partitions = kafka.appends.map(({ partition }) => partition)
    expect(partitions).toEqual(partitions.map((_, index) => (partitions[0]! + index) % 4))
    expect(kafka.appends.slice(8).map(({ values }) => values.length)).toEqual([100, 100, 50])
  })

  it('has one batch in turn under way, and passes over a partition that is busy', async () => {
    const keyed = held()
    const { kafka, inTurn, to } = producerOver({
      partitions: 2,
      meets: ({ values }) => (values[0] === 'slow' ? keyed.meets() : Promise.resolve('acknowledged')),
    })
    const slow = to(1, 'slow')
    await settle()
    for (let index = 0; index < 3; index++) await inTurn(String(index))
    expect(kafka.written.get(0)).toEqual(['0', '1', '2'])
    keyed.release()
    await slow
  })

  it('leaves a partition that does not answer behind after a second, and sends what comes next to the others', async () => {
    const silent = held()
    const { kafka, clock, inTurn } = producerOver({
      partitions: 3,
      meets: ({ partition }) =>
        partition === kafka.appends[0]?.partition ? silent.meets() : Promise.resolve('acknowledged'),
    })
    const stuck = inTurn('stuck')
    await settle()
    const rest = Promise.all(['a', 'b'].map(inTurn))
    await settle()
    expect(kafka.appends).toHaveLength(1)
    await clock.advance(1_000)
    const first = kafka.appends[0]?.partition
    expect((await rest).map(({ partition }) => partition)).not.toContain(first)
    for (const value of ['c', 'd', 'e']) expect((await inTurn(value)).partition).not.toBe(first)
    silent.release()
    expect((await stuck).partition).toBe(first)
    expect(kafka.faults).toEqual([])
  })

  it('takes a record in turn through the lane of its partition, never beside it', async () => {
    const slow = held()
    const { kafka, inTurn, to } = producerOver({ partitions: 1, meets: slow.meets })
    const sends = [to(0, 'a'), inTurn('b')]
    await settle()
    expect(kafka.appends).toHaveLength(1)
    slow.release()
    expect(await codes(sends)).toEqual(['acknowledged', 'acknowledged'])
    expect(kafka.faults).toEqual([])
  })

  it('asks again for the count before it says that there is no such partition', async () => {
    let partitions = 2
    const { clock, to } = producerOver({ partitions: async () => partitions })
    await to(1, 'a')
    expect(await codes([to(2, 'b'), to(-1, 'c'), to(0.5, 'd')])).toEqual(Array(3).fill('no-such-partition'))
    partitions = 3
    expect(await to(2, 'e')).toEqual({ topic, partition: 2, offset: 0n })
    expect(clock.now()).toBe(start)
  })

  it('notices new partitions within half a minute', async () => {
    let partitions = 1
    const { kafka, clock, inTurn } = producerOver({ partitions: async () => partitions })
    await inTurn('a')
    partitions = 2
    await inTurn('b')
    expect(kafka.written.has(1)).toBe(false)
    await clock.advance(30_000)
    for (const value of ['c', 'd', 'e']) await inTurn(value)
    expect(kafka.written.has(1)).toBe(true)
  })

  it('goes on with the count it knows while nobody can say a new one', async () => {
    let isDown = false
    const partitions = () => (isDown ? Promise.reject(new Error('ECONNREFUSED')) : Promise.resolve(1))
    const { clock, inTurn } = producerOver({ partitions })
    await inTurn('a')
    isDown = true
    await clock.advance(60_000)
    expect(await codes([inTurn('b'), inTurn('c')])).toEqual(['acknowledged', 'acknowledged'])
  })

  it('refuses a record without a key that is to be placed by it', async () => {
    const { producer } = producerOver({ partitions: 1 })
    await expect(producer.send(topic, record('a'), { kind: 'key' })).rejects.toThrow(TypeError)
  })
})

describe('a rejection', () => {
  it('ends the writer: the next append, of any partition, has a new one', async () => {
    const { kafka, to } = producerOver({
      partitions: 2,
      meets: async ({ values }) => (values[0] === 'bad' ? 'unanswered' : 'acknowledged'),
    })
    expect(await codes([to(0, 'bad')])).toEqual(['outcome-unknown'])
    expect(await codes([to(0, 'a'), to(1, 'b')])).toEqual(['acknowledged', 'acknowledged'])
    expect([kafka.opened(), kafka.open(), kafka.faults]).toEqual([2, 1, []])
    expect(kafka.written.get(0)).toEqual(['bad', 'a'])
  })

  it('leaves the appends of other partitions to end on the old writer, which is closed after the last', async () => {
    const slow = held()
    const { kafka, to } = producerOver({
      partitions: 2,
      meets: async ({ values }) =>
        values[0] === 'slow' ? slow.meets() : values[0] === 'bad' ? 'refused' : 'acknowledged',
    })
    const sends = codes([to(1, 'slow'), to(0, 'bad')])
    await settle()
    expect(await codes([to(0, 'a')])).toEqual(['acknowledged'])
    const behind = to(1, 'behind')
    await settle()
    expect([kafka.open(), kafka.written.has(1)]).toEqual([2, false])
    slow.release()
    expect([...(await sends), ...(await codes([behind]))]).toEqual(['acknowledged', 'outcome-unknown', 'acknowledged'])
    expect([kafka.open(), kafka.written.get(1), kafka.faults]).toEqual([1, ['slow', 'behind'], []])
  })

  it('of one record for its size is that record’s alone', async () => {
    const { kafka, to } = producerOver({ partitions: 1, isTooLarge: (value) => value === 'big' })
    const sends = ['a', 'big', 'b'].map((value) => to(0, value))
    expect(await codes(sends)).toEqual(['acknowledged', 'record-too-large', 'acknowledged'])
    expect([kafka.written.get(0), kafka.faults]).toEqual([['a', 'b'], []])
  })

  it('where no writer can be opened says that nothing was sent', async () => {
    let isDown = true
    const { kafka, to } = producerOver({ partitions: 1, openFails: () => isDown })
    expect(await codes([to(0, 'a')])).toEqual(['not-sent'])
    isDown = false
    expect(await codes([to(0, 'b')])).toEqual(['acknowledged'])
    expect(kafka.written.get(0)).toEqual(['b'])
  })

  it('for a topic that is gone leaves the writer of other topics alone', async () => {
    let isGone = false
    const { kafka, producer, to } = producerOver({
      partitions: 1,
      isUnknown: (name) => isGone && name === 'gone',
    })
    const toGone = () => producer.send('gone', record('b'), { kind: 'turn' })
    expect(await codes([to(0, 'a'), toGone()])).toEqual(['acknowledged', 'acknowledged'])
    isGone = true
    expect(await codes([toGone()])).toEqual(['unknown-topic'])
    expect(await codes([toGone()])).toEqual(['unknown-topic'])
    expect(await codes([to(0, 'c')])).toEqual(['acknowledged'])
    expect([kafka.opened(), kafka.faults]).toEqual([2, []])
  })
})
