// Records as the broker stores them: a record batch of format 2 (KIP-98), not compressed. kafkajs encodes a record in some
// twenty buffers of its own, each zeroed, copied and thrown away; here a batch is one.
//
//   | first offset 8 | length 4 | leader epoch 4 | magic 1 | CRC-32C 4 | attributes 2 | last offset delta 4
//   | first and max timestamp 8 + 8 | producer id 8 | epoch 2 | first sequence 4 | count 4 | records …
//
// A record is | length | attributes | timestamp delta | offset delta | key | value | headers |, all numbers zigzag varints
// (https://kafka.apache.org/documentation/#messageformat).
import { remembered } from '../../process/remembered.ts'
import type { NewRecord } from '../log.ts'
import { crc32c } from './crc32c.ts'

/** Which idempotent producer writes the batch, and which number its first record has there. */
export type BatchStamp = {
  readonly producerId: bigint
  readonly producerEpoch: number
  readonly firstSequence: number
  /** CreateTime of all its records, ms since the epoch. */
  readonly timestampMs: number
  /** It counts when its transaction does. Default false. */
  readonly isTransactional?: boolean
}

export const headBytes = 61
export const lengthEnd = 12
const crcAt = 17
const crcEnd = 21
export const magic = 2
export const transactionalBit = 0x10

/** One batch of these records; at least one. */
export function encodeRecordBatch(records: readonly NewRecord[], stamp: BatchStamp): Buffer {
  const bodies = records.map((record, index) => bodyBytes(record, index))
  const totalBytes = bodies.reduce((sum, bytes) => sum + varintBytes(bytes) + bytes, headBytes)
  const batch = Buffer.allocUnsafe(totalBytes)
  writeHead(batch, records.length, stamp)
  let at = headBytes
  for (const [index, record] of records.entries()) {
    at = writeVarint(batch, bodies[index]!, at)
    at = writeBody(batch, record, index, at)
  }
  batch.writeUInt32BE(crc32c(batch, crcEnd), crcAt)
  return batch
}

function writeHead(batch: Buffer, count: number, stamp: BatchStamp): void {
  const timestampMs = BigInt(stamp.timestampMs)
  batch.writeBigInt64BE(0n, 0)
  batch.writeInt32BE(batch.length - lengthEnd, 8)
  batch.writeInt32BE(-1, lengthEnd)
  batch.writeInt8(magic, 16)
  batch.writeInt16BE(stamp.isTransactional ? transactionalBit : 0, crcEnd)
  batch.writeInt32BE(count - 1, 23)
  batch.writeBigInt64BE(timestampMs, 27)
  batch.writeBigInt64BE(timestampMs, 35)
  batch.writeBigInt64BE(stamp.producerId, 43)
  batch.writeInt16BE(stamp.producerEpoch, 51)
  batch.writeInt32BE(stamp.firstSequence, 53)
  batch.writeInt32BE(count, 57)
}

function bodyBytes({ key, value, headers }: NewRecord, offsetDelta: number): number {
  let bytes = 2 + varintBytes(offsetDelta) + sizedBytes(key) + sizedBytes(value)
  let count = 0
  for (const [name, values] of headers) {
    const nameBytes = sizedBytes(nameOf(name))
    for (const each of values) bytes += nameBytes + sizedBytes(each)
    count += values.length
  }
  return bytes + varintBytes(count)
}

function writeBody(batch: Buffer, { key, value, headers }: NewRecord, offsetDelta: number, start: number): number {
  batch[start] = 0 // attributes
  batch[start + 1] = 0 // timestamp delta: all were made when the batch was
  let at = writeVarint(batch, offsetDelta, start + 2)
  at = writeSized(batch, key, at)
  at = writeSized(batch, value, at)
  let count = 0
  for (const values of headers.values()) count += values.length
  at = writeVarint(batch, count, at)
  for (const [name, values] of headers)
    for (const each of values) at = writeSized(batch, each, writeSized(batch, nameOf(name), at))
  return at
}

/** Header names are few and always the same ones. */
const nameOf = remembered(200, (name) => Buffer.from(name))

const sizedBytes = (bytes: Buffer | null): number => (bytes === null ? 1 : varintBytes(bytes.length) + bytes.length)

function writeSized(batch: Buffer, bytes: Buffer | null, at: number): number {
  if (bytes === null) return writeVarint(batch, -1, at)
  const start = writeVarint(batch, bytes.length, at)
  batch.set(bytes, start)
  return start + bytes.length
}

const zigzag = (number: number): number => ((number << 1) ^ (number >> 31)) >>> 0

function varintBytes(number: number): number {
  let bytes = 1
  for (let rest = zigzag(number) >>> 7; rest !== 0; rest >>>= 7) bytes++
  return bytes
}

function writeVarint(batch: Buffer, number: number, start: number): number {
  let at = start
  let rest = zigzag(number)
  for (; rest > 127; rest >>>= 7) batch[at++] = (rest & 127) | 128
  batch[at] = rest
  return at + 1
}
