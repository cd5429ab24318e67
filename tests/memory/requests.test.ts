import { expect, test, vi } from 'vitest'
import { writeHeaders } from '../../kafka/headers.ts'
import { newRequestId } from '../../process/requestId.ts'
import { seen } from '../adder.ts'
import { type MemorySystem, memorySystem } from './memorySystem.ts'

type Resource = {
  readonly id: string
  readonly status: string
  readonly attempt: number
  readonly result?: unknown
  readonly error?: unknown
  readonly callback?: { readonly status: string }
}

const submit = async (errand: MemorySystem, url: string, data: object): Promise<Resource> => {
  const response = await errand.ask(url, { data, callback: { url: `${errand.receiverUrl}/here` } })
  expect(response.status).toBe(202)
  return (await response.json()) as Resource
}

const resource = async (errand: MemorySystem, url: string, id: string): Promise<Resource> =>
  (await (await errand.get(url, `/v1/requests/${id}?wait=10`)).json()) as Resource

const bodies = (errand: MemorySystem) => errand.callbacks.map(({ body }) => JSON.parse(body.toString()))

test('a request is accepted, done, shown and called back, and what its handler sent reaches every subscriber', async () => {
  const errand = await memorySystem()
  const { url } = await errand.start()
  const { id, status } = await submit(errand, url, { a: 2, b: 3 })
  expect(status).toBe('queued')
  await vi.waitFor(() => expect(errand.callbacks).toHaveLength(1))
  expect(errand.callbacks[0]).toMatchObject({
    verification: { kind: 'verified' },
    headers: { 'webhook-id': `${id}.1` },
  })
  expect(bodies(errand)[0]).toMatchObject({
    type: 'add.succeeded',
    data: { id, run: 1, status: 'succeeded', result: { sum: 5 } },
  })
  expect(await resource(errand, url, id)).toMatchObject({ status: 'succeeded', attempt: 1, result: { sum: 5 } })
  await vi.waitFor(async () =>
    expect(await resource(errand, url, id)).toMatchObject({ callback: { status: 'delivered' } }),
  )
  expect(await (await errand.get(url, `/v1/requests/${id}/result`)).json()).toMatchObject({ sum: 5 })
  await vi.waitFor(() =>
    expect([seen.logs, seen.sums].map((all) => all.filter(({ from }) => from === id).length)).toEqual([1, 1]),
  )
  const [event] = await errand.records(errand.system.catalogue.event('added'))
  expect(event!.headers.get('ce_id')!.toString()).toBe(`${id}.1.1`)
})

test('a rejection is told to the client as it is and leaves no dead letter', async () => {
  const errand = await memorySystem()
  const { url } = await errand.start()
  const { id } = await submit(errand, url, { a: 1, b: 1, mood: 'rejects' })
  await vi.waitFor(() => expect(errand.callbacks).toHaveLength(1))
  const error = { code: 'will-not', message: 'this is not to be added', details: { a: 1, b: 1 } }
  expect(bodies(errand)[0]).toMatchObject({ type: 'add.failed', data: { error } })
  expect(await resource(errand, url, id)).toMatchObject({ status: 'failed', error })
  expect(await errand.records(deadOf(errand))).toEqual([])
})

test('a rejection whose details have no JSON is told without them', async () => {
  const errand = await memorySystem()
  const { url } = await errand.start()
  await submit(errand, url, { a: 1, b: 1, mood: 'rejects-oddly' })
  await vi.waitFor(() => expect(errand.callbacks).toHaveLength(1))
  expect(bodies(errand)[0].data.error).toEqual({ code: 'odd', message: 'details that have no JSON' })
})

test.each(['broken', 'permanent'])(
  'a handler that gives up (%s) tells the client nothing internal, and leaves a dead letter with the original bytes (I4)',
  async (mood) => {
    const errand = await memorySystem()
    const { url } = await errand.start()
    const { id } = await submit(errand, url, { a: 1, b: 1, mood })
    await vi.waitFor(() => expect(errand.callbacks).toHaveLength(1), 10_000)
    expect(bodies(errand)[0]).toMatchObject({ type: 'add.failed', data: { id, error: { code: 'internal' } } })
    expect(errand.callbacks[0]!.body.toString()).not.toContain('secret')
    await vi.waitFor(async () => expect(await errand.records(deadOf(errand))).toHaveLength(1))
    const [letter] = await errand.records(deadOf(errand))
    const [original] = await errand.records(errand.system.catalogue.requests('add'))
    expect(letter!.value).toEqual(original!.value)
    expect(letter!.partition).toBe(original!.partition)
    expect(letter!.headers.get('errand-dead-message')!.toString()).toContain('a secret of ours')
    expect(letter!.headers.get('errand-dead-attempts')!.toString()).toBe(mood === 'broken' ? '3' : '1')
  },
)

