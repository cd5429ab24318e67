// What kafkajs hands over, as the port has it.
import { expect, test } from 'vitest'
import { toRecord } from '../../../kafka/kafkajs/record.ts'

const message = { offset: '7', key: null, value: null, headers: {} }

test.each([
  ['1700000000000', 1_700_000_000_000],
  ['-1', -1],
  ['-8000000000000000000', 0],
  ['9223372036854775807', 0],
])('a record of the time %s, which brokers take, has one that a Date has', (timestamp, timestampMs) => {
  const record = toRecord({ topic: 't', partition: 0 }, { ...message, timestamp })
  expect(record.timestampMs).toBe(timestampMs)
  expect(() => new Date(record.timestampMs).toISOString()).not.toThrow()
})
