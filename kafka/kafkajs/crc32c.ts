// CRC-32C (Castagnoli; RFC 3720 §12.1), which guards Kafka's record batches: four bytes at a time by four tables ("slicing").

const reversedPolynomial = 0x82f63b78

const tables: readonly Int32Array[] = Array.from({ length: 4 }, () => new Int32Array(256))
const [t0, t1, t2, t3] = tables as [Int32Array, Int32Array, Int32Array, Int32Array]

for (let byte = 0; byte < 256; byte++) {
  let rest = byte
  for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ reversedPolynomial : rest >>> 1
  t0[byte] = rest
}
for (let byte = 0; byte < 256; byte++)
  for (let index = 1; index < 4; index++) {
    const before = tables[index - 1]![byte]!
    tables[index]![byte] = (before >>> 8) ^ t0[before & 0xff]!
  }

/** Of `bytes` from `start` on, as an unsigned number. */
export function crc32c(bytes: Uint8Array, start = 0): number {
  let crc = -1
  let at = start
  for (const end = bytes.length - 3; at < end; at += 4) {
    crc ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    crc = t3[crc & 0xff]! ^ t2[(crc >>> 8) & 0xff]! ^ t1[(crc >>> 16) & 0xff]! ^ t0[crc >>> 24]!
  }
  for (; at < bytes.length; at++) crc = (crc >>> 8) ^ t0[(crc ^ bytes[at]!) & 0xff]!
  return ~crc >>> 0
}
