import { randomUUID } from 'node:crypto'
import { expect, inject, test, vi } from 'vitest'
import { writeHeaders } from '../../kafka/headers.ts'
import { added } from '../adder.ts'
import { type RealSystem, type Running, realSystem } from './realSystem.ts'

const patient = { timeout: 60_000, interval: 100 }

async function produce({ system }: RealSystem, count: number): Promise<string[]> {
  const topic = system.catalogue.event('added')
  const encode = await system.codec.encoder(`${topic}-value`, added.record)
  return Promise.all(
    Array.from({ length: count }, async (_, sum) => {
      const id = randomUUID()
      const headers = writeHeaders({ id, type: 'added', source: '/test', timeMs: Date.now(), run: 1 })
      await system.producer.send(
        topic,
        { key: Buffer.from(`k${sum % 7}`), value: encode({ sum, from: `k${sum % 7}` }), headers },
        { kind: 'key' },
      )
      return id
    }),
  )
}

const seenBy = (name: string, ...running: readonly Running[]): string[] =>
  running.flatMap(({ lines }) =>
    lines
      .filter(({ event, subscriber }) => event === 'added.seen' && subscriber === name)
      .map(({ event_id }) => String(event_id)),
  )

test('each group sees every event, and one that was stopped catches up later without the others noticing', async () => {
  const errand = await realSystem(inject('system'))
  const logs = await errand.start('subscribers', '--only', 'logs')
  const before = await errand.start('subscribers', '--only', 'sums')
  const first = await produce(errand, 300)
  await vi.waitFor(() => expect(seenBy('sums', before)).toHaveLength(300), patient)
  await before.program.stop()
  const second = await produce(errand, 300)
  await vi.waitFor(() => expect(seenBy('logs', logs)).toHaveLength(600), patient)
  const joins = logs.lines.filter(({ event }) => event === 'group.joined').length
  const after = await errand.start('subscribers', '--only', 'sums')
  await vi.waitFor(() => expect(seenBy('sums', after)).toHaveLength(300), patient)
  expect(seenBy('sums', before, after).sort()).toEqual([...first, ...second].sort())
  expect(seenBy('logs', logs).sort()).toEqual([...first, ...second].sort())
  expect(logs.lines.filter(({ event }) => event === 'group.joined')).toHaveLength(joins)
})

test('a record that one group cannot decode becomes its dead letter, and the other groups are not concerned', async () => {
  const errand = await realSystem(inject('system'))
  const topic = errand.system.catalogue.event('added')
  await errand.system.producer.send(
    topic,
    { key: Buffer.from('k'), value: Buffer.from('rubbish'), headers: new Map() },
    { kind: 'key' },
  )
  const both = await errand.start('subscribers')
  const ids = await produce(errand, 10)
  await vi.waitFor(() => expect([seenBy('logs', both).length, seenBy('sums', both).length]).toEqual([10, 10]), patient)
  expect(seenBy('logs', both).sort()).toEqual(ids.sort())
  for (const { role, failures } of errand.system.catalogue.groups) {
    if (role !== 'subscribers' || !failures) continue
    await vi.waitFor(async () => {
      const letters: (string | undefined)[] = []
      for await (const { value } of errand.system.kafka.read(failures.dead, { from: 'earliest' }))
        letters.push(value?.toString())
      expect(letters).toEqual(['rubbish'])
    }, patient)
  }
})
