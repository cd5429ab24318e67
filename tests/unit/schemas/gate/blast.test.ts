// What a proposed version does to a topic: counted, placed, told.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { defineApp } from '../../../../app/app.ts'
import { event } from '../../../../app/event.ts'
import { request } from '../../../../app/request.ts'
import { subscriber } from '../../../../app/subscriber.ts'
import { blastLines } from '../../../../bin/schemas/blastLines.ts'
import { catalogue as catalogueOf } from '../../../../kafka/catalogue.ts'
import { sameValue } from '../../../../schemas/avro/sameValue.ts'
import { type Blast, blastFindings, Tally } from '../../../../schemas/gate/blast.ts'
import { blastTopic } from '../../../../schemas/gate/blastTopic.ts'
import { placeInSchema } from '../../../../schemas/gate/placeInSchema.ts'
import type { Judged, Reason } from '../../../../schemas/gate/recordJudge.ts'
import { platformSchemas } from '../../../../schemas/platform/platform.ts'
import { asRecord, flight, origin, proposal, recordSchema, seriesOf } from './blastParts.ts'

const landed = event('flight.landed', asRecord(flight.v1), { key: () => '' })
const foreign = event('price', asRecord(flight.v1), { topic: 'shop.prices', format: 'json' })
const [input, result] = [recordSchema('Input', origin), recordSchema('Result', origin)]
const app = defineApp({
  name: 'flights',
  events: [landed, foreign],
  subscribers: {
    archive: subscriber(landed, async () => undefined),
    prices: subscriber(foreign, async () => undefined),
  },
  requests: { delay: request(asRecord(input), asRecord(result), async () => ({})) },
})
const catalogue = catalogueOf(app, 'test', platformSchemas)
const series = [
  seriesOf('flight.landed', flight.v1, flight.v2),
  seriesOf('delay/input', input),
  seriesOf('delay/result', result),
]
const topicOf = (name: string) => blastTopic(app, catalogue, series, name)

describe('a topic is named', () => {
  test.each([
    ['flight.landed', 'test.flight.landed', ['flight.landed'], ['archive', '']],
    ['test.flight.landed', 'test.flight.landed', ['flight.landed'], ['archive', '']],
    ['requests.delay', 'test.requests.delay', ['delay/input'], ['delay', '']],
    ['results', 'test.results', ['delay/result'], ['', '']],
  ])('as %s', (name, topic, proposed, groups) => {
    const found = topicOf(name)
    expect(found).toMatchObject({ topic, isMixed: name === 'results' })
    expect(found.proposals.map((each) => each.series)).toEqual(proposed)
    expect(found.groups.map((each) => each.name)).toEqual(groups)
  })

  test('by the highest version, with the one before it', () => {
    const { proposals } = topicOf('flight.landed')
    expect(proposals).toMatchObject([{ version: 2, released: { version: 1 }, record: { name: 'tests.Flight' } }])
    expect(topicOf('requests.delay').proposals[0]).not.toHaveProperty('released')
  })

  test('and one that is not there is refused, with those that are', () => {
    expect(() => topicOf('flight.taken-off')).toThrow(
      '"flight.taken-off" is no topic of records that this app has schemas for; there are flight.landed, price, requests.delay, results',
    )
    expect(() => topicOf('progress')).toThrow('is no topic of records that this app has schemas for')
  })

  test('and one without a schema in the folder is refused, with the series that there are', () => {
    expect(() => topicOf('shop.prices')).toThrow(
      'the folder has no versions of price, which lie in price; it has flight.landed',
    )
  })
})

const reasons: readonly Reason[] = ['A', 'B', 'C'].map((type) => ({ type, at: '/', message: `${type}.` }))
const proposed = proposal('flight.landed', flight.v1, flight.v2)
const writer = fc.integer({ min: 1, max: 3 }).map((id) => ({ id, name: 'tests.Flight' }))
const judged: fc.Arbitrary<Judged> = fc.oneof(
  fc.record({ kind: fc.constantFrom('alike' as const, 'otherwise' as const), writer, isReadNow: fc.boolean() }),
  fc.record({ kind: fc.constant('other' as const), writer }),
  fc.record({
    kind: fc.constant('fails' as const),
    reasons: fc.subarray([...reasons], { minLength: 1 }),
    isReadNow: fc.boolean(),
    proposal: fc.constant(proposed),
  }),
)
const at = (offset: number) => ({ topic: 't', partition: 0, offset: BigInt(offset), timestampMs: 1_000 + offset })

