// A consumer group of Python's confluent-kafka that our subscriber goes on with, and gives back.
import { randomUUID } from 'node:crypto'
import { beforeAll, expect, inject, test, vi } from 'vitest'
import { applyTopics } from '../../../bin/topics.ts'
import { type Others, others, patient, type TheirLine } from './others.ts'
import { python, type Running, setUpMs } from './python.ts'

beforeAll(() => python(), setUpMs)

const freshGroup = (): string => `their-billing-${randomUUID().slice(0, 8)}`
const order = (id: string) => ({ id, cents: 1 })
const orders = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, index) => ({ key: `k${index}`, value: order(`${prefix}-${index}`) }))
const idsOf = ({ lines }: Running<TheirLine>): string[] =>
  lines.flatMap(({ value }) => (value === undefined ? [] : [(value as { id: string }).id]))

/** A Python consumer that has handled everything so far, committed and left. */
async function handledBy(theirs: Others, group: string, count: number, options: object = {}): Promise<string[]> {
  const consumer = theirs.consume(group, { count, ...options })
  await consumer.ended
  return idsOf(consumer)
}

test('our subscriber goes on exactly where Python stopped, and Python where ours did', async () => {
  const theirs = await others()
  const group = freshGroup()
  await theirs.produce(orders('a', 60))
  const before = await handledBy(theirs, group, 60, { metadata: '{"written": "by Python"}' })
  await theirs.produce(orders('b', 60))
  const errand = await theirs.ours({ group, from: 'latest' })
  const { stop } = await errand.start()
  await vi.waitFor(() => expect(errand.seen.length).toBeGreaterThanOrEqual(60), patient)
  await theirs.produce(orders('c', 60))
  await vi.waitFor(() => expect(errand.seen.length).toBeGreaterThanOrEqual(120), patient)
  await stop()
  await theirs.produce(orders('d', 60))
  const after = await handledBy(theirs, group, 60, { config: { 'auto.offset.reset': 'error' } })
  const ours = errand.seen.map((each) => each.order.id)
  expect([...before, ...ours, ...after].toSorted()).toEqual(
    ['a', 'b', 'c', 'd'].flatMap((prefix) => orders(prefix, 60).map(({ value }) => value.id)).toSorted(),
  )
  const warned = errand.logged.filter(({ level }) => level !== 'info')
  expect(warned).toMatchObject([{ event: 'metadata.ignored', fields: { group } }])
})

test('while a Python member is there ours waits and says why; when it has left ours begins where it stopped', async () => {
  const theirs = await others()
  const group = freshGroup()
  await theirs.produce(orders('a', 10))
  const member = theirs.consume(group)
  await vi.waitFor(() => expect(idsOf(member)).toHaveLength(10), patient)
  const errand = await theirs.ours({ group })
  const { groups } = await errand.start()
  const said = () => errand.logged.filter(({ event }) => event === 'group.occupied')
  expect(said()).toMatchObject([{ fields: { why: expect.stringContaining('stop them all') } }])
  await theirs.produce(orders('b', 10))
  await vi.waitFor(() => expect(idsOf(member)).toHaveLength(20), patient)
  expect([groups[0]!.member.state, errand.seen]).toEqual(['joining', []])
  await member.stop()
  await theirs.produce(orders('c', 10))
  await vi.waitFor(() => expect(errand.seen).toHaveLength(10), patient)
  expect(errand.seen.every((each) => each.order.id.startsWith('c-'))).toBe(true)
  expect(groups[0]!.member.state).toBe('joined')
})

