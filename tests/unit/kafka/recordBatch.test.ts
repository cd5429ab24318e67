// The bytes of a produce, against kafkajs' own encoders, which brokers have understood for years.
import { createRequire } from 'node:module'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { crc32c } from '../../../kafka/kafkajs/crc32c.ts'
import { decodeProduce, encodeProduce } from '../../../kafka/kafkajs/produce.ts'
import { type BatchStamp, encodeRecordBatch } from '../../../kafka/kafkajs/recordBatch.ts'
import type { NewRecord } from '../../../kafka/log.ts'

const require = createRequire(import.meta.url)
const { RecordBatch } = require('kafkajs/src/protocol/recordBatch/v0')
const Record = require('kafkajs/src/protocol/recordBatch/record/v0')
const Encoder = require('kafkajs/src/protocol/encoder')
const produceResponse = require('kafkajs/src/protocol/requests/produce/v7/response')

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array))
const headers = fc
  .array(fc.tuple(fc.string({ unit: 'binary' }), fc.array(bytes, { minLength: 1, maxLength: 3 })), { maxLength: 12 })
  .map((entries) => new Map(entries))
const records: fc.Arbitrary<NewRecord[]> = fc.array(
  fc.record({ key: fc.option(bytes), value: fc.option(bytes), headers }),
  { minLength: 1, maxLength: 200 },
)
const stamps: fc.Arbitrary<BatchStamp> = fc.record({
  producerId: fc.bigInt({ min: 0n, max: 2n ** 62n }),
  producerEpoch: fc.integer({ min: 0, max: 32_767 }),
  firstSequence: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
  timestampMs: fc.integer({ min: 0, max: 4e12 }),
})

async function byKafkajs(records: readonly NewRecord[], stamp: BatchStamp): Promise<Buffer> {
  const { timestampMs, producerId, ...rest } = stamp
  const encoded = records.map(({ key, value, headers }, offsetDelta) =>
    Record({ key, value, offsetDelta, headers: Object.fromEntries(headers) }),
  )
  const batch = await RecordBatch({
    records: encoded,
    firstTimestamp: timestampMs,
    maxTimestamp: timestampMs,
    producerId: String(producerId),
    lastOffsetDelta: records.length - 1,
    partitionLeaderEpoch: -1,
    ...rest,
  })
  return batch.buffer
}

/** kafkajs flattens headers to an object, which puts names like numbers first and loses `__proto__`. */
const isOrdered = (records: readonly NewRecord[]): boolean =>
  records.every(({ headers }) => {
    const names = [...headers.keys()]
    return (
      !names.includes('__proto__') && Object.keys(Object.fromEntries(headers)).every((name, at) => name === names[at])
    )
  })

describe('a record batch', () => {
  it('is byte by byte what kafkajs makes of the same records', async () => {
    await fc.assert(
      fc.asyncProperty(records.filter(isOrdered), stamps, async (records, stamp) => {
        expect(encodeRecordBatch(records, stamp).equals(await byKafkajs(records, stamp))).toBe(true)
      }),
      { numRuns: 200 },
    )
  })

  it('is guarded by CRC-32C', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283)
    expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa) // RFC 3720 §B.4
    expect(crc32c(Buffer.from('xx123456789'), 2)).toBe(0xe3069283)
  })
})

describe('a produce request', () => {
  it('names each topic once, with a batch for each of its partitions', () => {
    const batch = (text: string): Buffer => Buffer.from(text)
    const request = encodeProduce([
      { topic: 'a', partition: 1, batch: batch('one') },
      { topic: 'b', partition: 0, batch: batch('two') },
      { topic: 'a', partition: 7, batch: batch('three') },
    ])
    const partition = (number: number, text: string) => new Encoder().writeInt32(number).writeBytes(batch(text))
    const topic = (name: string, partitions: object[]) => new Encoder().writeString(name).writeArray(partitions)
    const expected = new Encoder()
      .writeString(null)
      .writeInt16(-1)
      .writeInt32(8_000)
      .writeArray([topic('a', [partition(1, 'one'), partition(7, 'three')]), topic('b', [partition(0, 'two')])])
    expect(request.equals(expected.buffer)).toBe(true)
  })

  it('has an answer that tells each partition’s end, also when one was refused', async () => {
    const partition = (number: number, error: number, offset: string) =>
      new Encoder().writeInt32(number).writeInt16(error).writeInt64(offset).writeInt64(-1).writeInt64(0)
    const payload = new Encoder()
      .writeArray([
        new Encoder().writeString('a').writeArray([partition(1, 0, '900719925474099300'), partition(7, 6, '-1')]),
        new Encoder().writeString('b').writeArray([partition(0, 0, '0')]),
      ])
      .writeInt32(40).buffer
    expect(decodeProduce(payload)).toEqual({
      produced: [
        { topic: 'a', partition: 1, errorCode: 0, baseOffset: 900719925474099300n },
        { topic: 'a', partition: 7, errorCode: 6, baseOffset: -1n },
        { topic: 'b', partition: 0, errorCode: 0, baseOffset: 0n },
      ],
      clientSideThrottleTime: 40,
    })
    expect((await produceResponse.decode(payload)).clientSideThrottleTime).toBe(40)
  })
})
