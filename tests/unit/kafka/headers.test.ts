// Header names and their parsing: what is written is read again, what others write has defaults, what is dead is untouched.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isPlatformHeader, readHeaders, writeHeaders } from '../../../kafka/headers.ts'
import { readJourney } from '../../../kafka/journey.ts'
import type { Headers, LogRecord } from '../../../kafka/log.ts'

const recordWith = (headers: Headers): LogRecord => ({
  topic: 'demo.orders',
  partition: 3,
  offset: 17n,
  timestampMs: 1_000,
  key: null,
  value: Buffer.from('body'),
  headers,
})
const texts = (headers: Readonly<Record<string, string>>): Headers =>
  new Map(Object.entries(headers).map(([name, text]) => [name, [Buffer.from(text)]]))

const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
const ownName = fc
  .oneof(text, fc.constantFrom('__proto__', 'constructor', 'toString'))
  .filter((name) => !isPlatformHeader(name))
const own = fc
  .uniqueArray(fc.tuple(ownName, text), { selector: ([name]) => name, maxLength: 5 })
  .map(Object.fromEntries)
const attributes = fc.record(
  {
    id: text,
    type: text,
    source: text,
    timeMs: fc.integer({ min: 0, max: 4_000_000_000_000 }),
    subject: text,
    run: fc.integer({ min: 1, max: 1_000 }),
    traceparent: text,
    seal: fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    own,
  },
  { requiredKeys: ['id', 'type', 'source', 'timeMs', 'run', 'own'] },
)

describe('headers', () => {
  it('are read as they were written, whatever the producer’s own are named', () => {
    fc.assert(
      fc.property(attributes, (written) => {
        expect(readHeaders(recordWith(writeHeaders(written)))).toEqual(written)
      }),
    )
  })

  it('carry what CloudEvents asks of every record', () => {
    const headers = writeHeaders({ id: 'req_1', type: 'punctuality', source: '/flights', timeMs: 0, run: 2 })
    expect([...headers].map(([name, [value]]) => `${name}: ${value}`)).toEqual([
      'ce_specversion: 1.0',
      'ce_id: req_1',
      'ce_type: punctuality',
      'ce_source: /flights',
      'ce_time: 1970-01-01T00:00:00.000Z',
      'content-type: application/avro',
      'errand-run: 2',
    ])
  })

  it('of a producer that knows none have defaults from where the record lies', () => {
    expect(readHeaders(recordWith(new Map()))).toEqual({
      id: 'demo.orders/3/17',
      type: 'demo.orders',
      source: '/demo.orders',
      timeMs: 1_000,
      run: 1,
      own: {},
    })
  })

  it.each([
    { ce_id: '', ce_type: '' },
    { ce_time: 'yesterday' },
    { 'errand-run': '0' },
    { 'errand-run': '-1' },
    { 'errand-run': '1.5' },
    { 'errand-run': 'x' },
  ])('that say nothing count as missing: %o', (headers) => {
    expect(readHeaders(recordWith(texts(headers)))).toEqual(readHeaders(recordWith(new Map())))
  })

  it('are never a reason to throw, whatever bytes they hold', () => {
    const names = fc.oneof(fc.constantFrom('ce_id', 'ce_time', 'errand-run', 'errand-seal'), ownName)
    const values = fc.array(
      fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
      { maxLength: 3 },
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(names, values)), (entries) => {
        readHeaders(recordWith(new Map(entries)))
      }),
    )
  })

  it('named by the platform are told from a producer’s own', () => {
    expect(['ce_id', 'content-type', 'traceparent', 'errand-seal', 'errand-anything'].every(isPlatformHeader)).toBe(
      true,
    )
    expect(['ce_own', 'tenant', 'errand', '__proto__'].some(isPlatformHeader)).toBe(false)
  })
})

describe('the headers of a record that another client wrote', () => {
  it('say its event’s name as the type, and keep their default id on a retry copy', () => {
    const first = readHeaders(recordWith(new Map()), { type: 'orders' })
    expect(first).toMatchObject({ type: 'orders', id: 'demo.orders/3/17' })
    const copy = { ...recordWith(texts({ 'errand-origin': first.id })), topic: 'demo.billing.retry', offset: 2n }
    expect(readHeaders(copy, { type: 'orders', journey: readJourney(copy) })).toMatchObject({
      ...{ type: 'orders', id: first.id, source: '/demo.orders' },
    })
  })

  it('say nothing of where it was first: it cannot take the id of another', () => {
    const forged = recordWith(texts({ 'errand-origin': 'demo.orders/0/1' }))
    expect(readHeaders(forged)).toMatchObject({ id: 'demo.orders/3/17', source: '/demo.orders' })
  })

  it('say in what format a value is', () => {
    const said = { id: '1', type: 'orders', source: '/x', timeMs: 0, run: 1 }
    expect(String(writeHeaders({ ...said, format: 'json' }).get('content-type'))).toBe('application/json')
  })
})
