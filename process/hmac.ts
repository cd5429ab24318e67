// HMAC-SHA-256 (RFC 2104), many a second: two digests over blocks that are kept, where node:crypto's Hmac object would cost
// three times as much. Digests are text, because a buffer of its own costs more than a digest.
import { hash, type KeyObject } from 'node:crypto'

/** Computes the MAC of a message, given in parts: text is its UTF-8. As latin1, a byte a character, for `Buffer.write`. */
export type Mac = (...parts: readonly (string | Uint8Array)[]) => string

const blockBytes = 64
const digestBytes = 32

/** MACs under one key of at most 64 bytes. It keeps a buffer as large as the largest message that it has seen. */
export function hmacSha256(key: KeyObject): Mac {
  let inner = Buffer.alloc(blockBytes + 512)
  const outer = Buffer.alloc(blockBytes + digestBytes)
  const bytes = Buffer.concat([key.export()], blockBytes)
  for (const [index, byte] of bytes.entries()) {
    inner[index] = byte ^ 0x36
    outer[index] = byte ^ 0x5c
  }
  return (...parts) => {
    const needed = parts.reduce(
      (sum, part) => sum + (typeof part === 'string' ? part.length * 3 : part.length),
      blockBytes,
    )
    if (needed > inner.length) inner = Buffer.concat([inner.subarray(0, blockBytes)], needed * 2)
    let end = blockBytes
    for (const part of parts) {
      if (typeof part === 'string') end += inner.write(part, end)
      else {
        inner.set(part, end)
        end += part.length
      }
    }
    outer.write(hash('sha256', inner.subarray(0, end), 'binary'), blockBytes, 'latin1')
    return hash('sha256', outer, 'binary')
  }
}
