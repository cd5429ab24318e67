// Compressed records, unpacked: what these formats say, packed here in the plainest way, and whatever else may lie in a
// batch. That real producers' batches are read is shown in tests/integration/takeover/.
import { zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import kafkajs from 'kafkajs'
import { describe, expect, test } from 'vitest'
import { readCompressed } from '../../../kafka/kafkajs/codecs.ts'
import { unpackLz4 } from '../../../kafka/kafkajs/lz4.ts'
import { unpackSnappy } from '../../../kafka/kafkajs/snappy.ts'

const maxBytes = 1_000_000

/** Literals, or a copy of what came before. */
type Element = { readonly literal: Buffer } | { readonly distance: number; readonly length: number }

const element = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 400 }).map((bytes) => ({ literal: Buffer.from(bytes) })),
  fc.record({ distance: fc.integer({ min: 1, max: 600 }), length: fc.integer({ min: 4, max: 600 }) }),
)
/** Elements whose copies lie within what they copy from, and what they make. */
const plan = fc.array(element, { minLength: 1, maxLength: 12 }).map((drafts) => {
  const elements: Element[] = []
  let made = Buffer.alloc(0)
  for (const draft of [{ literal: Buffer.from('start') }, ...drafts]) {
    const each = 'literal' in draft ? draft : { ...draft, distance: Math.min(draft.distance, made.length) }
    elements.push(each)
    const [...bytes] = made
    if ('literal' in each) bytes.push(...each.literal)
    else for (let left = each.length; left > 0; left -= 1) bytes.push(bytes[bytes.length - each.distance]!)
    made = Buffer.from(bytes)
  }
  return { elements, made }
})

const extended = (length: number): number[] =>
  length < 15 ? [] : [...Array(Math.floor((length - 15) / 255)).fill(255), (length - 15) % 255]
const nibble = (length: number): number => Math.min(length, 15)
const littleEndian = (value: number, bytes: number): number[] =>
  Array.from({ length: bytes }, (_, index) => (value >>> (8 * index)) & 255)

function lz4Block(elements: readonly Element[]): Buffer {
  const bytes: number[] = []
  let literal = Buffer.alloc(0)
  for (const each of elements) {
    if ('literal' in each) {
      literal = Buffer.concat([literal, each.literal])
      continue
    }
    const length = each.length - 4
    bytes.push((nibble(literal.length) << 4) | nibble(length), ...extended(literal.length), ...literal)
    bytes.push(...littleEndian(each.distance, 2), ...extended(length))
    literal = Buffer.alloc(0)
  }
  bytes.push(nibble(literal.length) << 4, ...extended(literal.length), ...literal)
  return Buffer.from(bytes)
}

function lz4Frame(elements: readonly Element[], { checksums = false, size = false } = {}): Buffer {
  const header = [...littleEndian(0x184d2204, 4), 0x40 | (checksums ? 0x10 : 0) | (size ? 8 : 0), 0x70]
  const block = lz4Block(elements)
  const sum = checksums ? [1, 2, 3, 4] : []
  const plain = [...littleEndian(0x8000_0000 + 3, 4), ...Buffer.from('end'), ...sum]
  const blocks = [...littleEndian(block.length, 4), ...block, ...sum, ...plain]
  return Buffer.from([...header, ...(size ? littleEndian(0, 8) : []), 0, ...blocks, 0, 0, 0, 0])
}

function snappy(elements: readonly Element[]): Buffer {
  const bytes: number[] = [0x80, 0x01]
  for (const each of elements) {
    if ('literal' in each) {
      const size = each.literal.length - 1
      if (size < 60) bytes.push(size << 2, ...each.literal)
      else bytes.push(61 << 2, ...littleEndian(size, 2), ...each.literal)
      continue
    }
    for (let left = each.length; left > 0; ) {
      const length = Math.min(left, 11)
      left -= length
      if (length >= 4 && each.distance < 600 && each.distance % 3 === 0)
        bytes.push(((each.distance >> 8) << 5) | ((length - 4) << 2) | 1, each.distance & 255)
      else if (each.distance % 2 === 0) bytes.push(((length - 1) << 2) | 2, ...littleEndian(each.distance, 2))
      else bytes.push(((length - 1) << 2) | 3, ...littleEndian(each.distance, 4))
    }
  }
  return Buffer.from(bytes)
}