test('a handler that fails twice succeeds at its third attempt', async () => {
  const errand = await memorySystem()
  const { url } = await errand.start()
  const { id } = await submit(errand, url, { a: 4, b: 4, mood: 'flaky' })
  expect(await resource(errand, url, id)).toMatchObject({ status: 'succeeded', attempt: 3, result: { sum: 8 } })
})

test('an outage of a dependency costs no attempt', async () => {
  const errand = await memorySystem()
  const { url } = await errand.start()
  const { id } = await submit(errand, url, { a: 4, b: 4, mood: 'unavailable' })
  expect(await resource(errand, url, id)).toMatchObject({ status: 'succeeded', attempt: 1 })
})

test('a request whose deadline has passed before its turn ends as expired, undone', async () => {
  const errand = await memorySystem()
  const api = await errand.start(['api', 'status', 'callbacks'])
  const response = await errand.ask(api.url, {
    data: { a: 1, b: 1 },
    deadline: new Date(Date.now() + 300).toISOString(),
    callback: { url: `${errand.receiverUrl}/here` },
  })
  const { id } = (await response.json()) as Resource
  await new Promise((resolve) => setTimeout(resolve, 310)) // a deadline is a point in real time
  await errand.start(['workers'])
  await vi.waitFor(() => expect(errand.callbacks).toHaveLength(1))
  expect(bodies(errand)[0]).toMatchObject({ type: 'add.expired', data: { id, error: { code: 'expired' } } })
  expect(await resource(errand, api.url, id)).toMatchObject({ status: 'expired' })
})

test('an undecodable record goes to the dead letters with its bytes, and the group goes on', async () => {
  const errand = await memorySystem()
  const { system } = errand
  const topic = system.catalogue.requests('add')
  const rubbish = [Buffer.from('rubbish'), Buffer.from([0, 0, 0, 0, 1]), Buffer.alloc(0), null]
  for (const value of rubbish)
    await system.producer.send(
      topic,
      { key: Buffer.from('k'), value, headers: new Map() },
      { kind: 'partition', partition: 0 },
    )
  const { url } = await errand.start()
  await vi.waitFor(
    async () => expect((await errand.records(deadOf(errand))).map(({ value }) => value)).toEqual(rubbish),
    5_000,
  )
  const { id } = await submit(errand, url, { a: 1, b: 2 })
  expect(await resource(errand, url, id)).toMatchObject({ status: 'succeeded' })
  await vi.waitFor(() => expect(errand.callbacks).toHaveLength(1))
})

test('a forged or missing seal: the work may be done, and nobody is called back', async () => {
  const errand = await memorySystem()
  const { system } = errand
  const { url } = await errand.start()
  const { id } = await submit(errand, url, { a: 1, b: 2 })
  await vi.waitFor(() => expect(errand.callbacks).toHaveLength(1))
  const topic = system.catalogue.requests('add')
  const [genuine] = await errand.records(topic)
  const encode = await system.codec.encoder(`${topic}-value`, system.app.requests.add!.input)
  const other = encode({ a: 40, b: 2, takesMs: 0, mood: '' })
  const headers = (changed: object) =>
    writeHeaders({ id, type: 'add', source: '/forger', timeMs: Date.now(), subject: id, run: 1, ...changed })
  const sealOf = genuine!.headers.get('errand-seal')![0]!
  const forgeries = [
    { value: other, headers: headers({}) },
    { value: other, headers: headers({ seal: sealOf }) },
    { value: genuine!.value, headers: headers({ seal: sealOf, run: 2 }) },
    { value: other, headers: headers({ seal: Buffer.alloc(60, 1), id: 'req_forged', subject: 'req_forged' }) },
  ]
  for (const record of forgeries)
    await system.producer.send(topic, { key: Buffer.from('k'), ...record }, { kind: 'turn' })
  await vi.waitFor(async () =>
    expect(await errand.records(system.catalogue.results)).toHaveLength(1 + forgeries.length),
  )
  const last = await submit(errand, url, { a: 5, b: 5 })
  await vi.waitFor(() => expect(bodies(errand).map(({ data }) => data.id)).toContain(last.id))
  expect(bodies(errand).map(({ data }) => [data.id, data.result.sum])).toEqual([
    [id, 3],
    [last.id, 10],
  ])
  expect(await resource(errand, url, id)).toMatchObject({ run: 1, result: { sum: 3 } })
})