test('every record is counted once as what became of it, and once for each of its reasons', () => {
  fc.assert(
    fc.property(fc.array(judged, { maxLength: 50 }), (all) => {
      const tally = new Tally()
      for (const [offset, each] of all.entries()) tally.add(at(offset), each)
      const { counts } = tally
      const { alike, otherwise, fails, others, writers } = counts
      expect(counts.records).toBe(all.length)
      expect(alike + otherwise + fails + others).toBe(all.length)
      expect(fails).toBe(all.filter(({ kind }) => kind === 'fails').length)
      expect(counts.broken).toBe(all.filter(({ kind, isReadNow }) => kind === 'fails' && isReadNow).length)
      expect(counts.mended).toBe(all.filter(({ kind, isReadNow }) => kind !== 'fails' && isReadNow === false).length)
      expect(writers.reduce((sum, { records }) => sum + records, 0)).toBe(all.filter(({ writer }) => writer).length)
      for (const { type, records, broken, example } of counts.reasons) {
        const having = all.flatMap((each, offset) =>
          each.kind === 'fails' && each.reasons.some((reason) => reason.type === type) ? [{ each, offset }] : [],
        )
        expect(records).toBe(having.length)
        expect(broken).toBe(having.filter(({ each }) => each.isReadNow).length)
        expect(example.offset).toBe(BigInt(having[0]!.offset))
      }
    }),
  )
})

test('however many writers and reasons there are, a hundred are kept, and the rest is counted', () => {
  const tally = new Tally()
  for (let offset = 0; offset < 1_000; offset++)
    tally.add(at(offset), {
      kind: 'fails',
      writer: { id: offset, name: 'x' },
      reasons: [{ type: `T${offset}`, at: '/', message: '' }],
    })
  const { writers, reasons: kept, uncounted, fails } = tally.counts
  expect([writers.length, kept.length, uncounted, fails]).toEqual([100, 100, 1_800, 1_000])
})

const symbols: Reason = {
  type: 'MISSING_ENUM_SYMBOLS',
  at: '/fields/1/type/symbols',
  message: 'v2 lacks DIVERTED.',
  hint: 'Keep it.',
}
const broken = { kind: 'fails', proposal: proposed, reasons: [symbols], isReadNow: true } as const
const poisoned = { kind: 'fails', reasons: [reasons[0]!], isReadNow: false } as const

function blast(all: readonly Judged[], letters: readonly Judged[] = []): Blast {
  const [records, dead] = [new Tally(), new Tally()]
  for (const [offset, each] of all.entries()) records.add(at(offset), each)
  for (const [offset, each] of letters.entries()) dead.add(at(offset), each)
  return {
    topic: 'test.flight.landed',
    proposals: [{ series: 'flight.landed', version: 2, released: 1 }],
    isWhole: true,
    records: records.counts,
    letters: letters.length > 0 ? [{ group: 'subscribers.archive', ...dead.counts }] : [],
    handlers: [],
  }
}

test('only what is read now and would not be is held against the proposal', () => {
  expect(blastFindings(blast([poisoned, { kind: 'alike' }]), { proposals: [proposed] })).toEqual([])
  expect(blastFindings(blast([poisoned, broken, broken], [broken]), { proposals: [proposed] })).toEqual([
    {
      ...{ severity: 'runtime', type: 'RECORDS_FAIL' },
      at: '/fields/1/type/symbols',
      series: 'flight.landed',
      version: 2,
      against: 1,
      path: 'schemas/flight.landed/v2.avsc',
      message: 'v2 does not read 2 of 3 records that v1 reads, such as t/0@1. v2 lacks DIVERTED.',
      hint: 'Keep it.',
    },
    expect.objectContaining({
      message:
        'v2 does not read 1 of 1 open dead letters of subscribers.archive that v1 reads, such as t/0@0. v2 lacks DIVERTED.',
    }),
  ])
})

