import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { punctuality } from '../../../examples/flights/requests/punctuality.ts'
import type { Resources } from '../../../examples/flights/resources.ts'
import { testContext } from '../../../testing/index.ts'
import { deliver, flights, open } from './flights.ts'
import '../../../examples/flights/tests/punctuality.test.ts'

const folder = mkdtempSync(join(tmpdir(), 'flights-'))
const quarter = { from: '2001-01-01', to: '2001-04-01' }
const busiest = [...Map.groupBy(flights, ({ origin }) => origin)].toSorted(
  ([, one], [, other]) => other.length - one.length,
)
let opened: Resources
beforeAll(async () => {
  opened = await open(folder)
  await Promise.all(flights.map((flight, index) => deliver(opened, flight, `e-${index}`)))
})
afterAll(async () => {
  await opened[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true })
})

describe('punctuality', () => {
  test.each(busiest.slice(0, 3))('of %s agrees with what its flights say', async (airport, its) => {
    const result = await punctuality({ airport, ...quarter }, testContext({ resources: opened }))
    const delays = its.map(({ delay }) => delay).sort((one, other) => one - other)
    expect(result.flights).toBe(its.length)
    expect(result.meanDelayMinutes).toBeCloseTo(delays.reduce((sum, delay) => sum + delay, 0) / delays.length)
    for (const [percent, says] of [
      [50, result.p50],
      [95, result.p95],
    ] as const) {
      expect(delays.filter((delay) => delay <= says).length / delays.length).toBeGreaterThanOrEqual(percent / 100)
      expect(delays.filter((delay) => delay < says).length / delays.length).toBeLessThan(percent / 100)
    }
    expect(result.worst.map(({ delayMinutes }) => delayMinutes)).toEqual(delays.toReversed().slice(0, 5))
  })

  test('draws every flight into one of a few bars, in a small picture', async () => {
    const [airport, its] = busiest[0]!
    const { svg } = await punctuality({ airport, ...quarter }, testContext({ resources: opened }))
    const bars = [...svg.matchAll(/flights: (\d+)"/g)].map(([, count]) => Number(count))
    expect(bars.reduce((sum, count) => sum + count, 0)).toBe(its.length)
    expect(svg).toContain(airport)
    expect(svg.length).toBeLessThan(100_000)
  })

  test('counts from the first day up to, and not with, the last', async () => {
    const [airport, its] = busiest[0]!
    const days = [...new Set(its.map(({ date }) => date.slice(0, 10)))].sort()
    const [from, to] = [days[1]!, days[3]!].map((day) => day.replaceAll('/', '-')) as [string, string]
    const { flights: count } = await punctuality({ airport, from, to }, testContext({ resources: opened }))
    expect(count).toBe(its.filter(({ date }) => [days[1], days[2]].includes(date.slice(0, 10))).length)
  })

  test.each([
    ['XXX', quarter, 'no-flights'],
    ['ORD', { from: '2001-04-01', to: '2001-01-01' }, 'no-flights'],
    ['ORD', { from: '2001/01/01', to: '2001/04/01' }, 'not-a-day'],
  ])('of %s in %j is rejected with %s', async (airport, period, code) => {
    const asked = punctuality({ airport, ...period }, testContext({ resources: opened }))
    await expect(asked).rejects.toMatchObject({ name: 'RejectedError', code })
  })

  test('stops when its signal aborts', async () => {
    const reason = new Error('enough')
    const context = testContext({ resources: opened, signal: AbortSignal.abort(reason) })
    await expect(punctuality({ airport: 'ORD', ...quarter }, context)).rejects.toBe(reason)
  })
})
