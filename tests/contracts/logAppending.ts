// The contract's part on appends, topics and offsets.
import { describe, expect, it } from 'vitest'
import type { Log, LogRecord, ReadOptions } from '../../kafka/log.ts'
import { append, type Bench, freshGroup, records } from './log.ts'

/** All that a read gives. */
export async function all(log: Log, topic: string, options: ReadOptions = { from: 'earliest' }): Promise<LogRecord[]> {
  const records: LogRecord[] = []
  for await (const record of log.read(topic, options)) records.push(record)
  return records
}

export function appendingContract({ log, another, topic }: Bench): void {
  describe('appending', () => {
    it('gives the first offset and keeps keys, values, tombstones and headers byte by byte', async () => {
      const name = await topic()
      const writer = await log().writer()
      const bytes = Buffer.from([0, 255, 128, 10])
      const headers = new Map([
        ['__proto__', [Buffer.from('a')]],
        ['constructor', [Buffer.from('b'), bytes]],
        ['several', [Buffer.from('1'), Buffer.from('2'), Buffer.from('')]],
      ])
      expect(await writer.append({ topic: name, partition: 0 }, records('first'))).toBe(0n)
      const written = [
        { key: bytes, value: bytes, headers },
        { key: Buffer.from(''), value: null, headers: new Map() },
        { key: null, value: Buffer.from(''), headers: new Map() },
      ]
      expect(await writer.append({ topic: name, partition: 0 }, written)).toBe(1n)
      const read = await all(log(), name)
      expect(read.slice(1).map(({ key, value, headers }) => ({ key, value, headers }))).toEqual(written)
      expect(read.map(({ offset }) => offset)).toEqual([0n, 1n, 2n, 3n])
      expect(read.every(({ topic, partition }) => topic === name && partition === 0)).toBe(true)
      expect(read.every(({ timestampMs }) => Number.isSafeInteger(timestampMs))).toBe(true)
      await writer.close()
    })

    it('writes to the one partition that was asked for', async () => {
      const name = await topic(3)
      const writer = await log().writer()
      await writer.append({ topic: name, partition: 2 }, records('a', 'b'))
      expect(await log().admin.offsets(name)).toEqual([
        { partition: 0, low: 0n, high: 0n },
        { partition: 1, low: 0n, high: 0n },
        { partition: 2, low: 0n, high: 2n },
      ])
      await writer.close()
    })

    it('appends to several partitions at once', async () => {
      const name = await topic(3)
      const writer = await log().writer()
      const offsets = await Promise.all(
        [0, 1, 2].map((partition) => writer.append({ topic: name, partition }, records('x'))),
      )
      expect(offsets).toEqual([0n, 0n, 0n])
      await writer.close()
    })

    it('refuses a topic or a partition that is not there', async () => {
      const writer = await log().writer()
      const name = await topic()
      const missing = { topic: `contract.missing.${name}`, partition: 0 }
      await expect(writer.append(missing, records('x'))).rejects.toMatchObject({ code: 'unknown-topic' })
      await expect(writer.append({ topic: name, partition: 7 }, records('x'))).rejects.toMatchObject({
        code: 'unknown-topic',
      })
      await writer.close()
    })

    it('refuses a record beyond the topic’s limit and writes nothing of its append', async () => {
      const name = await topic(1, { 'max.message.bytes': '2000' })
      const writer = await log().writer()
      const append = writer.append({ topic: name, partition: 0 }, records('small', 'x'.repeat(3_000)))
      await expect(append).rejects.toMatchObject({ code: 'record-too-large', retriable: false })
      expect(await all(log(), name)).toEqual([])
      await writer.close()
    })

    it('refuses two appends to one partition at a time, and any after a rejection: both would lose records', async () => {
      const name = await topic(1, { 'max.message.bytes': '2000' })
      const writer = await log().writer()
      const to = { topic: name, partition: 0 }
      const [first, second] = await Promise.allSettled([
        writer.append(to, records('1')),
        writer.append(to, records('2')),
      ])
      expect(first.status).toBe('fulfilled')
      expect(second).toMatchObject({ reason: { code: 'writer-misused' } })
      await expect(writer.append(to, records('x'.repeat(3_000)))).rejects.toThrow()
      await expect(writer.append(to, records('3'))).rejects.toMatchObject({ code: 'writer-misused' })
      expect((await all(log(), name)).map(({ value }) => String(value))).toEqual(['1'])
      await writer.close()
    })
  })

  describe('topics', () => {
    it('creates what is missing, leaves what is there, and describes it', async () => {
      const name = await topic(2, { 'retention.ms': '3600000' })
      const spec = { name, partitions: 5, replicas: 1, config: {} }
      const other = { name: `${name}.other`, partitions: 1, replicas: 1, config: { 'cleanup.policy': 'compact' } }
      await log().admin.create([spec, other])
      const large = { ...other, name: `${name}.large`, config: { 'max.message.bytes': '2000000' } }
      await log().admin.create([large])
      expect(await log().admin.topics()).toEqual(expect.arrayContaining([name, other.name, large.name]))
      const described = await log().admin.describe([name, other.name, large.name, `${name}.missing`])
      expect(Object.fromEntries(described)).toEqual({
        [name]: { ...spec, partitions: 2, config: { 'retention.ms': '3600000' }, maxMessageBytes: 1_048_588 },
        [other.name]: { ...other, maxMessageBytes: 1_048_588 },
        [large.name]: { ...large, maxMessageBytes: 2_000_000 },
      })
      expect(await log().admin.partitions(name)).toBe(2)
      expect(await log().admin.brokers()).toBeGreaterThan(0)
    })

    it('gets more partitions, keeps what it holds, and never gets fewer', async () => {
      const name = await topic(2)
      await append(log(), name, 1, 'before')
      const five = [{ name, partitions: 5 }]
      for (let times = 1; times <= 2; times += 1) await log().admin.grow(five)
      expect(await another().admin.partitions(name)).toBe(5)
      await append(log(), name, 4, 'after')
      expect((await all(log(), name)).map(({ partition, value }) => [partition, String(value)])).toEqual([
        [1, 'before'],
        [4, 'after'],
      ])
      await expect(log().admin.grow([{ name, partitions: 3 }])).rejects.toMatchObject({ code: 'log-refused' })
      expect(await log().admin.partitions(name)).toBe(5)
    })

    it('forgets what lies before an offset, once and for all, and nothing else', async () => {
      const name = await topic(2)
      await append(log(), name, 0, 'a', 'b', 'c')
      await append(log(), name, 1, 'd', 'e')
      const upTo = (offset: bigint) => [
        { topic: name, partition: 0, offset },
        { topic: name, partition: 1, offset: 1n },
      ]
      await log().admin.deleteBefore(upTo(2n))
      await another().admin.deleteBefore(upTo(1n)) // which is deleted already
      expect((await all(log(), name)).map(({ offset, value }) => [offset, String(value)])).toEqual([
        [2n, 'c'],
        [1n, 'e'],
      ])
      expect(await log().admin.offsets(name)).toEqual([
        { partition: 0, low: 2n, high: 3n },
        { partition: 1, low: 1n, high: 2n },
      ])
      await expect(log().admin.deleteBefore(upTo(4n))).rejects.toMatchObject({ code: 'log-refused' })
      await append(log(), name, 0, 'f')
      await log().admin.deleteBefore([{ topic: name, partition: 0, offset: 4n }])
      expect((await log().admin.offsets(name))[0]).toEqual({ partition: 0, low: 4n, high: 4n })
      const missing = { topic: `${name}.missing`, partition: 0, offset: 1n }
      await expect(log().admin.deleteBefore([missing])).rejects.toMatchObject({ code: 'unknown-topic' })
    })

    it('knows no offsets or partitions of a topic that is not there', async () => {
      const missing = `contract.missing.${freshGroup()}`
      await expect(log().admin.offsets(missing)).rejects.toMatchObject({ code: 'unknown-topic' })
      await expect(log().admin.partitions(missing)).rejects.toMatchObject({ code: 'unknown-topic' })
    })
  })
}
