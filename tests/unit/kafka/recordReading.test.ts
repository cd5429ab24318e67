// What brokers keep, read: against our own encoder and kafkajs's, and never beyond what is there.
import { createRequire } from 'node:module'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeRecordBatch } from '../../../kafka/kafkajs/recordBatch.ts'
import { readBatches } from '../../../kafka/kafkajs/recordReading.ts'
import type { NewRecord } from '../../../kafka/log.ts'

const require = createRequire(import.meta.url)
const { RecordBatch } = require('kafkajs/src/protocol/recordBatch/v0')
const Record = require('kafkajs/src/protocol/recordBatch/record/v0')

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array))
const headers = fc
  .array(fc.tuple(fc.string({ unit: 'grapheme' }), fc.array(bytes, { minLength: 1, maxLength: 3 })), { maxLength: 12 })
  .map((entries) => new Map(entries))
const records: fc.Arbitrary<NewRecord[]> = fc.array(
  fc.record({ key: fc.option(bytes), value: fc.option(bytes), headers }),
  { minLength: 1, maxLength: 100 },
)
const stamp = { producerId: 7n, producerEpoch: 0, firstSequence: 0, timestampMs: 1_700_000_000_123 }

/** As the broker keeps it: with the offset of its first record. */
function kept(written: readonly NewRecord[], firstOffset: number): Buffer {
  const batch = encodeRecordBatch(written, stamp)
  batch.writeBigInt64BE(BigInt(firstOffset), 0)
  return batch
}

test('records come back as they were written, with their offsets, over several batches', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(records, { maxLength: 3 }), fc.nat({ max: 2 ** 40 }), async (batches, start) => {
      const before = (index: number) => batches.slice(0, index).flat().length
      const bytes = Buffer.concat(batches.map((written, index) => kept(written, start + before(index))))
      const read = await readBatches(bytes)
      expect(read.map(({ key, value, headers }) => ({ key, value, headers }))).toEqual(batches.flat())
      expect(read.map(({ offset }) => offset)).toEqual(batches.flat().map((_, index) => start + index))
      for (const { timestamp, isControlRecord, batchContext } of read) {
        expect({ timestamp, isControlRecord }).toEqual({ timestamp: stamp.timestampMs, isControlRecord: false })
        expect(batchContext).toEqual({ producerId: '7', inTransaction: false })
      }
    }),
  )
})

const one: NewRecord = { key: Buffer.from('k'), value: Buffer.from('v'.repeat(1_000)), headers: new Map() }

test('what a fetch has cut off is left for the next one', async () => {
  const whole = kept([one], 5)
  const both = Buffer.concat([whole, kept([one, one], 6)])
  for (let end = whole.length; end < both.length; end += 1)
    expect(await readBatches(both.subarray(0, end))).toHaveLength(1)
  expect(await readBatches(both)).toHaveLength(3)
})

test('a compressed batch is read like any other', async () => {
  const plain = kept([one, one], 9)
  const packed = Buffer.concat([plain.subarray(0, 61), gzipSync(plain.subarray(61))])
  packed.writeInt32BE(packed.length - 12, 8)
  packed.writeInt16BE(1, 21)
  expect(await readBatches(packed)).toEqual(await readBatches(plain))
})

test("a record's time is its own, earlier or later than the first one's", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: -(2 ** 48), max: 2 ** 48 }), { minLength: 1 }), async (deltas) => {
      const { buffer } = await RecordBatch({
        records: deltas.map((timestampDelta, offsetDelta) =>
          Record({ key: null, value: null, timestampDelta, offsetDelta }),
        ),
        firstTimestamp: 1_700_000_000_000,
        lastOffsetDelta: deltas.length - 1,
      })
      const times = (await readBatches(buffer)).map(({ timestamp }) => timestamp)
      expect(times).toEqual(deltas.map((delta) => 1_700_000_000_000 + delta))
    }),
  )
})

test('where the broker sets the time, all of a batch have it', async () => {
  const batch = kept([one, one], 0)
  batch.writeInt16BE(0x08, 21)
  batch.writeBigInt64BE(9n, 35)
  expect((await readBatches(batch)).map(({ timestamp, value }) => ({ timestamp, value }))).toEqual([
    { timestamp: 9, value: one.value },
    { timestamp: 9, value: one.value },
  ])
})

test('a marker of a transaction is known by its batch', async () => {
  const batch = kept([{ ...one, key: Buffer.from([0, 0, 0, 1]) }], 3)
  batch.writeInt16BE(0x30, 21)
  expect((await readBatches(batch))[0]).toMatchObject({
    isControlRecord: true,
    batchContext: { inTransaction: true },
  })
})

test('bytes that no broker keeps end in an error or in records, never in more than are there', async () => {
  await fc.assert(
    fc.asyncProperty(records, fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 }))), async (written, damages) => {
      const batch = kept(written, 0)
      for (const [at, byte] of damages) batch[at % batch.length] = byte
      batch[16] = 2
      const read = await readBatches(batch).catch((error: unknown) => {
        expect(error).toBeInstanceOf(Error)
        return []
      })
      expect(read.length).toBeLessThanOrEqual(batch.length)
    }),
  )
})

describe('lengths that are wrong', () => {
  const lengthAt = (bytes: Buffer, length: number): Buffer => {
    bytes.writeInt32BE(length, 8)
    return bytes
  }
  test.each([-12, -1, 0, 48])('a batch of %i bytes is broken', async (length) => {
    await expect(readBatches(lengthAt(kept([one], 0), length))).rejects.toMatchObject({ code: 'records-broken' })
  })
  test.each([
    ['a record that ends before it begins', 61, 0x01],
    ['a record without a length', 61, 0x00],
    ['a key beyond its record', 65, 0x7e],
    ['a header beyond its record', -1, 0x02],
  ])('%s is broken', async (_what, at, byte) => {
    const batch = kept([{ key: Buffer.from('k'), value: Buffer.from('v'), headers: new Map() }], 0)
    batch[at < 0 ? batch.length + at : at] = byte
    await expect(readBatches(batch)).rejects.toMatchObject({ code: 'records-broken' })
  })
  test('a record beyond its batch is broken', async () => {
    const both = Buffer.concat([kept([one], 0), kept([one], 1)])
    both[61] = both[61]! + 2
    await expect(readBatches(both)).rejects.toMatchObject({ code: 'records-broken' })
  })
})

test('the format that brokers had before 0.11 is refused by name', async () => {
  const batch = kept([one], 0)
  batch[16] = 1
  await expect(readBatches(batch)).rejects.toMatchObject({ code: 'records-too-old' })
  const small = Buffer.alloc(38) // one message of format 1
  small.writeInt32BE(26, 8)
  small[16] = 1
  await expect(readBatches(small)).rejects.toMatchObject({ code: 'records-too-old' })
})
