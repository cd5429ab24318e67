// The pure parts of the desk: ids, doubles, filter, histogram.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Letter, readLetter } from '../../../consumers/letters/letter.ts'
import { isToDo, type LetterFilter, matching } from '../../../consumers/letters/letterFilter.ts'
import { HistogramOfLetters, maxCounts } from '../../../consumers/letters/letterHistogram.ts'
import { firsts } from '../../../consumers/letters/letterScan.ts'
import { type Journey, newJourney } from '../../../kafka/journey.ts'
import { letterHeaders } from '../../../kafka/letter.ts'
import type { Headers, LogRecord } from '../../../kafka/log.ts'

const group = { role: 'workers', name: 'add' } as const
const record: LogRecord = {
  ...{ topic: 'ns.requests.add', partition: 3, offset: 17n, timestampMs: 5 },
  ...{ key: null, value: null, headers: new Map() },
}
const text = fc.string({ unit: 'grapheme', maxLength: 12 })
const word = fc.constantFrom('a', 'b', 'c')
const count = fc.integer({ min: 0, max: 10 })
const journeys: fc.Arbitrary<Journey> = fc.record({
  origin: fc.record({ topic: fc.constantFrom('ns.a', 'ns.b'), partition: count, offset: fc.bigInt(0n, 99n) }),
  ...{ attempts: count, redrives: count, attemptsBefore: count },
})
const deaths = fc.record({
  ...{ code: word, message: text, stack: text, worker: text, group: text },
  atMs: fc.integer({ min: 0, max: 4_102_444_800_000 }),
})
const letters: fc.Arbitrary<Letter> = fc
  .record({ journey: journeys, death: deaths, key: fc.option(word), offset: fc.bigInt(0n, 99n), id: word })
  .chain(({ journey, death, key, offset, id }) => {
    const headers: Headers = letterHeaders({ headers: new Map([['ce_id', [Buffer.from(id)]]]) }, journey, death)
    const dead = {
      ...record,
      topic: 'ns.workers.add.dead',
      offset,
      key: key === null ? null : Buffer.from(key),
      headers,
    }
    return fc
      .constantFrom('open', 'redriven', 'skipped', 'parked')
      .map((state) => ({ ...readLetter(group, dead), state }))
  })

describe('a letter', () => {
  it('is told by its group, the record that it was first, and its round', () => {
    const idOf = ({ origin: { topic, partition, offset }, redrives }: Journey): string =>
      readLetter(group, {
        ...record,
        headers: letterHeaders(
          record,
          { origin: { topic, partition, offset }, redrives, attempts: 3, attemptsBefore: 0 },
          { code: 'x', message: '', atMs: 0, group: 'g', worker: 'w' },
        ),
      }).id
    fc.assert(
      fc.property(journeys, journeys, (one, other) => {
        const isSame =
          one.redrives === other.redrives &&
          one.origin.topic === other.origin.topic &&
          one.origin.partition === other.origin.partition &&
          one.origin.offset === other.origin.offset
        expect(idOf(one) === idOf(other)).toBe(isSame)
        expect(idOf(one)).toMatch(/^workers\.add\/ns\.[ab]\/\d+\/\d+\/\d+$/)
      }),
    )
  })

  it('says what its headers say', () => {
    fc.assert(
      fc.property(journeys, deaths, (journey, death) => {
        const letter = readLetter(group, { ...record, headers: letterHeaders(record, journey, death) })
        const { attempts, redrives, attemptsBefore, origin } = journey
        expect(letter).toMatchObject({ attempts, redrives, attemptsBefore, origin, diedAtMs: death.atMs })
        expect(letter.reason).toEqual({ code: death.code, message: death.message, stack: death.stack })
        expect(letter.at).toEqual({ topic: record.topic, partition: 3, offset: 17n })
      }),
    )
  })

  it('is one whatever its headers hold', () => {
    const names = fc.constantFrom('origin', 'redrives', 'attempts', 'dead-code', 'dead-time', 'run')
    const bytes = fc.uint8Array({ maxLength: 20 }).map((each) => [Buffer.from(each)])
    fc.assert(
      fc.property(fc.array(fc.tuple(names, bytes)), (entries) => {
        const headers = new Map(entries.map(([name, value]) => [`errand-${name}`, value] as const))
        expect(readLetter(group, { ...record, headers }).diedAtMs).toEqual(expect.any(Number))
      }),
    )
  })

  it('of a version that told its attempts of its end alone has had them', () => {
    const headers = new Map([['errand-dead-attempts', [Buffer.from('7')]]])
    expect(readLetter(group, { ...record, headers })).toMatchObject({ attempts: 7, attemptsBefore: 0 })
  })

  it('without headers of ours has its own place and time', () => {
    const { id, diedAtMs, attempts, reason } = readLetter(group, record)
    const { origin } = newJourney(record)
    expect({ id, diedAtMs, attempts, reason }).toEqual({
      id: `workers.add/${origin.topic}/3/17/1`,
      ...{ diedAtMs: 5, attempts: 0, reason: { code: '', message: '' } },
    })
  })
})

