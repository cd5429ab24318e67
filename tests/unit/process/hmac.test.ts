import { createHmac, createSecretKey } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hmacSha256 } from '../../../process/hmac.ts'

test('is HMAC-SHA-256 for any key and message, one after the other', () => {
  const keys = fc.uint8Array({ minLength: 1, maxLength: 64 })
  const parts = fc.oneof(fc.uint8Array({ maxLength: 700 }), fc.string({ unit: 'binary', maxLength: 700 }))
  const messages = fc.array(fc.array(parts, { maxLength: 4 }), { minLength: 1, maxLength: 5 })
  fc.assert(
    fc.property(keys, messages, (bytes, messages) => {
      const key = createSecretKey(bytes)
      const mac = hmacSha256(key)
      for (const message of messages) {
        const whole = Buffer.concat(message.map((part) => Buffer.from(part as string)))
        expect(mac(...message)).toBe(createHmac('sha256', key).update(whole).digest('binary'))
      }
    }),
  )
})