const chunked = (...chunks: readonly Buffer[]): Buffer => {
  const sized = chunks.flatMap((chunk) => {
    const size = Buffer.alloc(4)
    size.writeInt32BE(chunk.length)
    return [size, chunk]
  })
  return Buffer.concat([Buffer.from([0x82]), Buffer.from('SNAPPY'), Buffer.alloc(9), ...sized])
}

describe('unpacked', () => {
  test('LZ4 is what was packed, with or without checksums and sizes', () => {
    fc.assert(
      fc.property(plan, fc.boolean(), fc.boolean(), ({ elements, made }, checksums, size) => {
        const unpacked = unpackLz4(lz4Frame(elements, { checksums, size }), maxBytes)
        expect(unpacked).toEqual(Buffer.concat([made, Buffer.from('end')]))
      }),
    )
  })

  test('Snappy is what was packed, bare and in chunks', () => {
    fc.assert(
      fc.property(plan, ({ elements, made }) => {
        const packed = snappy(elements)
        expect(unpackSnappy(packed, maxBytes)).toEqual(made)
        expect(unpackSnappy(chunked(packed, packed), maxBytes)).toEqual(Buffer.concat([made, made]))
      }),
    )
  })

  test('whatever lies there ends as bytes or as a RangeError, also where it is cut short', () => {
    const bytes = fc.uint8Array({ maxLength: 60 }).map((each) => Buffer.from(each))
    const header = lz4Frame([]).subarray(0, 7)
    const cut = fc.tuple(plan, fc.nat()).map(([{ elements }, end]) => {
      const frame = lz4Frame(elements)
      return frame.subarray(0, end % frame.length)
    })
    const any = fc.oneof(
      bytes,
      bytes.map((each) => Buffer.concat([header, each])),
      cut,
      bytes.map((each) => chunked(each)),
    )
    fc.assert(
      fc.property(any, (packed) => {
        for (const unpack of [unpackLz4, unpackSnappy])
          try {
            expect(unpack(packed, maxBytes).length).toBeLessThanOrEqual(maxBytes)
          } catch (error) {
            expect(error).toBeInstanceOf(RangeError)
          }
      }),
      { numRuns: 2_000 },
    )
  })

  test('a few bytes that claim to hold much are refused at the bound', () => {
    const bomb = [{ literal: Buffer.from('a') }, { distance: 1, length: 2_000_000 }]
    expect(() => unpackLz4(lz4Frame(bomb), maxBytes)).toThrow('hold more than 1000000 bytes')
    expect(() => unpackSnappy(snappy(bomb), maxBytes)).toThrow('hold more than 1000000 bytes')
  })
})

type Codec = { decompress(bytes: Buffer): Promise<Buffer> }

test('kafkajs reads them, and zstd', async () => {
  readCompressed()
  const { CompressionCodecs, CompressionTypes } = kafkajs
  const codec = (type: number) => (CompressionCodecs as Record<number, () => Codec>)[type]!()
  const text = Buffer.from('records, records, records')
  expect(await codec(CompressionTypes.ZSTD).decompress(zstdCompressSync(text))).toEqual(text)
  expect(await codec(CompressionTypes.Snappy).decompress(snappy([{ literal: text }]))).toEqual(text)
  expect(await codec(CompressionTypes.LZ4).decompress(lz4Frame([{ literal: text }]))).toEqual(
    Buffer.concat([text, Buffer.from('end')]),
  )
})
