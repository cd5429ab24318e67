// What ends a send before its acknowledgement: deadlines, a full queue, the producer's own end.
import { describe, expect, it } from 'vitest'
import { settle } from './simulatedLog.ts'
import { codes, held, producerOver, start } from './simulatedProducer.ts'

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
    await settle()
    await clock.advance(100)
    expect(await late).toEqual(['outcome-unknown'])
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
