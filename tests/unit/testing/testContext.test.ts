import { expect, test } from 'vitest'
import { event, type RecordType } from '../../../app/index.ts'
import { testContext } from '../../../testing/index.ts'

type Landed = { origin: string }
const Landed: RecordType<Landed> = { name: 'test.Landed', schema: 'string' }
const landed = event('landed', Landed, { key: ({ origin }) => origin })

test('a test context is that of a first attempt, with what the test says of it', () => {
  expect(testContext()).toMatchObject({ id: 'test', key: null, attempt: 1, run: 1, headers: {}, resources: undefined })
  const context = testContext({ id: 'req_1', attempt: 3, resources: { flights: 7 } })
  expect(context).toMatchObject({ id: 'req_1', attempt: 3, run: 1 })
  expect(context.resources.flights).toBe(7)
})

test('it keeps the progress, events and log lines of the handler', () => {
  const context = testContext()
  context.progress(0.5)
  context.progress(1, 'done')
  context.send(landed, { origin: 'DFW' })
  context.log.warn('flight.late', { minutes: 121 })
  context.log.child({ airport: 'DFW' }).child({ gate: 'B7' }).info('flight.landed')
  expect(context.progressed).toEqual([{ fraction: 0.5 }, { fraction: 1, message: 'done' }])
  expect(context.sent).toEqual([{ event: 'landed', record: { origin: 'DFW' } }])
  expect(context.logged).toEqual([
    { level: 'warn', event: 'flight.late', fields: { minutes: 121 } },
    { level: 'info', event: 'flight.landed', fields: { airport: 'DFW', gate: 'B7' } },
  ])
})

test('its signal aborts when the test’s own does', () => {
  const controller = new AbortController()
  const context = testContext({ signal: controller.signal })
  expect(context.signal.aborted).toBe(false)
  controller.abort()
  expect(context.signal.aborted).toBe(true)
  expect(testContext().signal.aborted).toBe(false)
})
