// A receiver that is down, and those behind it, in real time: it takes real seconds.
import { afterEach, expect, test, vi } from 'vitest'
import { systemClock } from '../../../process/clock.ts'
import { callbacksBench } from '../../unit/callbacks/callbacksBench.ts'
import { closeAll, http, poster, raw } from '../../unit/callbacks/loopback.ts'

afterEach(closeAll)

test('twenty thousand callbacks to a receiver that never answers hold up none to a healthy one behind them', async () => {
  const bench = await callbacksBench({ clock: systemClock, waitsMs: [60_000] })
  const silent = await raw(() => undefined)
  const got = new Map<string, number>()
  const well = await http((request, response) => {
    got.set(String(request.headers['webhook-id']), systemClock.now())
    response.writeHead(204).end()
  })
  const all: Promise<string>[] = []
  for (let index = 0; index < 20_000; index += 1) all.push(bench.result(`${silent.origin}/`, index % 4))
  await Promise.all(all)
  const behind = await Promise.all(
    Array.from({ length: 100 }, (_, index) => bench.result(`${well.origin}/`, index % 4)),
  )
  const startedMs = systemClock.now()
  await bench.start(poster([silent, well]))
  await vi.waitFor(() => expect(got.size).toBe(100), { timeout: 60_000, interval: 20 })
  expect([...got.keys()].sort()).toEqual(behind.map((id) => `${id}.1`).sort())
  // Each of the first sixteen takes fifteen seconds; 20,000 after one another would take hours.
  expect(Math.max(...got.values()) - startedMs).toBeLessThan(30_000)
}, 120_000)
