// Letters of a whole system, redriven: what their groups make of them, and what clients see.
import { expect, test, vi } from 'vitest'
import { letterDesk } from '../../consumers/letters/letterDesk.ts'
import { controlName } from '../../kafka/catalogue.ts'
import { newJourney } from '../../kafka/journey.ts'
import { letterHeaders } from '../../kafka/letter.ts'
import { systemClock } from '../../process/clock.ts'
import { silentLog } from '../../process/log.ts'
import { undecodable } from '../../schemas/avro/avro.ts'
import { repaired, seen } from '../adder.ts'
import { all, somebody } from '../unit/consumers/memoryDesk.ts'
import { type MemorySystem, memorySystem } from './memorySystem.ts'

const deskOf = ({ system }: MemorySystem) =>
  letterDesk({ ...system, log: system.kafka, logger: silentLog, clock: systemClock })
const failuresOf = ({ system }: MemorySystem, name: string) =>
  system.catalogue.groups.find((group) => controlName(group) === name)!.failures!
const bodies = (errand: MemorySystem) => errand.callbacks.map(({ body }) => JSON.parse(body.toString()))

async function submit(errand: MemorySystem, url: string, data: object): Promise<string> {
  const response = await errand.ask(url, {
    data: { a: 1, b: 2, ...data },
    callback: { url: `${errand.receiverUrl}/x` },
  })
  return ((await response.json()) as { id: string }).id
}

const viewOf = async (errand: MemorySystem, url: string, id: string): Promise<unknown> =>
  (await errand.get(url, `/v1/requests/${id}`)).json()

const letters = (errand: MemorySystem, group: string) => errand.records(failuresOf(errand, group).dead)

test('a request that is redriven is run 2: its own result and callback under a new webhook-id; run 1’s stay as they were', async () => {
  const errand = await memorySystem()
  const { url } = await errand.start()
  const id = await submit(errand, url, { mood: 'worn' })
  await vi.waitFor(() => expect(errand.callbacks).toHaveLength(1), 5_000)
  await vi.waitFor(async () => expect(await letters(errand, 'workers.add')).toHaveLength(1), 5_000)
  const before = errand.callbacks[0]!.body
  const [firstResult] = await errand.records(errand.system.catalogue.results)
  await vi.waitFor(async () =>
    expect(await viewOf(errand, url, id)).toMatchObject({
      run: 1,
      status: 'failed',
      callback: { status: 'delivered' },
    }),
  )
  repaired.add(id)
  const events = await all(deskOf(errand).redrive('workers.add', { id }, { ...somebody, first: 1 }))
  expect(events.map((event) => (event.kind === 'verdict' ? event.verdict : event.kind))).toEqual([
    ...['planned', 'redriven', 'succeeded', 'done'],
  ])
  await vi.waitFor(() => expect(errand.callbacks).toHaveLength(2), 5_000)
  const [first, second] = errand.callbacks
  expect([first, second].map((each) => [each!.headers['webhook-id'], each!.verification.kind])).toEqual([
    [`${id}.1`, 'verified'],
    [`${id}.2`, 'verified'],
  ])
  expect(first!.body).toEqual(before)
  expect(bodies(errand)).toMatchObject([
    { type: 'add.failed', data: { id, run: 1, error: { code: 'internal' } } },
    { type: 'add.succeeded', data: { id, run: 2, result: { sum: 3 } } },
  ])
  await vi.waitFor(async () =>
    expect(await viewOf(errand, url, id)).toMatchObject({
      ...{ run: 2, status: 'succeeded', result: { sum: 3 }, callback: { status: 'delivered', attempts: 1 } },
    }),
  )
  const results = await errand.records(errand.system.catalogue.results)
  expect(results).toHaveLength(2)
  expect(results).toContainEqual(firstResult)
  expect(await errand.records(errand.system.catalogue.requests('add'))).toHaveLength(1)
})

