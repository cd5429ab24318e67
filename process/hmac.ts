// HMAC-SHA-256 (RFC 2104) of messages of one length, many a second: two digests over blocks that are kept, where node:crypto's
// Hmac object would cost three times as much.
import { hash, type KeyObject } from 'node:crypto'

const blockBytes = 64
const digestBytes = 32

/** Computes MACs under one key of at most 64 bytes, of messages of `messageBytes` each. */
export function hmacSha256(key: KeyObject, messageBytes: number): (message: Uint8Array) => Buffer {
  const [inner, outer] = [Buffer.alloc(blockBytes + messageBytes, 0x36), Buffer.alloc(blockBytes + digestBytes, 0x5c)]
  for (const [index, byte] of key.export().entries()) {
    inner[index] = byte ^ 0x36
    outer[index] = byte ^ 0x5c
  }
  return (message) => {
    inner.set(message, blockBytes)
    outer.write(hash('sha256', inner, 'binary'), blockBytes, 'latin1') // as text: a buffer of its own costs more than the digest
    return Buffer.from(hash('sha256', outer, 'binary'), 'latin1')
  }
}
