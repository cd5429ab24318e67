// Snappy as producers write it: bare, or in the chunks of Java's SnappyOutputStream ("xerial"). Read only.
import { Unpacking } from './unpacking.ts'

const chunked = Buffer.from([0x82, ...Buffer.from('SNAPPY'), 0])
const chunksFrom = 16

/** What was packed. Throws a RangeError for what is no Snappy, or where it holds more than `maxBytes`. */
export function unpackSnappy(packed: Buffer, maxBytes: number): Buffer {
  const unpacking = new Unpacking({ expectedBytes: 4 * packed.length, maxBytes })
  if (!packed.subarray(0, chunked.length).equals(chunked)) unpackBare(packed, 0, packed.length, unpacking)
  else
    for (let at = chunksFrom; at < packed.length; ) {
      const end = at + 4 + packed.readInt32BE(at)
      if (end <= at + 4 || end > packed.length) throw new RangeError('a Snappy chunk ends too early')
      unpackBare(packed, at + 4, end, unpacking)
      at = end
    }
  return unpacking.whole()
}

/** A length, which the elements tell anyway, and then elements: literals, and copies with a distance of 1, 2 or 4 bytes. */
function unpackBare(packed: Buffer, start: number, end: number, unpacking: Unpacking): void {
  let at = start
  while (packed.readUInt8(at++) >= 0x80);
  while (at < end) {
    const tag = packed.readUInt8(at++)
    const size = tag >> 2
    switch (tag & 3) {
      case 0: {
        const extra = Math.max(0, size - 59)
        const literals = (extra === 0 ? size : packed.readUIntLE(at, extra)) + 1
        unpacking.literal(packed, at + extra, at + extra + literals)
        at += extra + literals
        break
      }
      case 1:
        unpacking.copy(((tag >> 5) << 8) | packed.readUInt8(at++), (size & 7) + 4)
        break
      case 2:
        unpacking.copy(packed.readUInt16LE(at), size + 1)
        at += 2
        break
      default:
        unpacking.copy(packed.readUInt32LE(at), size + 1)
        at += 4
    }
  }
}
