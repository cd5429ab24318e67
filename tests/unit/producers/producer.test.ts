import { describe, expect, it } from 'vitest'
import { partitionFor } from '../../../kafka/partition.ts'
import { silentLog } from '../../../process/log.ts'
import { Producer, type SendOptions } from '../../../producers/producer.ts'
import { manualClock } from '../../../testing/manualClock.ts'
import { codeOf, record, type SimulatedLogOptions, settle, simulatedLog } from './simulatedLog.ts'

const topic = 'flights'
const start = 1_000_000

function producerOver(options: SimulatedLogOptions, limits: { readonly maxQueuedBytes?: number } = {}) {
  const kafka = simulatedLog(options)
  const clock = manualClock(start)
  const producer = new Producer({ kafka, clock, log: silentLog, ...limits })
  const keyed = (value: string, key: string, options?: SendOptions) =>
    producer.send(topic, record(value, key), { kind: 'key' }, options)
  const inTurn = (value: string) => producer.send(topic, record(value), { kind: 'turn' })
  const to = (partition: number, value: string, options?: SendOptions) =>
    producer.send(topic, record(value), { kind: 'partition', partition }, options)
  return { kafka, clock, producer, keyed, inTurn, to }
}

/** Holds every append back until it is released, for good. */
function held() {
  const { promise, resolve: release } = Promise.withResolvers<void>()
  return { release, meets: () => promise.then(() => 'acknowledged' as const) }
}

const codes = async (sends: readonly Promise<unknown>[]): Promise<readonly string[]> =>
  (await Promise.allSettled(sends)).map(codeOf)

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

describe('a deadline', () => {
  it('that finds the record waiting says not-sent, and the record is never written', async () => {
    const slow = held()
    const { kafka, clock, to } = producerOver({ partitions: 1, meets: slow.meets })
    const first = to(0, 'a')
    await settle()
    const waiting = to(0, 'b', { deadlineMs: start + 100 })
    const late = codes([waiting])
    await clock.advance(100)
    expect(await late).toEqual(['not-sent'])
    slow.release()
    await first
    await settle()
    expect(kafka.written.get(0)).toEqual(['a'])
  })

  it('that finds it handed over says outcome-unknown, while its partition waits on', async () => {
    const slow = held()
    const { kafka, clock, to } = producerOver({ partitions: 1, meets: slow.meets })
    const late = codes([to(0, 'a', { deadlineMs: start + 100 })])
    await settle()
    const behind = to(0, 'b')
    await clock.advance(100)
    expect(await late).toEqual(['outcome-unknown'])
    expect(kafka.appends).toHaveLength(1)
    slow.release()
    await behind
    expect([kafka.written.get(0), kafka.faults]).toEqual([['a', 'b'], []])
  })

  it('counts while the topic’s partitions are not yet known', async () => {
    const { kafka, clock, keyed } = producerOver({ partitions: () => new Promise(() => undefined) })
    const late = codes([keyed('a', 'A', { deadlineMs: start + 100 })])
    await clock.advance(100)
    expect(await late).toEqual(['not-sent'])
    expect(kafka.appends).toEqual([])
  })

  it('that has passed, and a signal that has aborted, send nothing', async () => {
    const { kafka, keyed } = producerOver({ partitions: 1 })
    const sends = [keyed('a', 'A', { deadlineMs: start }), keyed('b', 'B', { signal: AbortSignal.abort() })]
    expect(await codes(sends)).toEqual(['not-sent', 'not-sent'])
    expect(kafka.appends).toEqual([])
  })

  it('can be an abort', async () => {
    const slow = held()
    const { kafka, to } = producerOver({ partitions: 1, meets: slow.meets })
    const { signal, abort } = abortable()
    const handedOver = to(0, 'a', { signal })
    await settle()
    const waiting = to(0, 'b', { signal })
    abort()
    expect(await codes([handedOver, waiting])).toEqual(['outcome-unknown', 'not-sent'])
    slow.release()
    await settle()
    expect(kafka.written.get(0)).toEqual(['a'])
  })
})

const abortable = () => {
  const controller = new AbortController()
  return { signal: controller.signal, abort: () => controller.abort() }
}

describe('the queue', () => {
  it('that is full refuses at once, and takes records again when there is room', async () => {
    const slow = held()
    const { to } = producerOver({ partitions: 1, meets: slow.meets }, { maxQueuedBytes: 2_500 })
    const taken = codes([1, 2].map(() => to(0, 'x'.repeat(800))))
    expect(await codes([to(0, 'x'.repeat(800))])).toEqual(['producer-full'])
    slow.release()
    expect(await taken).toEqual(['acknowledged', 'acknowledged'])
    expect(await codes([to(0, 'x'.repeat(800))])).toEqual(['acknowledged'])
  })

  it('gets its room back from what was withdrawn', async () => {
    const { clock, to } = producerOver({ partitions: () => new Promise(() => undefined) }, { maxQueuedBytes: 2_500 })
    for (let round = 1; round < 5; round++) {
      const sends = codes([1, 2].map(() => to(0, 'x'.repeat(800), { deadlineMs: clock.now() + 100 })))
      await clock.advance(100)
      expect(await sends).toEqual(['not-sent', 'not-sent'])
    }
  })

  it('never takes a record that is larger than itself', async () => {
    const { to } = producerOver({ partitions: 1 }, { maxQueuedBytes: 2_500 })
    await expect(to(0, 'x'.repeat(3_000))).rejects.toMatchObject({ code: 'record-too-large', retriable: false })
  })
})

describe('flush and close', () => {
  it('wait for all that was accepted, also for what its sender waits for no longer', async () => {
    const slow = held()
    const { kafka, clock, producer, to } = producerOver({ partitions: 1, meets: slow.meets })
    const late = codes([to(0, 'a', { deadlineMs: start + 100 })])
    await clock.advance(100)
    await late
    let isFlushed = false
    const flushed = producer.flush().then(() => {
      isFlushed = true
    })
    await settle()
    expect(isFlushed).toBe(false)
    slow.release()
    await flushed
    expect(kafka.written.get(0)).toEqual(['a'])
  })

  it('leave no writer open and refuse what comes later', async () => {
    const { kafka, producer, to } = producerOver({ partitions: 2 })
    const accepted = [to(0, 'a'), to(1, 'b')]
    const closing = producer.close()
    expect(await codes([to(0, 'c')])).toEqual(['closed'])
    await Promise.all([closing, producer.close()])
    expect(await codes(accepted)).toEqual(['acknowledged', 'acknowledged'])
    expect([kafka.open(), kafka.faults]).toEqual([0, []])
  })

  it('end, when there is no time left, with each sender knowing what is known', async () => {
    const { kafka, producer, to } = producerOver({ partitions: 1, meets: held().meets })
    const handedOver = to(0, 'a')
    await settle()
    const ends = codes([handedOver, to(0, 'b')])
    await producer.close(AbortSignal.abort())
    expect(await ends).toEqual(['outcome-unknown', 'not-sent'])
    expect(kafka.appends).toHaveLength(1)
  })
})
