// Letters of delay itself: what could not be forwarded, seen and sent on its way again by an operator.
import { expect, test } from 'vitest'
import type { App } from '../../../app/app.ts'
import { letterDesk } from '../../../consumers/letters/letterDesk.ts'
import { newSecret, parseKeyring } from '../../../process/keyring.ts'
import { silentLog } from '../../../process/log.ts'
import { Producer } from '../../../producers/producer.ts'
import { Codec } from '../../../schemas/codec.ts'
import { memoryRegistry } from '../../../schemas/registry/memoryRegistry.ts'
import { all, somebody } from '../consumers/memoryDesk.ts'
import { app, type DelayBench, delayBench, startMs } from './delayBench.ts'

async function deskOf({ catalogue, log, clock }: DelayBench) {
  const registry = memoryRegistry()
  for (const { name, schema } of catalogue.subjects) await registry.register(name, schema)
  const keyring = parseKeyring(newSecret(), 'delayed')
  const producer = new Producer({ kafka: log, log: silentLog, clock })
  const codec = new Codec({ registry })
  return letterDesk({ app: app as App, catalogue, log, producer, codec, keyring, clock, logger: silentLog })
}

const groups = ['delayed.subscribers.one.retry', 'delayed.subscribers.two.retry'] as const

/** One event without a key that two subscribers have put off, each to its retry topic, which is not there. */
async function bothDead(): Promise<DelayBench> {
  const bench = await delayBench()
  await bench.process()
  const dueMs = startMs + 1_000
  await bench.put(groups.map((topic) => ({ value: topic, waiting: { dueMs, to: { topic, partition: 0 } } })))
  await bench.pass(3_000)
  return bench
}

const create = (bench: DelayBench) =>
  bench.log.admin.create(groups.map((name) => ({ name, partitions: 3, replicas: 1, config: {} })))

test('one record that two groups have put off is two letters, each of its own, and both are redriven', async () => {
  const bench = await bothDead()
  const desk = await deskOf(bench)
  const [list] = await desk.list('delay', {}, { limit: 9 })
  expect(list).toMatchObject({ total: 2, open: 2 })
  expect(list!.letters.map(({ id }) => id).sort()).toEqual(
    groups.map((topic) => `delay/${topic}/0/delayed.requests.wait/0/0/1`),
  )
  for (const { id } of list!.letters) expect(await desk.show('delay', id)).toMatchObject({ id })
  await create(bench)
  expect((await all(desk.redrive('delay', {}, somebody))).at(-1)).toMatchObject({ kind: 'done', redriven: 2 })
  await bench.pass(3_000)
  for (const topic of groups) expect((await bench.all(topic)).map(({ value }) => String(value))).toEqual([topic])
})

test('a trial of them goes well where they get to where they were to go', async () => {
  const bench = await bothDead()
  await create(bench)
  const redriving = all((await deskOf(bench)).redrive('delay', {}, { ...somebody, first: 2 }))
  await bench.pass(5_000)
  expect((await redriving).slice(-3)).toMatchObject([
    { kind: 'verdict', verdict: 'handled' },
    { kind: 'verdict', verdict: 'handled' },
    { kind: 'done', redriven: 2 },
  ])
})

test('a trial of them tells of one that died again, and of which', async () => {
  const bench = await bothDead()
  await bench.log.admin.create([{ name: groups[0], partitions: 3, replicas: 1, config: {} }])
  const redriving = all((await deskOf(bench)).redrive('delay', {}, { ...somebody, first: 2 }))
  await bench.pass(5_000)
  const verdicts = (await redriving).flatMap((each) =>
    each.kind === 'verdict' ? [[each.letter.id.split('/')[1], each.verdict]] : [],
  )
  expect(verdicts.sort()).toEqual([
    [groups[0], 'handled'],
    [groups[1], 'died'],
  ])
})
