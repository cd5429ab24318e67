import { mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { deliver, expectedAverages, flights, open } from './flights.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'flights-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const alertLines = (): readonly { id: string; delay: number }[] =>
  readFileSync(join(folder, 'alerts.log'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))

const late = flights.filter(({ delay }) => delay > 120)

describe('the flights subscribers', () => {
  test('count every event once, however it is delivered: again, at once, over two connections, after a restart', async () => {
    const [one, other] = await Promise.all([open(folder), open(folder)])
    await Promise.all(flights.slice(0, 1_200).map((flight, index) => deliver(one, flight, `e-${index}`)))
    await Promise.all(flights.slice(0, 600).map((flight, index) => deliver(other, flight, `e-${index}`)))
    await Promise.all([one, other].map((opened) => opened[Symbol.asyncDispose]()))
    const again = await open(folder)
    await Promise.all(flights.map((flight, index) => deliver(again, flight, `e-${index}`)))
    expect(again.archive.count()).toBe(flights.length)
    expect(again.averages.all()).toEqual(expectedAverages(flights))
    expect(new Set(alertLines().map(({ id }) => id)).size).toBe(late.length)
    expect(alertLines()).toHaveLength(late.length)
    await again[Symbol.asyncDispose]()
  })

  test('keep two flights that are equal in all they say', async () => {
    const opened = await open(folder)
    await deliver(opened, flights[0]!, 'one')
    await deliver(opened, flights[0]!, 'other')
    expect(opened.archive.count()).toBe(2)
    expect(opened.averages.all()).toMatchObject([{ airport: flights[0]!.origin, flights: 2 }])
    await opened[Symbol.asyncDispose]()
  })

  test('average right whatever the delays, in any order and with any repetition', async () => {
    const opened = await open(folder)
    let run = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ origin: fc.constantFrom('A', 'B', 'C'), delay: fc.integer({ min: -60, max: 600 }) })),
        fc.array(fc.nat(20)),
        async (landed, repeated) => {
          run += 1
          const records = landed.map((part) => ({ ...flights[0]!, ...part, origin: `${part.origin}${run}` }))
          const events = records.map((record, index) => ({ record, id: `${run}-${index}` }))
          const twice = repeated.flatMap((index) => events.slice(index, index + 1))
          await Promise.all([...events, ...twice].map(({ record, id }) => deliver(opened, record, id)))
          const ours = opened.averages.all().filter(({ airport }) => airport.slice(1) === String(run))
          expect(ours).toEqual(expectedAverages(records))
        },
      ),
      { numRuns: 30 },
    )
    await opened[Symbol.asyncDispose]()
  })

  test('alert only what is more than two hours late', async () => {
    const opened = await open(folder)
    for (const delay of [120, 121, -5]) await deliver(opened, { ...flights[0]!, delay }, `late-${delay}`)
    expect(alertLines()).toMatchObject([{ id: 'late-121', delay: 121 }])
    await opened[Symbol.asyncDispose]()
  })

  test('fail one by one: an alert log that cannot be written stops neither archive nor averages', async () => {
    const opened = await open(folder)
    const file = join(folder, 'alerts.log')
    mkdirSync(file) // nobody can append to a folder
    const flight = { ...flights[0]!, delay: 200 }
    const outcome = await Promise.allSettled([
      opened.alertLog.add('x', flight),
      opened.archive.add('x', flight),
      opened.averages.add('x', flight),
    ])
    expect(outcome.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled'])
    expect(opened.archive.count()).toBe(1)
    rmdirSync(file)
    await opened.alertLog.add('x', flight)
    expect(alertLines()).toMatchObject([{ id: 'x' }])
    await opened[Symbol.asyncDispose]()
  })

  test('have on disk what they were writing when the process ends its resources', async () => {
    const opened = await open(folder)
    const writing = flights.slice(0, 100).map((flight, index) => deliver(opened, flight, `e-${index}`))
    await opened[Symbol.asyncDispose]()
    await Promise.all(writing)
    const again = await open(folder)
    expect(again.archive.count()).toBe(100)
    await again[Symbol.asyncDispose]()
  })
})
