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
    fc.property(texts, texts, (text, boundTo) => {
      const sealed = encrypt(keyring, use, boundTo, text)
      expect([sealed[0], sealed[1]]).toEqual([2, 7])
      const decipher = createDecipheriv('aes-256-ctr', keyring.derive(7, use)!, sealed.subarray(2, 18))
      expect(decipher.update(sealed.subarray(18, -16), undefined, 'utf8') + decipher.final('utf8')).toBe(text)
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

test('uses no block of keystream twice, however long the texts are', () => {
  const seen = new Set<string>()
  const lengths = fc.array(fc.oneof(fc.nat(300), fc.integer({ min: 10_000, max: 16_300 })), {
    minLength: 1,
    maxLength: 60,
  })
  fc.assert(
    fc.property(lengths, (all) => {
      for (const length of all) {
        const sealed = encrypt(keyring, use, '', 'x'.repeat(length))
        expect(sealed.length).toBe(18 + length + 16)
        for (let block = 0; block < Math.ceil(length / 16); block++) {
          const counter = `${sealed.toString('hex', 2, 14)}/${sealed.readUInt32BE(14) + block}`
          expect(seen.has(counter)).toBe(false)
          seen.add(counter)
        }
      }
    }),
    { numRuns: 30 },
  )
})

test('gives the empty text a nonce of its own too, as the first under a key', () => {
  const nonces = Array.from({ length: 100 }, () => {
    const sealed = encrypt(parseKeyring(newSecret(7), 'flights'), use, '', '')
    return sealed.toString('hex', 2, 14)
  })
  expect(new Set(nonces).size).toBe(100)
  expect(nonces.every((nonce) => !/^0+$/.test(nonce))).toBe(true)
  const secret = newSecret(7)
  expect(decrypt(parseKeyring(secret, 'f'), use, '', encrypt(parseKeyring(secret, 'f'), use, '', ''))).toBe('')
})

test('neither seals more than is ever needed nor looks at more', () => {
  expect(() => encrypt(keyring, use, '', 'x'.repeat(17_000))).toThrow(RangeError)
  const large = Buffer.alloc(1_000_000, 2)
  large[1] = 7
  expect(decrypt(keyring, use, '', large)).toBeUndefined()
})
