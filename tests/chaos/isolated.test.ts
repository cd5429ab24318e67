import { setTimeout as sleep } from 'node:timers/promises'
import { expect, inject, test, vi } from 'vitest'
import { type Running, realSystem } from '../e2e/realSystem.ts'
import { isLong, patience, say } from './stage.ts'

/** Longer than a session (10 s), so that a blocked process would lose its place. */
const busyMs = isLong ? 30_000 : 12_000

const logged = (workers: readonly Running[], name: string) =>
  workers.flatMap(({ lines }) => lines.filter(({ event }) => event === name))

test('loops that never yield cost no membership under isolate: their threads are ended at the timeout, and all else goes on meanwhile', async () => {
  const errand = await realSystem(inject('system'), {
    app: 'tests/threaded.ts',
    type: 'compute',
    env: { THREADED_TIMEOUT_MS: String(busyMs) },
  })
  const { url } = await errand.start('api', 'callbacks', 'delay')
  const workers = await Promise.all([errand.start('workers'), errand.start('workers')])
  await sleep(2_000) // the group has settled
  const joins = () => logged(workers, 'group.joined').length
  const before = joins()
  const headers = { authorization: `Bearer ${errand.apiKey}`, 'content-type': 'application/json' }
  const ask = async (type: string, data: object): Promise<string> => {
    const body = JSON.stringify({ data, callback: { url: errand.callbackUrl } })
    const answer = await fetch(`${url}/v1/requests/${type}`, { method: 'POST', headers, body })
    expect(answer.status).toBe(202)
    return ((await answer.json()) as { id: string }).id
  }
  const busy = await ask('compute', { what: 'spins', ms: 3_600_000 })
  await vi.waitFor(() => expect(logged(workers, 'work.began')).toHaveLength(1), patience)
  const askedMs = new Map<string, number>()
  const untilMs = Date.now() + busyMs * 2
  while (Date.now() < untilMs) {
    const nowMs = Date.now()
    askedMs.set(await ask('wait', { what: 'sleeps', ms: 10 }), nowMs)
    await sleep(50)
  }
  const computed = await ask('compute', { what: 'spins', ms: 100 })
  await vi.waitFor(() => {
    const told = new Map(errand.callbacks.map(({ id, type }) => [id, type]))
    expect(told.get(busy)).toBe('compute.failed')
    expect(told.get(computed)).toBe('compute.succeeded')
    expect([...askedMs.keys()].filter((id) => !told.has(id))).toEqual([])
  }, patience)
  const endsOf = (id: string) => logged(workers, 'request.handled').filter((each) => each.id === id)
  await vi.waitFor(() => expect(endsOf(busy)).toHaveLength(2), patience) // a callback is quicker than the line of a log
  const ends = endsOf(busy)
  expect(ends.map(({ code }) => code)).toEqual(['timed-out', 'retries-exhausted'])
  for (const { durationMs } of ends) expect(Math.abs(Number(durationMs) - busyMs)).toBeLessThan(busyMs / 2)
  expect(logged(workers, 'thread.terminated')).toHaveLength(2)
  expect(joins()).toBe(before)
  expect(logged(workers, 'eventLoop.blocked')).toEqual([])
  const latencies = logged(workers, 'request.handled')
    .flatMap(({ id, time }) => (askedMs.has(String(id)) ? [Date.parse(String(time)) - askedMs.get(String(id))!] : []))
    .toSorted((a, b) => a - b)
  const at = (share: number): number => latencies[Math.floor(latencies.length * share)]!
  say(
    `a loop of ${busyMs / 1_000} s, twice: ${latencies.length} requests meanwhile, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, worst ${at(0.9999)} ms`,
  )
  expect(at(0.99)).toBeLessThan(busyMs / 4)
  await Promise.all(workers.map(({ program }) => program.stop()))
  expect(await Promise.all(workers.map(({ program }) => program.ended))).toEqual([0, 0])
})
