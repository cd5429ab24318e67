// Keyed records must go where every other client sends the same key.
import fc from 'fast-check'
import { Partitioners } from 'kafkajs'
import { describe, expect, it } from 'vitest'
import { murmur2 } from '../../../kafka/murmur2.ts'
import { partitionFor } from '../../../kafka/partition.ts'

/** As kafkajs would choose, which is held to be Java's. */
const kafkajsPartition = (key: Buffer, partitions: number): number =>
  Partitioners.DefaultPartitioner()({
    topic: 't',
    message: { key, value: null },
    partitionMetadata: Array.from({ length: partitions }, (_, partitionId) => ({
      partitionId,
      leader: 0,
      partitionErrorCode: 0,
      replicas: [0],
      isr: [0],
    })),
  })

describe('the partition of a key', () => {
  // org.apache.kafka.common.utils.UtilsTest.testMurmur2
  it.each([
    ['21', -973_932_308],
    ['foobar', -790_332_482],
    ['a-little-bit-long-string', -985_981_536],
    ['a-little-bit-longer-string', -1_486_304_829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58_897_971],
    ['abc', 479_470_107],
  ])('comes from the hash that Java computes: %s', (text, hash) => {
    expect(murmur2(Buffer.from(text))).toBe(hash)
  })

  it('is the one that kafkajs chooses, for any bytes and any number of partitions', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.integer({ min: 1, max: 300 }), (bytes, partitions) => {
        const key = Buffer.from(bytes)
        expect(partitionFor(key, partitions)).toBe(kafkajsPartition(key, partitions))
      }),
      { numRuns: 1_000 },
    )
  })

  it('does not depend on where in its memory a key lies', () => {
    const shared = Buffer.from('...foobar...')
    expect(murmur2(shared.subarray(3, 9))).toBe(-790_332_482)
  })
})
