// HMAC-SHA-256 (RFC 2104), many a second: two digests over blocks that are kept, where node:crypto's Hmac object would cost
// three times as much. Digests are text, because a buffer of its own costs more than a digest.
import { hash, type KeyObject } from 'node:crypto'

/** Computes the MAC of a message, given in parts: text is its UTF-8. As latin1, a byte a character, for `Buffer.write`. */
export type Mac = (...parts: readonly (string | Uint8Array)[]) => string

const blockBytes = 64
const digestBytes = 32
/** As much of a message as most have; for a longer one a buffer is made and thrown away. */
const keptBytes = 2_048

/** MACs under one key of at most 64 bytes. */
export function hmacSha256(key: KeyObject): Mac {
  const bytes = key.export()
  if (bytes.length > blockBytes) throw new RangeError(`a key of ${bytes.length} bytes would have to be hashed first`)
  const inner = Buffer.alloc(blockBytes + keptBytes, 0x36)
  const outer = Buffer.alloc(blockBytes + digestBytes, 0x5c)
  for (const [index, byte] of bytes.entries()) {
    inner[index] = byte ^ 0x36
    outer[index] = byte ^ 0x5c
  }
  return (...parts) => {
    const most = parts.reduce(
      (sum, part) => sum + (typeof part === 'string' ? part.length * 3 : part.length),
      blockBytes,
    )
    const message = most <= inner.length ? inner : Buffer.concat([inner.subarray(0, blockBytes)], most)
    let end = blockBytes
    for (const part of parts) {
      if (typeof part === 'string') end += message.write(part, end)
      else {
        message.set(part, end)
        end += part.length
      }
    }
    outer.write(hash('sha256', message.subarray(0, end), 'binary'), blockBytes, 'latin1')
    return hash('sha256', outer, 'binary')
  }
}