test('of two results of one run the one with the lowest offset is the verdict, for the callback and the view alike', async () => {
  const errand = await memorySystem()
  const { system } = errand
  const { url } = await errand.start()
  const { id } = await submit(errand, url, { a: 1, b: 2 })
  await vi.waitFor(() => expect(errand.callbacks).toHaveLength(1))
  const [genuine] = await errand.records(system.catalogue.requests('add'))
  const { key, value, headers } = genuine!
  await system.producer.send(system.catalogue.requests('add'), { key, value, headers }, { kind: 'turn' })
  await vi.waitFor(async () => expect(await errand.records(system.catalogue.results)).toHaveLength(2))
  const [first] = await errand.records(system.catalogue.results)
  const last = await submit(errand, url, { a: 5, b: 5 })
  await vi.waitFor(() => expect(bodies(errand).map(({ data }) => data.id)).toContain(last.id))
  expect(bodies(errand).filter(({ data }) => data.id === id)).toHaveLength(1)
  expect(bodies(errand)[0].timestamp).toBe(first!.headers.get('ce_time')!.toString())
})

test('a callback that fails is sent again, byte for byte the same, under the same webhook-id (I5)', async () => {
  const errand = await memorySystem({ failures: 1 })
  const { url } = await errand.start()
  const { id } = await submit(errand, url, { a: 1, b: 2 })
  await vi.waitFor(() => expect(errand.callbacks).toHaveLength(2), 5_000)
  const [first, second] = errand.callbacks
  expect(second!.body).toEqual(first!.body)
  expect([first, second].map((each) => each!.headers['webhook-id'])).toEqual([`${id}.1`, `${id}.1`])
  expect([first, second].map((each) => each!.headers['errand-attempt'])).toEqual(['1', '2'])
  await vi.waitFor(async () =>
    expect(await resource(errand, url, id)).toMatchObject({ callback: { status: 'delivered', attempts: 2 } }),
  )
})

test('a store that was lost is rebuilt from the log, and nobody is called back a second time', async () => {
  const errand = await memorySystem()
  const first = await errand.start()
  const ids = []
  for (let a = 0; a < 5; a += 1) ids.push((await submit(errand, first.url, { a, b: 1 })).id)
  await vi.waitFor(() => expect(errand.callbacks).toHaveLength(5))
  await first.stop()
  errand.loseStore()
  const second = await errand.start()
  for (const [a, id] of ids.entries())
    expect(await resource(errand, second.url, id)).toMatchObject({ status: 'succeeded', result: { sum: a + 1 } })
  const [genuine] = await errand.records(errand.system.catalogue.requests('add'))
  const { key, value, headers } = genuine!
  await errand.system.producer.send(errand.system.catalogue.requests('add'), { key, value, headers }, { kind: 'turn' })
  const last = await submit(errand, second.url, { a: 5, b: 5 })
  await vi.waitFor(() => expect(bodies(errand).map(({ data }) => data.id)).toContain(last.id))
  expect(errand.callbacks).toHaveLength(6)
})

const deadOf = ({ system }: MemorySystem): string =>
  system.catalogue.groups.find(({ role }) => role === 'workers')!.failures!.dead

test('an id that was never queued is queued at first and 404 once status has passed its time', async () => {
  const errand = await memorySystem()
  const { url } = await errand.start()
  const id = newRequestId(errand.system.keyring, { type: 'add', client: 'development', timeMs: Date.now() - 10_500 })
  const statuses = new Set<number>()
  await vi.waitFor(async () => {
    const { status } = await errand.get(url, `/v1/requests/${id}`)
    statuses.add(status)
    expect(status).toBe(404)
  }, 10_000)
  expect([...statuses]).toEqual(expect.arrayContaining([404]))
  const { id: real } = await submit(errand, url, { a: 1, b: 1 })
  expect((await errand.get(url, `/v1/requests/${real}`)).status).toBe(200)
})
