import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Journey, newJourney, readJourney } from '../../../kafka/journey.ts'
import { letterHeaders, readDeath, withoutDeath } from '../../../kafka/letter.ts'
import type { Headers, LogRecord } from '../../../kafka/log.ts'

const record: LogRecord = {
  ...{ topic: 'demo.orders', partition: 3, offset: 17n, timestampMs: 1_000 },
  ...{ key: null, value: Buffer.from('{}'), headers: new Map() },
}
const journey: Journey = { ...newJourney(record), attempts: 5, firstFailedAtMs: 400, redrives: 1, attemptsBefore: 7 }
const death = {
  code: 'undecodable',
  message: 'bad magic byte',
  stack: 'Error: bad magic byte\n    at here',
  atMs: 0,
  group: 'demo.workers.x',
  worker: 'host/1',
  schemaId: 9,
}
const texts = (headers: Headers) => Object.fromEntries([...headers].map(([name, [value]]) => [name, String(value)]))

describe('the way of a copy', () => {
  it.each(['errand-attempts', 'errand-redrives', 'errand-attempts-before'])(
    'has no more in %s than can be told on, whatever somebody has written there',
    (name) => {
      const forged = { ...record, headers: new Map([[name, [Buffer.from('999999999999999')]]]) }
      expect(readJourney(forged)).toEqual(newJourney(record))
    },
  )
})

describe('the headers of a dead letter', () => {
  it('hold the original ones byte by byte (I4), the way, and why it died', () => {
    const original: Headers = new Map([
      ['several', [Buffer.from([0, 255]), Buffer.from('')]],
      ['errand-seal', [Buffer.from([1, 2, 3])]],
      ['errand-due', [Buffer.from('17')]],
    ])
    const headers = letterHeaders({ headers: original }, journey, death)
    for (const [name, values] of original) expect(headers.get(name)).toEqual(values)
    expect(texts(new Map([...headers].slice(3)))).toEqual({
      'errand-origin': 'demo.orders/3/17',
      'errand-attempts': '5',
      'errand-first-failed': '400',
      'errand-redrives': '1',
      'errand-attempts-before': '7',
      'errand-dead-code': 'undecodable',
      'errand-dead-message': 'bad magic byte',
      'errand-dead-stack': death.stack,
      'errand-dead-attempts': '5',
      'errand-dead-time': '1970-01-01T00:00:00.000Z',
      'errand-dead-group': 'demo.workers.x',
      'errand-dead-worker': 'host/1',
      'errand-dead-schema': '9',
    })
    expect(readJourney({ ...record, headers })).toEqual(journey)
    expect(readDeath({ headers })).toEqual({
      ...{ code: 'undecodable', message: 'bad magic byte', stack: death.stack, atMs: 0, worker: 'host/1', attempts: 5 },
    })
    expect(withoutDeath(headers).get('errand-dead-code')).toBeUndefined()
    expect(withoutDeath(headers).get('several')).toEqual(original.get('several'))
  })

  it('say nothing of an end or a way that somebody wrote into the record', () => {
    const forged = ['origin', 'attempts', 'redrives', 'dead-stack', 'dead-worker', 'dead-schema', 'dead-anything']
    const headers = new Map(forged.map((name) => [`errand-${name}`, [Buffer.from('a/1/2')]]))
    const { stack: _s, schemaId: _i, ...plain } = death
    expect(texts(letterHeaders({ headers }, newJourney(record), plain))).toEqual(
      texts(letterHeaders({ headers: new Map() }, newJourney(record), plain)),
    )
  })

  it('add at most 16 KiB, whatever was thrown, and cut no character in two', () => {
    const long = fc.string({ unit: 'grapheme', minLength: 0, maxLength: 30 }).map((text) => text.repeat(2_000))
    fc.assert(
      fc.property(long, long, long, (code, message, stack) => {
        const headers = letterHeaders({ headers: new Map() }, journey, { ...death, code, message, stack })
        const bytes = [...headers].reduce((sum, [name, [value]]) => sum + name.length + value!.length, 0)
        expect(bytes).toBeLessThan(16_384)
        for (const [name, given] of Object.entries({ code, message, stack }))
          expect(given.startsWith(texts(headers)[`errand-dead-${name}`] ?? 'missing')).toBe(true)
      }),
    )
  })

  it('can be missing from what others write to a dead topic', () => {
    expect(readDeath(record)).toEqual({ code: '', message: '', attempts: 0 })
  })
})
