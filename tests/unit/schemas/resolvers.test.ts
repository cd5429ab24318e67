// How records of another version are read: with a resolver that is made once.
import { expect, onTestFinished, test, vi } from 'vitest'
import type { RecordType } from '../../../app/record.ts'
import { avroType } from '../../../schemas/avro/avro.ts'
import { Codec } from '../../../schemas/codec.ts'
import { memoryRegistry } from '../../../schemas/registry/memoryRegistry.ts'

const record = (...fields: readonly object[]): RecordType => ({
  name: 'Flight',
  schema: { type: 'record', name: 'Flight', fields },
})
const origin = { name: 'origin', type: 'string' }
const [v1, v2] = [record(origin), record(origin, { name: 'gate', type: 'string', default: '?' })]

test('a resolver is made once for a schema id and a record, however many records come in turn', async () => {
  const registry = memoryRegistry()
  for (const { schema } of [v1, v2]) await registry.register('s', schema)
  const codec = new Codec({ registry })
  const framed = (id: number, ...bytes: readonly number[]): Buffer => Buffer.from([0, 0, 0, 0, id, ...bytes])
  let proto = avroType(v1.schema)
  while (!Object.hasOwn(proto, 'createResolver')) proto = Object.getPrototypeOf(proto)
  const made = vi.spyOn(proto, 'createResolver')
  onTestFinished(() => void vi.restoreAllMocks())
  for (let count = 0; count < 50; count += 1) {
    expect(await codec.decode(framed(2, 2, 65, 2, 66), v1)).toEqual({ origin: 'A' })
    expect(await codec.decode(framed(1, 2, 65), v2)).toEqual({ origin: 'A', gate: '?' })
    expect(await codec.decode(framed(1, 2, 65), v1)).toEqual({ origin: 'A' })
  }
  const madeBy = ({ schema }: RecordType) => made.mock.contexts.filter((each) => each === avroType(schema)).length
  expect([madeBy(v1), madeBy(v2)]).toEqual([1, 1])
})
