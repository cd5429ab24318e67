// MurmurHash2, 32 bits, as Kafka's Java client has it (org.apache.kafka.common.utils.Utils.murmur2).

const [seed, multiplier] = [0x9747b28c, 0x5bd1e995]

/** The hash as a signed 32-bit number. */
export function murmur2(data: Uint8Array): number {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  const whole = data.length - (data.length % 4)
  let hash = seed ^ data.length
  for (let at = 0; at < whole; at += 4) {
    const word = Math.imul(view.getInt32(at, true), multiplier)
    hash = Math.imul(hash, multiplier) ^ Math.imul(word ^ (word >>> 24), multiplier)
  }
  for (let at = data.length - 1; at >= whole; at--) hash ^= data[at]! << (8 * (at - whole))
  if (whole < data.length) hash = Math.imul(hash, multiplier)
  hash = Math.imul(hash ^ (hash >>> 13), multiplier)
  return hash ^ (hash >>> 15)
}
