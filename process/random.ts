// Random bytes from a pool: filling a few bytes at a time costs a call into OpenSSL each, which is most of their price.
import { randomFillSync } from 'node:crypto'

const pool = Buffer.allocUnsafeSlow(8_192)
let used = pool.length

/** So many bytes, at most a few dozen, from the cryptographically secure generator; a copy, for the pool is written over. */
export function randomBytes(count: number): Buffer {
  if (used + count > pool.length) {
    randomFillSync(pool)
    used = 0
  }
  used += count
  return Buffer.from(pool.subarray(used - count, used))
}
