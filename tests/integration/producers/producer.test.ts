import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { kafkajsLog } from '../../../kafka/kafkajs/log.ts'
import type { Log, NewRecord } from '../../../kafka/log.ts'
import { partitionFor } from '../../../kafka/partition.ts'
import { silentLog } from '../../../process/log.ts'
import { Producer } from '../../../producers/producer.ts'
import { sendAndCheck } from './traffic.ts'

let kafka: Log

beforeAll(() => {
  kafka = kafkajsLog({ clientId: 'producer-test', kafka: { brokers: inject('system').brokers }, log: silentLog })
})
afterAll(() => kafka.close())

async function newTopic({ partitions = 6, config = {} } = {}): Promise<string> {
  const name = `producer.${randomUUID()}`
  await kafka.admin.create([{ name, partitions, replicas: 1, config }])
  return name
}

const record = (value: string, key: string | null = null): NewRecord => ({
  key: key === null ? null : Buffer.from(key),
  value: Buffer.from(value),
  headers: new Map(),
})

describe('the producer on a real broker', () => {
  it('writes 20,000 records, keyed and in turn, completely, once, and in order per key', async () => {
    const topic = await newTopic()
    const found = await sendAndCheck({ kafka, topic, records: 20_000, callers: 250 })
    expect(found).toMatchObject({ acknowledged: 20_000, lost: [], doubled: [], overtaken: [] })
    expect(found.perPartition.reduce((sum, count) => sum + count)).toBe(20_000)
    expect(Math.min(...found.perPartition)).toBeGreaterThan(0)
  })

  it('keeps the order of a burst of one key that nobody awaits', async () => {
    const topic = await newTopic()
    await using producer = new Producer({ kafka, log: silentLog })
    const values = Array.from({ length: 5_000 }, (_, index) => String(index))
    const places = await Promise.all(values.map((value) => producer.send(topic, record(value, 'JFK'), { kind: 'key' })))
    expect(new Set(places.map(({ partition }) => partition))).toEqual(new Set([partitionFor(Buffer.from('JFK'), 6)]))
    expect(places.map(({ offset }) => Number(offset))).toEqual(values.map(Number))
  })

  it('deals single records over all partitions in turn', async () => {
    const topic = await newTopic()
    await using producer = new Producer({ kafka, log: silentLog })
    const partitions: number[] = []
    for (let index = 0; index < 12; index++)
      partitions.push((await producer.send(topic, record(String(index)), { kind: 'turn' })).partition)
    expect(partitions).toEqual(partitions.map((_, index) => (partitions[0]! + index) % 6))
  })

  it('refuses only the record that is too large for the topic, and goes on', async () => {
    const topic = await newTopic({ partitions: 1, config: { 'max.message.bytes': '20000' } })
    await using producer = new Producer({ kafka, log: silentLog })
    const sends = ['a', 'x'.repeat(50_000), 'b'].map((value) =>
      producer.send(topic, record(value, 'k'), { kind: 'key' }),
    )
    const [first, large, last] = await Promise.allSettled(sends)
    expect([first?.status, last?.status]).toEqual(['fulfilled', 'fulfilled'])
    expect(large).toMatchObject({ reason: { code: 'record-too-large', retriable: false } })
    expect(await producer.send(topic, record('c', 'k'), { kind: 'key' })).toMatchObject({ offset: 2n })
  })

  it('refuses an unknown topic and a partition that is not there, and serves others meanwhile', async () => {
    const topic = await newTopic()
    await using producer = new Producer({ kafka, log: silentLog })
    const missing = `producer.missing.${randomUUID()}`
    await expect(producer.send(missing, record('a'), { kind: 'turn' })).rejects.toMatchObject({ code: 'unknown-topic' })
    const beyond = producer.send(topic, record('a'), { kind: 'partition', partition: 6 })
    await expect(beyond).rejects.toMatchObject({ code: 'no-such-partition' })
    expect(await producer.send(topic, record('a'), { kind: 'partition', partition: 5 })).toMatchObject({ offset: 0n })
  })
})
