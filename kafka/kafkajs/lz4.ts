// LZ4 frames as producers write them (lz4 Frame format 1.6, Block format): read only. Checksums are not checked: the batch
// around the frame has one.
import { Unpacking } from './unpacking.ts'

const magic = 0x184d2204
const flags = { blockChecksum: 0x10, contentSize: 0x08, dictionary: 0x01 }
const uncompressed = 0x8000_0000

/** The content of a frame. Throws a RangeError for what is none, or where it holds more than `maxBytes`. */
export function unpackLz4(frame: Buffer, maxBytes: number): Buffer {
  if (frame.readUInt32LE(0) !== magic) throw new RangeError('records are said to be LZ4 and are not')
  const flag = frame.readUInt8(4)
  const unpacking = new Unpacking({ expectedBytes: 4 * frame.length, maxBytes })
  let at = 7 + (flag & flags.contentSize ? 8 : 0) + (flag & flags.dictionary ? 4 : 0)
  for (;;) {
    const size = frame.readUInt32LE(at)
    if (size === 0) return unpacking.whole()
    const [start, end] = [at + 4, at + 4 + (size & ~uncompressed)]
    if (end > frame.length) throw new RangeError('an LZ4 block ends too early')
    if (size & uncompressed) unpacking.literal(frame, start, end)
    else unpackBlock(frame, start, end, unpacking)
    at = end + (flag & flags.blockChecksum ? 4 : 0)
  }
}

/** Sequences of literals and a copy each; the last has literals alone. */
function unpackBlock(frame: Buffer, start: number, end: number, unpacking: Unpacking): void {
  let at = start
  /** A length of 15 goes on in the bytes that follow, as long as they are 255. */
  const lengthFrom = (nibble: number): number => {
    let length = nibble
    for (let more = nibble === 15; more; ) {
      const byte = frame.readUInt8(at++)
      length += byte
      more = byte === 255
    }
    return length
  }
  while (at < end) {
    const token = frame.readUInt8(at++)
    const literals = lengthFrom(token >> 4)
    unpacking.literal(frame, at, at + literals)
    at += literals
    if (at >= end) return
    const distance = frame.readUInt16LE(at)
    at += 2
    unpacking.copy(distance, lengthFrom(token & 15) + 4)
  }
}
