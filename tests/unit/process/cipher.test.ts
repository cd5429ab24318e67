// Encrypted text against Node's own AES in counter mode and HMAC, and against whoever changes a bit of it.
import { createDecipheriv, createHmac } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decrypt, encrypt } from '../../../process/cipher.ts'
import { newSecret, parseKeyring } from '../../../process/keyring.ts'

const keyring = parseKeyring(newSecret(7), 'flights')
const use = 'seal/2026-11-28'
const texts = fc.string({ unit: 'binary', maxLength: 3_000 }).filter((text) => text.isWellFormed())

test('is AES-256-CTR under a nonce of its own, and a tag of HMAC-SHA-256 over what it is bound to and all before it', () => {
  fc.assert(
    fc.property(texts, fc.string(), (text, boundTo) => {
      const sealed = encrypt(keyring, use, boundTo, text)
      expect([sealed[0], sealed[1]]).toEqual([2, 7])
      const iv = Buffer.concat([sealed.subarray(2, 14), Buffer.alloc(4)])
      const decipher = createDecipheriv('aes-256-ctr', keyring.derive(7, use)!, iv)
      expect(decipher.update(sealed.subarray(14, -16), undefined, 'utf8') + decipher.final('utf8')).toBe(text)
      const mac = createHmac('sha256', keyring.derive(7, `${use}/mac`)!)
      mac.update(`${boundTo.length}:${boundTo}`).update(sealed.subarray(0, -16))
      expect(sealed.subarray(-16)).toEqual(mac.digest().subarray(0, 16))
      expect(decrypt(keyring, use, boundTo, sealed)).toBe(text)
    }),
  )
})

test('reads nothing that was changed in a bit, cut, bound to something else, or of another use', () => {
  fc.assert(
    fc.property(texts, fc.nat(), fc.nat(), (text, place, length) => {
      const sealed = encrypt(keyring, use, 'this', text)
      const forged = Buffer.from(sealed)
      forged[(place >> 3) % sealed.length]! ^= 1 << (place & 7)
      expect(decrypt(keyring, use, 'this', forged)).toBeUndefined()
      expect(decrypt(keyring, use, 'this', sealed.subarray(0, length % sealed.length))).toBeUndefined()
      expect(decrypt(keyring, use, 'that', sealed)).toBeUndefined()
      expect(decrypt(keyring, 'client-secret', 'this', sealed)).toBeUndefined()
      expect(decrypt(keyring, use, 'this', sealed)).toBe(text)
    }),
  )
})

test('encrypts the same text differently each time', () => {
  const all = Array.from({ length: 1_000 }, () => encrypt(keyring, use, '', 'the same').toString('hex'))
  expect(new Set(all.map((each) => each.slice(4, 28))).size).toBe(1_000)
  expect(new Set(all.map((each) => each.slice(28, -32))).size).toBe(1_000)
})
