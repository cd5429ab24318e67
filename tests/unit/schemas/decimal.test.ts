// How many bytes a decimal is made of: to make text of many is dear, and bytes are not believed.
import { expect, test } from 'vitest'
import { avroType } from '../../../schemas/avro/avro.ts'

const read = (type: object, bytes: Buffer): unknown => {
  const only = (each: unknown) => avroType({ type: 'record', name: 'R', fields: [{ name: 'it', type: each }] })
  const below = 'size' in type ? { type: 'fixed', name: 'F', size: bytes.length } : 'bytes'
  return only(type).fromBuffer(only(below).toBuffer({ it: bytes })).it
}
const decimal = (precision: number) => ({ type: 'bytes', logicalType: 'decimal', precision })

test('bytes are at most twice those that the precision needs, or 64', () => {
  for (const [precision, most] of [
    [10, 64],
    [1_000, 2 * 416],
  ] as const) {
    expect(read(decimal(precision), Buffer.alloc(most))).toBe('0')
    for (const count of [most + 1, 900_000])
      expect(() => read(decimal(precision), Buffer.alloc(count))).toThrow(`no decimal of ${precision} digits`)
  }
})

test('those of a fixed are as many as its size', () => {
  expect(read({ ...decimal(4), type: 'fixed', name: 'F', size: 100 }, Buffer.alloc(100))).toBe('0')
})
