// Records that other producers have compressed. kafkajs reads gzip alone; at a batch of any other kind its consumers end for
// good (facts C9). What Errand writes is not compressed.

import { promisify } from 'node:util'
import zlib from 'node:zlib'
import kafkajs from 'kafkajs'
import { ErrandError } from '../../app/errors.ts'
import { unpackLz4 } from './lz4.ts'
import { unpackSnappy } from './snappy.ts'

const { CompressionCodecs, CompressionTypes } = kafkajs
/** Of one batch, unpacked. */
const maxBytes = 256 * 1024 * 1024

/** Since Node 22.15. */
const unpackZstd: ((packed: Buffer) => Promise<Buffer>) | undefined =
  zlib.zstdDecompress &&
  ((packed) => promisify<Buffer, zlib.ZstdOptions, Buffer>(zlib.zstdDecompress)(packed, { maxOutputLength: maxBytes }))

const reading = (decompress: (packed: Buffer) => Buffer | Promise<Buffer>) => () => ({
  decompress: async (packed: Buffer) => decompress(packed),
  compress: async () => {
    throw new ErrandError('not-compressed', 'Errand compresses no records')
  },
})

/** Teaches kafkajs to read them; for the whole process, and as often as one likes. */
export function readCompressed(): void {
  CompressionCodecs[CompressionTypes.LZ4] = reading((packed) => unpackLz4(packed, maxBytes))
  CompressionCodecs[CompressionTypes.Snappy] = reading((packed) => unpackSnappy(packed, maxBytes))
  CompressionCodecs[CompressionTypes.ZSTD] = reading((packed) => {
    if (unpackZstd) return unpackZstd(packed)
    throw new ErrandError('zstd-unknown', 'these records are compressed with zstd, which needs Node 22.15 or newer')
  })
}
