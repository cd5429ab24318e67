// Records out of the batches in which brokers keep them (format 2, KIP-98; recordBatch.ts has the layout). kafkajs makes some
// ten objects of each, and copies for each header all that came before it.
import kafkajs from 'kafkajs'
import { ErrandError } from '../../app/errors.ts'
import type { Headers } from '../log.ts'
import { headBytes, lengthEnd, magic, transactionalBit } from './recordBatch.ts'

const { CompressionCodecs } = kafkajs

/** A record as kafkajs passes it on; to it `offset` and `timestamp` are texts, and numbers as good. */
export type ReadMessage = {
  readonly offset: number
  readonly timestamp: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: Headers
  readonly isControlRecord: boolean
  readonly batchContext: BatchContext
}

type BatchContext = { readonly producerId: string; readonly inTransaction: boolean }

type Head = {
  readonly end: number
  readonly count: number
  readonly firstOffset: number
  readonly firstTimestampMs: number
  /** The broker's time, where it has set it: that of all its records. */
  readonly appendedMs: number | undefined
  readonly isControlRecord: boolean
  readonly context: BatchContext
}

const magicEnd = 17
const [codecBits, appendTimeBit, controlBit] = [0x07, 0x08, 0x20]

/** Of all whole batches; a fetch may cut off the last one. Rejects where one is compressed and cannot be read. */
export async function readBatches(bytes: Buffer): Promise<ReadMessage[]> {
  const messages: ReadMessage[] = []
  for (let start = 0; start + magicEnd <= bytes.length; ) {
    const end = start + lengthEnd + bytes.readInt32BE(start + 8)
    requireFormat(bytes.readInt8(start + magicEnd - 1))
    if (end > bytes.length) break
    if (end < start + headBytes) throw broken()
    const head = headOf(bytes, start, end)
    const codec = bytes.readInt16BE(start + 21) & codecBits
    if (codec === 0) readRecords(bytes, start + headBytes, head, messages)
    else {
      const unpacked = await decompress(codec, bytes.subarray(start + headBytes, end))
      readRecords(unpacked, 0, { ...head, end: unpacked.length }, messages)
    }
    start = end
  }
  return messages
}

/** It lies at the same place in all formats. */
function requireFormat(format: number): void {
  if (format === magic) return
  throw new ErrandError(
    'records-too-old',
    `records of format ${format}, older than Kafka 0.11, cannot be read: have them copied by a client that can`,
  )
}

function headOf(bytes: Buffer, start: number, end: number): Head {
  const attributes = bytes.readInt16BE(start + 21)
  return {
    end,
    count: bytes.readInt32BE(start + 57),
    firstOffset: int64(bytes, start),
    firstTimestampMs: int64(bytes, start + 27),
    appendedMs: attributes & appendTimeBit ? int64(bytes, start + 35) : undefined,
    isControlRecord: (attributes & controlBit) !== 0,
    context: {
      producerId: String(bytes.readBigInt64BE(start + 43)),
      inTransaction: (attributes & transactionalBit) !== 0,
    },
  }
}

/** Offsets are exact up to 2^53; a time beyond it is none that a Date knows, and stays so. */
const int64 = (bytes: Buffer, at: number): number => bytes.readInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4)

async function decompress(codec: number, packed: Buffer): Promise<Buffer> {
  const make = CompressionCodecs[codec as keyof typeof CompressionCodecs] as
    | (() => { decompress(packed: Buffer): Promise<Buffer> })
    | undefined
  if (!make) throw new ErrandError('compression-unknown', `records are compressed in a way that is not known: ${codec}`)
  return make().decompress(packed)
}

function readRecords(bytes: Buffer, start: number, head: Head, into: ReadMessage[]): void {
  const { end, count, firstOffset, firstTimestampMs, appendedMs, isControlRecord, context } = head
  const reading = new Reading(bytes, start)
  for (let left = count; left > 0; left -= 1) {
    const next = reading.varint() + reading.at
    if (next > end || next <= reading.at) throw broken()
    reading.at += 1 // attributes, of which there are none
    const timestamp = appendedMs ?? firstTimestampMs + reading.varlong()
    if (appendedMs !== undefined) reading.varlong()
    const offset = firstOffset + reading.varint()
    const key = reading.sized()
    const value = reading.sized()
    const headers = reading.headers(next)
    if (reading.at > next) throw broken()
    into.push({ offset, timestamp, key, value, headers, isControlRecord, batchContext: context })
    reading.at = next
  }
}

const broken = (): ErrandError => new ErrandError('records-broken', 'a fetched batch of records is broken')

/** Of the headers of one record that are remembered. */
const mostNames = 50

const none: Headers = new Map()

/** Where a reading is. Numbers are zigzag varints. */
class Reading {
  readonly #bytes: Buffer
  readonly #names: { readonly start: number; readonly length: number; readonly text: string }[] = []
  at: number

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes
    this.at = at
  }

  /** 32 bits. */
  varint(): number {
    let byte = this.#bytes[this.at++]!
    if (byte < 128) return (byte >>> 1) ^ -(byte & 1)
    let value = byte & 127
    for (let shift = 7; byte >= 128 && shift < 35; shift += 7) {
      byte = this.#bytes[this.at++]!
      value |= (byte & 127) << shift
    }
    return (value >>> 1) ^ -(value & 1)
  }

  /** 64 bits, exact up to 2^53. */
  varlong(): number {
    let value = 0
    let factor = 1
    for (let byte = 128; byte >= 128 && factor < 2 ** 70; factor *= 128) {
      byte = this.#bytes[this.at++]!
      value += (byte & 127) * factor
    }
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }

  sized(): Buffer | null {
    const length = this.varint()
    if (length < 0) return null
    return this.#bytes.subarray(this.at, this.#forward(length))
  }

  /** They end before `end`. */
  headers(end: number): Headers {
    const count = this.varint()
    if (count <= 0) return none
    if (count > end - this.at) throw broken()
    const headers = new Map<string, readonly Buffer[]>()
    for (let index = 0; index < count; index += 1) {
      const name = this.#name(index)
      const value = this.sized()
      if (value === null) continue // which the port does not know
      const before = headers.get(name)
      headers.set(name, before ? [...before, value] : [value])
    }
    return headers
  }
  /** Records of one batch mostly have the same names in the same order. */
  #name(index: number): string {
    const length = this.varint()
    const start = this.at
    const end = this.#forward(length)
    const known = this.#names[index]
    if (known?.length === length && this.#isSame(known.start, start, length)) return known.text
    const text = this.#bytes.toString('utf8', start, end)
    if (index < mostNames) this.#names[index] = { start, length, text }
    return text
  }

  #isSame(one: number, other: number, length: number): boolean {
    for (let at = 0; at < length; at += 1) if (this.#bytes[one + at] !== this.#bytes[other + at]) return false
    return true
  }

  #forward(length: number): number {
    this.at += length
    return this.at
  }
}