test('what was not read to its end is held against the proposal, whatever was read', () => {
  const [cut] = blastFindings({ ...blast([{ kind: 'alike' }]), isWhole: false }, { proposals: [proposed] })
  expect(cut).toMatchObject({ type: 'TOPIC_NOT_READ_WHOLE', series: 'flight.landed', version: 2 })
})

test('a person is told what was counted', () => {
  const lines = blastLines({
    ...blast(
      [poisoned, broken, broken, { kind: 'alike', writer: { id: 7, name: 'F', version: 2 } }],
      [{ kind: 'otherwise', isReadNow: false }],
    ),
    isWhole: false,
    handlers: [
      {
        ...{ kind: 'handler', name: 'delay', reads: 'requests.delay' },
        changes: [
          { kind: 'removed', path: 'input.carrier', from: 'string' },
          { kind: 'changed', path: 'input.seats', from: 'number', to: 'number | null' },
          { kind: 'added', path: 'input.gate', to: 'string | null', older: 'null' },
        ],
      },
    ],
  })
  expect(lines.join('\n')).toMatchInlineSnapshot(`
    "test.flight.landed, read with flight.landed v2 (now: v1)
      INTERRUPTED: this is what was counted so far
      4 records, 1970-01-01 00:00 UTC to 1970-01-01 00:00 UTC
        written with v2 (id 7): 1
        1 read alike, 0 read otherwise, 3 not read, 1 of them as now
        ✗ 2 read no more: MISSING_ENUM_SYMBOLS at /fields/1/type/symbols, first t/0@1
            v2 lacks DIVERTED.
            → Keep it.
        - 1 not read, as now: A, first t/0@0
            A.
      1 open dead letter of subscribers.archive, 1970-01-01 00:00 UTC to 1970-01-01 00:00 UTC
        0 read alike, 1 read otherwise, 0 not read
        → 1 of these are not read now: redrive them once this version runs
      declared fields that change
        handler delay (requests.delay): input.carrier removed, input.seats: number → number | null, input.gate added: string | null, null in older records"
  `)
  expect(blastLines({ ...blast([]), sinceMs: 0 }).join('\n')).toMatchInlineSnapshot(`
    "test.flight.landed since 1970-01-01 00:00 UTC, read with flight.landed v2 (now: v1)
      no records"
  `)
})

test.each([
  ['/legs/3/gate', '/legs/*/gate'],
  ['/fares/some~1one/gate', '/fares/*/gate'],
  ['/other/0', '/*/*'],
  ['', '/'],
])('%s of a value lies at %s of every value', (pointer, place) => {
  const leg = recordSchema('Leg', { name: 'gate', type: ['null', 'string'] })
  const schema = recordSchema(
    'Trip',
    { name: 'legs', type: ['null', { type: 'array', items: leg }] },
    { name: 'fares', type: { type: 'map', values: 'Leg' } },
  )
  expect(placeInSchema(schema, pointer)).toBe(place)
})

test('values are the same whatever classes they are of, and different where a handler could tell them apart', () => {
  class Made {
    readonly a = 1
  }
  fc.assert(fc.property(fc.jsonValue(), (value) => sameValue(value, structuredClone(value))))
  const same: readonly (readonly [unknown, unknown])[] = [
    [new Made(), { a: 1 }],
    [Buffer.from('a'), Buffer.from('a')],
    [new Date(5), new Date(5)],
    [Number.NaN, Number.NaN],
  ]
  for (const [one, other] of same) expect(sameValue(one, other)).toBe(true)
  const different: readonly (readonly [unknown, unknown])[] = [
    [{ a: 1 }, { a: 1, b: null }],
    [{ a: undefined }, { b: undefined }],
    [5, 5n],
    [5, new Date(5)],
    [Buffer.from('a'), Buffer.from('b')],
    [[], {}],
    [null, {}],
    ['a', ['a']],
  ]
  for (const [one, other] of different) expect([one, other, sameValue(one, other)]).toEqual([one, other, false])
})