describe('doubles', () => {
  it('collapse to the first of their id, whatever lies between them', () => {
    fc.assert(
      fc.property(fc.array(letters), (all) => {
        const isFirst = firsts()
        const kept = all.filter(isFirst)
        expect(new Set(kept.map(({ id }) => id)).size).toBe(kept.length)
        expect(kept).toEqual(all.filter((letter, at) => all.findIndex(({ id }) => id === letter.id) === at))
      }),
    )
  })
})

describe('a filter', () => {
  const filters: fc.Arbitrary<LetterFilter> = fc.record(
    { code: word, key: word, id: word, text: word, sinceMs: fc.nat(), untilMs: fc.nat() },
    { requiredKeys: [] },
  )

  it('means all where it is empty', () => {
    fc.assert(fc.property(letters, (letter) => matching({})(letter)))
  })

  it('means what each of its parts means', () => {
    fc.assert(
      fc.property(letters, filters, (letter, filter) => {
        const parts = Object.entries(filter).map(([name, value]) => matching({ [name]: value })(letter))
        expect(matching(filter)(letter)).toBe(parts.every(Boolean))
      }),
    )
  })

  it('finds a letter by its own id, by that of what it is about, and by what was said in any case', () => {
    fc.assert(
      fc.property(letters, (letter) => {
        const { id, about, reason, diedAtMs } = letter
        for (const filter of [{ id }, { id: about }, { code: reason.code }, { sinceMs: diedAtMs }])
          expect(matching(filter)(letter)).toBe(true)
        expect(matching({ text: 'É!' })({ ...letter, reason: { code: 'x', message: 'an é!' } })).toBe(true)
        expect(matching({ untilMs: diedAtMs })(letter)).toBe(false)
      }),
    )
  })

  it('leaves alone what has been dealt with, and what is parked unless it is named', () => {
    fc.assert(
      fc.property(letters, filters, ({ state }, filter) => {
        const isParkedAndNamed = state === 'parked' && filter.id !== undefined
        expect(isToDo({ state }, filter)).toBe(state === 'open' || isParkedAndNamed)
      }),
    )
  })
})

describe('a histogram', () => {
  const counted = fc.record({
    reason: fc.record({ code: fc.oneof(fc.constant('others'), fc.stringMatching(/^[a-z]{1,2}$/)), message: text }),
    type: fc.stringMatching(/^[a-z]{1,2}$/),
    diedAtMs: fc.integer({ min: 0, max: 4_102_444_800_000 }),
    schemaId: fc.nat(3),
  })
  const of = (all: readonly Parameters<HistogramOfLetters['add']>[0][]) => {
    const histogram = new HistogramOfLetters()
    for (const each of all) histogram.add(each)
    return histogram.counts
  }

  it('counts every letter once in each way, with so many values at most, the most frequent first', () => {
    fc.assert(
      fc.property(fc.array(counted, { maxLength: 300 }), (all) => {
        for (const counts of Object.values(of(all))) {
          expect(counts.reduce((sum, { letters: each }) => sum + each, 0)).toBe(all.length)
          expect(counts.length).toBeLessThanOrEqual(maxCounts + 1)
          expect(new Set(counts.map(({ value }) => value)).size).toBe(counts.length)
        }
        const codes = of(all).code.filter(({ value }) => value !== 'others')
        expect(codes).toEqual(codes.toSorted((a, b) => b.letters - a.letters))
      }),
    )
  })

  it('has days in their order, and values without a schema', () => {
    const at = (day: string) => ({ reason: { code: 'x', message: '' }, type: 't', diedAtMs: Date.parse(day) })
    expect(of([at('2026-11-29'), at('2026-11-28'), at('2026-11-29')])).toEqual({
      code: [{ value: 'x', letters: 3 }],
      type: [{ value: 't', letters: 3 }],
      day: [
        { value: '2026-11-28', letters: 1 },
        { value: '2026-11-29', letters: 2 },
      ],
      schema: [{ value: 'none', letters: 3 }],
    })
  })
})