test('a trial that dies again leaves all others as they are, and says why', async () => {
  const errand = await memorySystem()
  const { url } = await errand.start()
  for (let n = 0; n < 3; n += 1) await submit(errand, url, { mood: 'worn' })
  await vi.waitFor(async () => expect(await letters(errand, 'workers.add')).toHaveLength(3), 5_000)
  const events = await all(deskOf(errand).redrive('workers.add', {}, { ...somebody, first: 1 }))
  expect(events).toMatchObject([
    { kind: 'planned', letters: 3 },
    { kind: 'redriven', letters: 1 },
    { kind: 'verdict', verdict: 'died', why: expect.stringContaining('a part is worn') },
    { kind: 'stopped', because: 'trial', why: expect.stringContaining('a part is worn'), redriven: 1 },
  ])
  const [list] = await deskOf(errand).list('workers.add', {}, { limit: 9 })
  expect(list).toMatchObject({ total: 4, open: 3 })
  expect(list!.letters.map(({ run, redrives }) => [run, redrives]).toSorted()).toEqual([
    [1, 0],
    [1, 0],
    [2, 1],
  ])
})

test('a trial tells a rejection, and goes on after what went well', async () => {
  const errand = await memorySystem()
  const { url } = await errand.start()
  const ids = [await submit(errand, url, { mood: 'worn' }), await submit(errand, url, { mood: 'worn' })]
  await vi.waitFor(async () => expect(await letters(errand, 'workers.add')).toHaveLength(2), 5_000)
  const desk = deskOf(errand)
  const { letters: open } = (await desk.list('workers.add', {}, { limit: 9 }))[0]!
  const own = open.find(({ about }) => about === ids[0])!.id
  const edited = new Map([[own, { a: 1, b: 2, mood: 'rejects' }]])
  const events = await all(desk.redrive('workers.add', { id: own }, { ...somebody, first: 1, edited }))
  expect(events.slice(-2)).toMatchObject([
    { kind: 'verdict', verdict: 'rejected', why: 'failed: will-not: this is not to be added' },
    { kind: 'stopped', because: 'trial' },
  ])
  repaired.add(ids[1]!)
  const rest = await all(desk.redrive('workers.add', {}, { ...somebody, first: 5 }))
  expect(rest.slice(-2)).toMatchObject([
    { kind: 'verdict', verdict: 'succeeded' },
    { kind: 'done', redriven: 1 },
  ])
})

test('an event that was undecodable is handled once its schema is mended, by the group that is redriven alone', async () => {
  const errand = await memorySystem()
  const { system } = errand
  await errand.start(['subscribers'])
  const topic = system.catalogue.event('added')
  const from = `redrive-${Math.random()}`
  const next = await system.registry.register('later', {
    ...{ type: 'record', name: 'Added', namespace: 'adder' },
    fields: ['sum', 'from', 'more'].map((name) => ({ name, type: name === 'sum' ? 'int' : 'string' })),
  })
  const known = system.registry.schema
  const id = next.kind === 'registered' ? next.id : 0
  vi.spyOn(system.registry, 'schema').mockImplementation(async (asked) => {
    if (asked === id) throw undecodable('its schema is not Avro')
    return known(asked)
  })
  const text = Buffer.from(from)
  const value = Buffer.concat([Buffer.from([0, 0, 0, 0, id, 8, text.length * 2]), text, Buffer.from([0])])
  await system.producer.send(topic, { key: Buffer.from('k'), value, headers: new Map() }, { kind: 'key' })
  for (const group of ['subscribers.logs', 'subscribers.sums'])
    await vi.waitFor(async () => expect(await letters(errand, group)).toHaveLength(1), 5_000)
  const desk = deskOf(errand)
  const [list] = await desk.list('subscribers.logs', { code: 'undecodable' }, { limit: 9 })
  expect(await desk.show('subscribers.logs', list!.letters[0]!.id)).toMatchObject({ value: { kind: 'bytes' } })
  vi.restoreAllMocks()
  const events = await all(desk.redrive('subscribers.logs', {}, { ...somebody, first: 1 }))
  expect(events.slice(-2)).toMatchObject([
    { kind: 'verdict', verdict: 'handled' },
    { kind: 'done', redriven: 1 },
  ])
  expect(seen.logs.filter((each) => each.from === from)).toEqual([{ sum: 4, from }])
  expect(seen.sums.filter((each) => each.from === from)).toEqual([])
  expect(await errand.records(failuresOf(errand, 'subscribers.sums').retry)).toEqual([])
  expect(await errand.records(topic)).toHaveLength(1)
})

