import { describe, expect, test } from 'vitest'
import {
  type AppDefinition,
  defineApp,
  ErrandError,
  event,
  PermanentError,
  type RecordType,
  RejectedError,
  request,
  subscriber,
  UnavailableError,
} from '../../../app/index.ts'

const Landed: RecordType<{ origin: string }> = { name: 'test.Landed', schema: 'string' }
const landed = event('flight.landed', Landed, { key: ({ origin }) => origin })
const handle = async () => undefined

const problems = (definition: AppDefinition<undefined>): string => {
  try {
    defineApp(definition)
    return ''
  } catch (error) {
    expect(error).toMatchObject({ code: 'invalid-app' })
    return (error as Error).message
  }
}

describe('an app', () => {
  test('needs nothing but a name', async () => {
    const app = defineApp({ name: 'flights' })
    expect(app).toMatchObject({ name: 'flights', events: [], subscribers: {}, requests: {}, partitions: 12 })
  })

  test('is told every problem at once', () => {
    const text = problems({
      name: '7 flights',
      partitions: 0,
      events: [landed, event('flight.landed', Landed, { key: () => '' }), event('results', Landed, { key: () => '' })],
      subscribers: { 'a b': subscriber(event('other', Landed, { key: () => '' }), handle) },
      requests: { '.': request(Landed, Landed, async (record) => record) },
    })
    for (const problem of [
      `the app's name "7 flights" must match`,
      'partitions is 0',
      'two events are named "flight.landed"',
      'the event name "results" is kept',
      'the name "a b" must match',
      'the name "." must match',
      'subscriber "a b" reads "other"',
    ])
      expect(text).toContain(problem)
    expect(text.split('\n- ')).toHaveLength(8)
  })

  test('is told of every retry that makes no sense', () => {
    const retry = { attempts: 1.5, firstWaitMs: -1, maxWaitMs: Number.POSITIVE_INFINITY, withinMs: 0 }
    const add = request(Landed, Landed, async (record) => record, { timeoutMs: 0, retry })
    const options = { orderingKey: true, retry: { maxWaitMs: 10_001 } }
    const ordered = request(Landed, Landed, async (record) => record, options)
    const lands = subscriber(landed, handle, { retry: { attempts: Number.NaN } })
    const text = problems({ name: 'a', events: [landed], subscribers: { lands }, requests: { add, ordered } })
    expect(text.split('\n- ').slice(1)).toEqual([
      'request type "add": timeoutMs is 0; it must be above 0',
      'request type "add": retry.attempts is 1.5; it must be a whole number of at least 1',
      'request type "add": retry.firstWaitMs is -1; it must be a number of milliseconds of at least 0',
      'request type "add": retry.maxWaitMs is Infinity; it must be a number of milliseconds of at least 0',
      'request type "add": retry.withinMs is 0; it must be above 0',
      expect.stringMatching(/^request type "ordered": retry.maxWaitMs is 10001, .* no wait is longer than ten seconds/),
      'subscriber "lands": retry.attempts is NaN; it must be a whole number of at least 1',
    ])
  })

  test('says how callbacks are tried again, within what the platform keeps', () => {
    const dayMs = 86_400_000
    const wrong = (...waitsMs: number[]): string => problems({ name: 'a', callbacks: { waitsMs } })
    expect(defineApp({ name: 'a' }).callbacks.waitsMs).toHaveLength(9)
    expect(defineApp({ name: 'a', callbacks: {} }).callbacks.waitsMs).toHaveLength(9)
    expect(defineApp({ name: 'a', callbacks: { waitsMs: [] } }).callbacks.waitsMs).toEqual([])
    expect([wrong(0, dayMs), wrong(...Array<number>(20).fill(1))]).toEqual(['', ''])
    for (const each of [-1, dayMs + 1, Number.NaN, Number.POSITIVE_INFINITY])
      expect(wrong(1, each)).toContain(`callbacks.waitsMs has ${each}; a wait is`)
    expect(wrong(...Array<number>(21).fill(1))).toContain('has 21 waits; at most 20')
    expect(wrong(...Array<number>(6).fill(dayMs))).toContain('five days')
  })

  test.each(['requests.x', 'workers', 'progress', 'members', 'orders.dead', 'orders.retry'])(
    'an event may not be named %s: the platform has that topic',
    (name) => expect(problems({ name: 'a', events: [event(name, Landed, { key: () => '' })] })).toContain('is kept'),
  )

  test('handlers have a minute and five tries unless it says otherwise', () => {
    const usual = { timeoutMs: 60_000, retry: { attempts: 5 } }
    expect(request(Landed, Landed, async (record) => record)).toMatchObject({ ...usual, orderingKey: false })
    expect(subscriber(landed, handle)).toMatchObject({ ...usual, from: 'latest' })
    const own = { timeoutMs: 5, retry: { attempts: 1 } }
    expect(request(Landed, Landed, async (record) => record, own)).toMatchObject(own)
    expect(subscriber(landed, handle, { ...own, from: 'earliest' })).toMatchObject({ ...own, from: 'earliest' })
  })
})

test('an error says whether it is worth trying again, keeps its cause and its name', () => {
  const cause = new Error('socket')
  expect(new UnavailableError(500, undefined, { cause })).toMatchObject({ afterMs: 500, retriable: true, cause })
  expect(new PermanentError('no', { cause })).toMatchObject({ code: 'permanent', retriable: false, cause })
  const rejected = new RejectedError('no-flights', 'none', { airport: 'XXX' })
  expect(rejected).toMatchObject({ code: 'no-flights', details: { airport: 'XXX' }, retriable: false })
  for (const error of [rejected, new PermanentError('no'), new UnavailableError(1)])
    expect(error).toBeInstanceOf(ErrandError)
  expect(rejected.name).toBe('RejectedError')
})
