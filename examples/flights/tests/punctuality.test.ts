import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { testApp, testContext } from 'errand/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import app, { flightLanded } from '../app.ts'
import { punctuality } from '../requests/punctuality.ts'
import { type Resources, resources } from '../resources.ts'
import { archive } from '../subscribers/archive.ts'

const folder = mkdtempSync(join(tmpdir(), 'flights-'))
let opened: Resources
beforeAll(async () => {
  opened = await resources({ env: { FLIGHTS_DATA: folder }, log: testContext().log })
  for (const [index, delay] of [-10, 0, 5, 20, 300].entries()) {
    const flight = { date: `2001/01/0${index + 1} 08:00`, delay, distance: 733, origin: 'ORD', destination: 'LGA' }
    await archive(flight, testContext({ id: `flight-${index}`, resources: opened }))
  }
})
afterAll(async () => {
  await opened[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true })
})

test('punctuality tells how late the flights of an airport were', async () => {
  const context = testContext({ resources: opened })
  const result = await punctuality({ airport: 'ORD', from: '2001-01-01', to: '2001-02-01' }, context)
  expect(result).toMatchObject({ flights: 5, meanDelayMinutes: 63, p50: 5, p95: 300 })
  expect(result.worst[0]).toEqual({ date: '2001-01-05T08:00', destination: 'LGA', delayMinutes: 300 })
  expect(result.svg).toMatch(/^<svg/)
  expect(context.progressed[0]).toEqual({ fraction: 0.2, message: '5 flights' })
})

test('where no flight left, the client is told so', async () => {
  const asked = punctuality(
    { airport: 'XXX', from: '2001-01-01', to: '2001-02-01' },
    testContext({ resources: opened }),
  )
  await expect(asked).rejects.toMatchObject({ code: 'no-flights' })
})

test('a client is called back, whatever becomes of the processes that work for it', async () => {
  const resourcesHere = ({ log }: Parameters<typeof resources>[0]) => resources({ env: { FLIGHTS_DATA: folder }, log })
  await using errand = await testApp(app, { resources: resourcesHere, faults: {} })
  const flight = { date: '2001/03/01 08:00', delay: 30, distance: 733, origin: 'JFK', destination: 'ORD' }
  await errand.produce(flightLanded, flight)
  await errand.settled()
  const sent = await errand.submit('punctuality', { airport: 'JFK', from: '2001-03-01', to: '2001-04-01' })
  await errand.settled()
  expect(sent.callbacks[0]).toMatchObject({ type: 'punctuality.succeeded', data: { result: { flights: 1 } } })
})
