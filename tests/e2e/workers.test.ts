import { expect, inject, test, vi } from 'vitest'
import { atOnce, type RealSystem, realSystem } from './realSystem.ts'

const patient = { timeout: 90_000, interval: 100 }

/** Asks `count` times; the ids in the order of their 202. */
async function askMany(errand: RealSystem, url: string, count: number, data: object): Promise<string[]> {
  const ids: string[] = []
  await atOnce(Array.from({ length: count }).keys(), 32, async (a) => {
    const response = await errand.ask(url, { a, b: 1, ...data })
    expect(response.status).toBe(202)
    ids.push(((await response.json()) as { id: string }).id)
  })
  return ids
}

const calledBack = (errand: RealSystem): ReadonlySet<string> => new Set(errand.callbacks.map(({ id }) => id))

test('two workers share the requests, and each request has one verdict and one callback', async () => {
  const errand = await realSystem(inject('system'))
  const { url } = await errand.start('api', 'status', 'callbacks', 'delay')
  const workers = await Promise.all([errand.start('workers'), errand.start('workers')])
  const ids = await askMany(errand, url, 200, { takesMs: 20 })
  await vi.waitFor(() => expect(calledBack(errand).size).toBe(200), patient)
  expect([...calledBack(errand)].sort()).toEqual([...ids].sort())
  const pids = new Set(errand.callbacks.map(({ result }) => (result as { pid: number }).pid))
  expect(pids).toEqual(new Set(workers.map(({ program }) => program.pid)))
  expect(errand.callbacks.map(({ webhookId }) => webhookId).sort()).toEqual(ids.map((id) => `${id}.1`).sort())
  await Promise.all(workers.map(({ program }) => program.stop()))
  expect(await Promise.all(workers.map(({ program }) => program.ended))).toEqual([0, 0])
})

test('a worker and the API die by SIGKILL in the middle of 500 requests: each accepted request still ends with one verdict and its callback, and GET answers', async () => {
  const errand = await realSystem(inject('system'))
  const api = await errand.start('api')
  await errand.start('callbacks', 'status', 'delay')
  const [victim] = await Promise.all([errand.start('workers'), errand.start('workers')])
  const ids = await askMany(errand, api.url, 500, { takesMs: 400 })
  await vi.waitFor(() => expect(calledBack(errand).size).toBeGreaterThan(50), patient)
  await Promise.all([victim.program.stop('SIGKILL'), api.program.stop('SIGKILL')])
  expect(calledBack(errand).size).toBeLessThan(500)
  const again = await errand.start('api')
  const states = await Promise.all(ids.map(async (id) => (await errand.get(again.url, `/v1/requests/${id}`)).status))
  expect(new Set(states)).toEqual(new Set([200]))
  await vi.waitFor(() => expect(calledBack(errand).size).toBe(500), patient)
  const answers = new Map<string, Set<string>>()
  for (const { id, result } of errand.callbacks)
    answers.set(id, (answers.get(id) ?? new Set()).add(JSON.stringify(result)))
  expect([...answers.values()].every((said) => said.size === 1)).toBe(true)
  await atOnce(ids, 16, async (id) => {
    const resource = (await (await errand.get(again.url, `/v1/requests/${id}?wait=30`)).json()) as {
      status: string
      result: unknown
    }
    expect(resource.status).toBe('succeeded')
    expect([...answers.get(id)!]).toEqual([JSON.stringify(resource.result)])
  })
})

test('requests of one client and ordering key are done in order, one at a time', async () => {
  const errand = await realSystem(inject('system'))
  const { url } = await errand.start('api', 'status', 'callbacks', 'delay')
  const workers = await Promise.all([errand.start('workers'), errand.start('workers')])
  for (let a = 0; a < 20; a += 1) {
    const response = await errand.ask(
      url,
      { a, b: 0, takesMs: 5 },
      { orderingKey: `key-${a % 2}`, callback: { url: errand.callbackUrl } },
    )
    expect(response.status).toBe(202)
  }
  await vi.waitFor(() => expect(calledBack(errand).size).toBe(20), patient)
  const results: { sum: number; partition: number; offset: bigint }[] = []
  const done = workers.flatMap(({ lines }) => lines.filter(({ event }) => event === 'request.handled'))
  expect(done).toHaveLength(20)
  for await (const { key, partition, offset, value } of errand.system.kafka.read(
    errand.system.catalogue.requests('add'),
    { from: 'earliest' },
  ))
    if (key && value) results.push({ sum: 0, partition, offset })
  expect(new Set(results.map(({ partition }) => partition)).size).toBeLessThanOrEqual(2)
  const order = (parity: number) =>
    errand.callbacks.map(({ result }) => (result as { sum: number }).sum).filter((sum) => sum % 2 === parity)
  const finished = await Promise.all(
    errand.callbacks.map(async ({ id, result }) => ({
      sum: (result as { sum: number }).sum,
      at: ((await (await errand.get(url, `/v1/requests/${id}?wait=10`)).json()) as { finishedAt: string }).finishedAt,
    })),
  )
  for (const parity of [0, 1]) {
    const own = finished.filter(({ sum }) => sum % 2 === parity).sort((one, other) => one.sum - other.sum)
    expect(own.map(({ at }) => at)).toEqual(own.map(({ at }) => at).sort())
    expect(order(parity)).toHaveLength(10)
  }
})
