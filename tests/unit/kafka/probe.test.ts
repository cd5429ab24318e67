import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isWhole, observed, saslHandshake } from '../../../kafka/kafkajs/probe.ts'

/** As a broker answers: https://kafka.apache.org/protocol#The_Messages_SaslHandshake */
const answer = (question: Buffer, error: number, mechanisms: readonly string[]): Buffer => {
  const names = mechanisms.map((name) => Buffer.concat([int16(Buffer.byteLength(name)), Buffer.from(name)]))
  const body = Buffer.concat([question.subarray(8, 12), int16(error), int32(mechanisms.length), ...names])
  return Buffer.concat([int32(body.length), body])
}
const int16 = (value: number) => Buffer.from([value >> 8, value & 255])
const int32 = (value: number) => Buffer.from([value >>> 24, (value >> 16) & 255, (value >> 8) & 255, value & 255])

test('the question is SaslHandshake in version 1, with its own size', () => {
  const question = saslHandshake('scram-sha-256')
  expect(question.readInt32BE(0)).toBe(question.length - 4)
  expect([question.readInt16BE(4), question.readInt16BE(6)]).toEqual([17, 1])
  expect(question.toString('latin1', 16)).toBe('SCRAM-SHA-256')
})

test.each([
  [34, []],
  [33, ['PLAIN']],
  [0, ['PLAIN', 'SCRAM-SHA-512', 'OAUTHBEARER']],
])('error %i with %j is a broker with these mechanisms', (error, mechanisms) => {
  const data = answer(saslHandshake('plain'), error, mechanisms)
  expect(isWhole(data)).toBe(true)
  expect(isWhole(data.subarray(0, -1))).toBe(false)
  expect(observed({ kind: 'answered', data })).toEqual({ kind: 'broker', mechanisms })
})

test('whatever else is answered is no broker, and is not waited for', () => {
  expect(isWhole(Buffer.from('HTTP/1.1 400 Bad Request'))).toBe(true)
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      expect(observed({ kind: 'answered', data: Buffer.from(bytes) })).toEqual({ kind: 'closed' })
    }),
  )
})