test('beside a Python member of the new protocol ours takes what it is given, and all when that has left', async () => {
  const theirs = await others()
  const group = freshGroup()
  const member = theirs.consume(group, { config: { 'group.protocol': 'consumer' } })
  await theirs.produce(orders('a', 30))
  await vi.waitFor(() => expect(idsOf(member)).toHaveLength(30), patient)
  const errand = await theirs.ours({ group })
  await errand.start()
  await theirs.produce(orders('b', 30))
  const handled = () => new Set([...idsOf(member), ...errand.seen.map((each) => each.order.id)])
  await vi.waitFor(() => expect(handled().size).toBe(60), patient)
  await member.stop()
  await theirs.produce(orders('c', 30))
  await vi.waitFor(() => expect(handled().size).toBe(90), patient)
  expect(idsOf(member).filter((id) => id.startsWith('c-'))).toEqual([])
})

test('a partition that Python has never read is read from its beginning, as nothing of it may be lost', async () => {
  const theirs = await others(3)
  const group = freshGroup()
  await theirs.produce([{ key: 'k1', value: order('read') }])
  await handledBy(theirs, group, 1)
  await theirs.produce(orders('meanwhile', 30))
  const errand = await theirs.ours({ group, from: 'latest' })
  await errand.start()
  await vi.waitFor(() => expect(errand.seen).toHaveLength(30), patient)
  expect(errand.seen.map((each) => each.order.id)).not.toContain('read')
})

test('a position beyond what is there begins at the oldest record, and says so', async () => {
  const theirs = await others(1)
  const group = freshGroup()
  await theirs.produce(orders('a', 5))
  await theirs.commit(group, [[0, 99]])
  const errand = await theirs.ours({ group })
  await errand.start()
  await vi.waitFor(() => expect(errand.seen).toHaveLength(5), patient)
  const { topic } = theirs
  expect(errand.logged).toContainEqual(
    expect.objectContaining({
      event: 'position.outOfRange',
      fields: expect.objectContaining({ topic, saved: '99', high: '5', goesOnAt: '0' }),
    }),
  )
})

test('a topic that is taken over is never changed, and a dead letter of a partition that it gets later has its place', async () => {
  const theirs = await others(2)
  const { admin } = theirs.log
  const before = await admin.describe([theirs.topic])
  const errand = await theirs.ours({ group: freshGroup() })
  await admin.grow([{ name: theirs.topic, partitions: 5 }])
  const plan = await applyTopics(admin, errand.catalogue)
  const { topics } = errand.catalogue
  const same = topics.map(() => 'same')
  expect(plan.map(({ kind }) => kind)).toEqual(['taken-over', 'grow', 'grow', ...same.slice(2)])
  expect((await applyTopics(admin, errand.catalogue)).map(({ kind }) => kind)).toEqual(['taken-over', ...same])
  const config = before.get(theirs.topic)!.config
  expect((await admin.describe([theirs.topic])).get(theirs.topic)).toMatchObject({ config, partitions: 5 })
  const record = { key: null, value: Buffer.from('rubbish'), headers: new Map() }
  await errand.producer.send(theirs.topic, record, { kind: 'partition', partition: 4 })
  await errand.start()
  await vi.waitFor(async () => expect(await errand.dead('billing')).toMatchObject([{ partition: 4 }]), patient)
})

test('the subject of a taken-over topic keeps its level and its versions until it is said otherwise', async () => {
  const theirs = await others()
  await theirs.produce([{ value: { id: 'a', cents: 1, placed: 1, channel: 'app' } }], { format: 'avro' })
  const subject = `${theirs.topic}-value`
  const url = inject('system').registryUrl
  const ask = async (path: string, init: RequestInit = {}) =>
    (await fetch(`${url}${path}`, { ...init, headers: { 'content-type': 'application/json' } })).json()
  await ask(`/config/${subject}`, { method: 'PUT', body: JSON.stringify({ compatibility: 'FORWARD' }) })
  await theirs.ours({ format: 'avro' }, { isKeyed: true })
  expect(await ask(`/subjects/${subject}/versions`)).toEqual([1])
  expect(await ask(`/config/${subject}`)).toMatchObject({ compatibilityLevel: 'FORWARD' })
})
