import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { newSecret, parseKeyring } from '../../../process/keyring.ts'
import { newRequestId, parseRequestId } from '../../../process/requestId.ts'

const secret = newSecret(7)
const keyring = parseKeyring(secret, 'flights')
const said = fc.record({ type: fc.string(), client: fc.string(), timeMs: fc.integer({ min: 0, max: 2 ** 48 - 1 }) })
const digits = '0123456789abcdefghijklmnopqrstuv'

describe('a request id', () => {
  test('says its time, type and client to whoever has the key (I9)', () => {
    fc.assert(
      fc.property(said, fc.string(), ({ type, client, timeMs }, other) => {
        fc.pre(other !== type && other !== client)
        const id = parseRequestId(keyring, newRequestId(keyring, { type, client, timeMs }))!
        expect(id.timeMs).toBe(timeMs)
        expect([id.isType(type), id.isClient(client)]).toEqual([true, true])
        expect([id.isType(other), id.isClient(other)]).toEqual([false, false])
      }),
    )
  })

  test('with any one digit changed is not ours', () => {
    fc.assert(
      fc.property(said, fc.nat(47), fc.nat(31), (about, at, digit) => {
        const id = newRequestId(keyring, about)
        const place = 'req_'.length + at
        fc.pre(id[place] !== digits[digit])
        const forged = id.slice(0, place) + digits[digit] + id.slice(place + 1)
        expect(parseRequestId(keyring, forged)).toBeUndefined()
      }),
    )
  })

  test('of another secret, namespace or key number is not ours', () => {
    const id = newRequestId(keyring, { type: 'punctuality', client: 'c', timeMs: 1 })
    expect(parseRequestId(parseKeyring(newSecret(7), 'flights'), id)).toBeUndefined()
    expect(parseRequestId(parseKeyring(secret, 'boats'), id)).toBeUndefined()
    expect(parseRequestId(parseKeyring(secret.replace('7:', '8:'), 'flights'), id)).toBeUndefined()
  })

  test('made under an old key is still ours after the keys have turned', () => {
    const id = newRequestId(keyring, { type: 'punctuality', client: 'c', timeMs: 1 })
    const turned = parseKeyring(`${newSecret(8)},${secret}`, 'flights')
    expect(parseRequestId(turned, id)?.timeMs).toBe(1)
  })

  test('sorts by time as text', () => {
    fc.assert(
      fc.property(said, said, (one, other) => {
        fc.pre(one.timeMs < other.timeMs)
        expect(newRequestId(keyring, one) < newRequestId(keyring, other)).toBe(true)
      }),
    )
  })

  test('is never the same twice, however much is asked at one instant', () => {
    const about = { type: 'punctuality', client: 'c', timeMs: 1 }
    const ids = Array.from({ length: 2_000 }, () => newRequestId(keyring, about))
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('is nothing that merely looks like one', () => {
    const alike = fc
      .string({ unit: fc.constantFrom(...digits), minLength: 48, maxLength: 48 })
      .map((text) => `req_${text}`)
    fc.assert(
      fc.property(fc.oneof(fc.string(), alike), (text) => {
        expect(parseRequestId(keyring, text)).toBeUndefined()
      }),
    )
  })
})
