import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { newSecret, parseKeyring } from '../../../process/keyring.ts'
import { newRequestId } from '../../../process/requestId.ts'
import { type Envelope, type Sealed, seal, unseal } from '../../../process/seal.ts'

const secret = newSecret(3)
const keyring = parseKeyring(secret, 'flights')
const idAt = (timeMs: number) => newRequestId(keyring, { type: 'punctuality', client: 'c', timeMs })

const records: fc.Arbitrary<Sealed> = fc.record({
  kind: fc.constantFrom('request', 'result'),
  id: fc.integer({ min: 0, max: 4e12 }).map(idAt),
  run: fc.integer({ min: 1 }),
  type: fc.string(),
  value: fc.uint8Array().map((bytes) => Buffer.from(bytes)),
})
const envelopes: fc.Arbitrary<Envelope> = fc.record(
  { client: fc.string(), reference: fc.string(), callbackUrl: fc.webUrl(), deadlineMs: fc.nat() },
  { requiredKeys: ['client'] },
)

describe('a seal', () => {
  test('opens for its record, with what was sealed', () => {
    fc.assert(
      fc.property(records, envelopes, (record, envelope) => {
        expect(unseal(keyring, record, seal(keyring, record, envelope))).toEqual(envelope)
      }),
    )
  })

  test('opens for no other record, whatever is different', () => {
    fc.assert(
      fc.property(
        records,
        records,
        envelopes,
        fc.subarray(['kind', 'id', 'run', 'type', 'value']),
        (one, other, e, names) => {
          const changed = { ...one, ...Object.fromEntries(names.map((name) => [name, other[name as keyof Sealed]])) }
          const text = (record: Sealed) =>
            names.map((name) => String({ ...record, value: record.value.toString('hex') }[name as keyof Sealed]))
          const isSame = JSON.stringify(text(one)) === JSON.stringify(text(other))
          expect(unseal(keyring, changed, seal(keyring, one, e)) !== undefined).toBe(isSame)
        },
      ),
    )
  })

  test('with any one bit flipped does not open', () => {
    const record: Sealed = { kind: 'request', id: idAt(1), run: 1, type: 'punctuality', value: Buffer.from('x') }
    const sealed = seal(keyring, record, { client: 'c', callbackUrl: 'https://example.com/' })
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const forged = Buffer.from(sealed)
      forged[bit >> 3]! ^= 1 << (bit & 7)
      expect(unseal(keyring, record, forged), `bit ${bit}`).toBeUndefined()
    }
    for (let length = 0; length < sealed.length; length += 1)
      expect(unseal(keyring, record, sealed.subarray(0, length)), `${length} bytes`).toBeUndefined()
    expect(unseal(keyring, record, Buffer.concat([sealed, Buffer.alloc(1)]))).toBeUndefined()
  })

  test('that is missing, or any bytes, does not open', () => {
    const record: Sealed = {
      kind: 'result',
      id: idAt(1),
      run: 1,
      type: 'punctuality.succeeded',
      value: Buffer.alloc(0),
    }
    expect(unseal(keyring, record, undefined)).toBeUndefined()
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(unseal(keyring, record, Buffer.from([1, 3, ...bytes]))).toBeUndefined()
      }),
    )
  })

  test('is of one secret and namespace, and outlives a turn of the keys', () => {
    const record: Sealed = { kind: 'request', id: idAt(1), run: 1, type: 'punctuality', value: Buffer.from('x') }
    const sealed = seal(keyring, record, { client: 'c' })
    expect(unseal(parseKeyring(newSecret(3), 'flights'), record, sealed)).toBeUndefined()
    expect(unseal(parseKeyring(secret, 'boats'), record, sealed)).toBeUndefined()
    const turned = parseKeyring(`${newSecret(4)},${secret}`, 'flights')
    expect(unseal(turned, record, sealed)).toEqual({ client: 'c' })
    expect(seal(turned, record, { client: 'c' })[1]).toBe(4)
  })

  test('is not made for what is no request id', () => {
    const record: Sealed = { kind: 'request', id: 'req_1', run: 1, type: 'punctuality', value: Buffer.alloc(0) }
    expect(() => seal(keyring, record, { client: 'c' })).toThrow('not a request id')
  })

  test('of the same record is different each time, and shows nothing of what is in it', () => {
    const record: Sealed = { kind: 'request', id: idAt(1), run: 1, type: 'punctuality', value: Buffer.from('x') }
    const [one, other] = [1, 2].map(() => seal(keyring, record, { client: 'somebody' }))
    expect(one).not.toEqual(other)
    expect(one!.includes('somebody')).toBe(false)
  })
})