test('a callback that is redriven goes out again as the same run, byte for byte', async () => {
  const errand = await memorySystem()
  const { system } = errand
  const { url } = await errand.start()
  const id = await submit(errand, url, {})
  await vi.waitFor(() => expect(errand.callbacks).toHaveLength(1), 5_000)
  const [result] = await errand.records(system.catalogue.results)
  const { key, value, partition } = result!
  const death = { code: 'callback-failed', message: 'no answer', atMs: Date.now(), group: 'callbacks', worker: 'x/1' }
  const headers = letterHeaders(result!, { ...newJourney(result!), attempts: 5 }, death)
  await system.producer.send(
    failuresOf(errand, 'callbacks').dead,
    { key, value, headers },
    { kind: 'partition', partition },
  )
  const events = await all(deskOf(errand).redrive('callbacks', {}, { ...somebody, first: 1 }))
  expect(events.slice(-2)).toMatchObject([
    { kind: 'verdict', verdict: 'handled' },
    { kind: 'done', redriven: 1 },
  ])
  expect(errand.callbacks).toHaveLength(2)
  expect(errand.callbacks[1]!.headers['webhook-id']).toBe(`${id}.1`)
  expect(errand.callbacks[1]!.body).toEqual(errand.callbacks[0]!.body)
})

test('a record that claims another’s way hides no letter of its', async () => {
  const errand = await memorySystem()
  const { system } = errand
  const topic = system.catalogue.event('added')
  const to = { kind: 'partition', partition: 0 } as const
  const send = (headers: ReadonlyMap<string, readonly Buffer[]>) =>
    system.producer.send(topic, { key: null, value: Buffer.from('rubbish'), headers }, to)
  await send(
    new Map([
      ['errand-origin', [Buffer.from(`${topic}/0/1`)]],
      ['errand-redrives', [Buffer.from('9')]],
    ]),
  )
  await send(new Map())
  await errand.start(['subscribers'])
  await vi.waitFor(async () => expect(await letters(errand, 'subscribers.logs')).toHaveLength(2), 5_000)
  const [list] = await deskOf(errand).list('subscribers.logs', {}, { limit: 9 })
  expect(list!.letters.map((letter) => [letter.id, letter.redrives])).toEqual(
    expect.arrayContaining([
      [`subscribers.logs/${topic}/0/0/1`, 0],
      [`subscribers.logs/${topic}/0/1/1`, 0],
    ]),
  )
})

test('no letter is written before the broker has the failure that its client is told', async () => {
  const errand = await memorySystem()
  const { results } = errand.system.catalogue
  let refusals = 0
  errand.cluster.failAppends(({ topic }) => {
    if (topic !== results) return undefined
    refusals += 1
    return 'refused'
  })
  const { url } = await errand.start()
  await submit(errand, url, { mood: 'permanent' })
  await vi.waitFor(() => expect(refusals).toBeGreaterThan(2), 10_000)
  expect(await letters(errand, 'workers.add')).toEqual([])
  errand.cluster.failAppends()
  await vi.waitFor(async () => expect(await letters(errand, 'workers.add')).toHaveLength(1), 10_000)
  expect(await errand.records(results)).toHaveLength(1)
})
