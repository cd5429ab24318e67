// The gate over all versions of a series: what is told of which version, once, and what a waiver takes away.
import { describe, expect, test } from 'vitest'
import type { SubjectSettings, Waiver } from '../../../../schemas/folder/subjectSettings.ts'
import { checkSeries } from '../../../../schemas/gate/gate.ts'
import type { GateReport } from '../../../../schemas/gate/gateReport.ts'
import { placeOf, treeOf } from '../../../../schemas/json/jsonText.ts'
import { record, series } from './series.ts'

const nowMs = Date.parse('2027-03-31T12:00:00Z')
const origin = { name: 'origin', type: 'string' }
const gate = { name: 'gate', type: 'string' }
const count = (type: string) => ({ name: 'count', type })
/** What others than Avro's own rules say has tests of its own. */
const isAvro = ({ severity }: GateReport['findings'][number]) => severity === 'compatibility'
const brief = ({ findings }: GateReport) =>
  findings.filter(isAvro).map(({ version, against, type, at }) => [`v${version}`, against, type, at])
const lacking = 'READER_FIELD_MISSING_DEFAULT_VALUE'

test('a field without a default is found in the version that brought it, and the versions have their own numbers', () => {
  const report = checkSeries([series({ 3: record(origin), 7: record(origin, gate) })], { nowMs })
  expect(report).toMatchObject({ series: 1, versions: 2, waived: [], unused: [] })
  expect(report.findings).toMatchObject([
    {
      severity: 'compatibility',
      type: lacking,
      series: 'flight.landed',
      version: 7,
      against: [3],
      direction: 'backward',
      path: 'schemas/flight.landed/v7.avsc',
      at: '/fields/1',
      message: 'v7\'s record flights.Landed has a field "gate", v3\'s has not, and the field has no default.',
      hint: 'Give the field "gate" a default in v7.',
    },
  ])
})

test('what is the same of several older versions is told once, with all of them', () => {
  const report = checkSeries(
    [series({ 1: record(origin), 2: record({ ...origin, default: '' }), 3: record(origin, gate) })],
    { nowMs },
  )
  expect(brief(report).filter(([, , type]) => type === lacking)).toEqual([['v3', [2, 1], lacking, '/fields/1']])
})

describe('what one version broke', () => {
  test('is not held against the ones after it, though the place has moved', () => {
    const versions = { 1: record(count('int')), 2: record(count('string')) }
    const moved = record({ ...gate, default: '' }, count('string'))
    const report = checkSeries([series({ ...versions, 3: moved })], { nowMs })
    expect(brief(report)).toEqual([['v2', [1], 'TYPE_MISMATCH', '/fields/0/type']])
  })

  test('is held against one that breaks it again', () => {
    const [whole, broken] = [record(count('int')), record(count('string'))]
    const report = checkSeries([series({ 1: whole, 2: broken, 3: whole, 4: broken })], { nowMs })
    expect(brief(report).map(([version, against]) => [version, against])).toEqual([
      ['v2', [1]],
      ['v3', [2]],
      ['v4', [3, 1]],
    ])
  })
})

test('the level says how far back, and in which direction', () => {
  const versions = { 1: record(origin), 2: record(origin, { ...gate, default: '' }), 3: record(origin, gate) }
  const types = (compatibility: 'NONE' | 'BACKWARD' | 'BACKWARD_TRANSITIVE' | 'FORWARD' | 'FULL') =>
    checkSeries([series(versions, { settings: { compatibility } })], { nowMs })
      .findings.filter(({ severity }) => severity === 'compatibility')
      .map(({ type, against }) => [type, against])
  expect(types('NONE')).toEqual([])
  expect(types('BACKWARD')).toEqual([])
  expect(types('FORWARD')).toEqual([])
  expect(types('BACKWARD_TRANSITIVE')).toEqual([[lacking, [1]]])
})

test('what is no schema is told at any level, once, and the others are compared without it', () => {
  const versions = { 1: record(origin), 2: { type: 'record', name: 'X' }, 3: record(origin, gate) }
  for (const compatibility of ['NONE', 'BACKWARD'] as const) {
    const found = checkSeries([series(versions, { settings: { compatibility } })], { nowMs }).findings
    expect(found[0]).toMatchObject({ type: 'INVALID_SCHEMA', version: 2, against: [], at: '/' })
    expect(found.slice(1).map(({ against }) => against)).toEqual(compatibility === 'NONE' ? [] : [[1]])
  }
})

describe('a field that is gone', () => {
  const carrier = { name: 'carrier', type: 'string' }
  const leg = (...fields: readonly (typeof origin)[]) => ({
    name: 'leg',
    type: { ...record(...fields), name: 'Leg' },
  })
  const versions = { 1: record(origin, leg(gate, carrier, origin)), 2: record(origin, leg(origin)) }
  const dropped = (given: Partial<SubjectSettings>) => {
    const of = series(versions, { name: 'landing/input', settings: given })
    return { of, report: checkSeries([of], { nowMs }) }
  }

  test.each([
    ['FIELD_DROPPED', 'BACKWARD'],
    [lacking, 'FORWARD'],
  ] as const)('is told as %s in the new version, by its name, at %s', (wanted, compatibility) => {
    const { of, report } = dropped({ compatibility })
    const found = report.findings.filter(({ type }) => type === wanted)
    expect(found.map(({ path, at }) => [path, at])).toEqual([
      ['schemas/landing/input.v2.avsc', '/fields/1/type/fields/gate'],
      ['schemas/landing/input.v2.avsc', '/fields/1/type/fields/carrier'],
    ])
    const { text } = of.versions[1]!
    const nextLines = text.replace('"type":{', '"type":{\n').replace(/"fields":(?=\[[^{]*\{[^{]*\]\})/, '\n$&')
    const place = placeOf(nextLines, treeOf(nextLines), found[0]!.at)
    expect(nextLines.split('\n')[place.line - 1]!.slice(place.column - 1)).toMatch(/^"fields":\[\{"name":"origin"/)
  })

  test.each(['BACKWARD', 'FORWARD'] as const)('is not waived by what waives another, at %s', (compatibility) => {
    const type = compatibility === 'FORWARD' ? lacking : 'FIELD_DROPPED'
    const at = '/fields/1/type/fields/gate'
    const waivers = [{ version: 2, type, at, reason: 'told to all', until: '2027-03-31' }]
    const { report } = dropped({ compatibility, waivers })
    expect(report.waived.map((each) => [each.type, each.at])).toEqual([[type, at]])
    expect(report.findings.filter((each) => each.type === type).map((each) => each.at)).toEqual([
      '/fields/1/type/fields/carrier',
    ])
  })
})

describe('a waiver', () => {
  const waiver: Waiver = { version: 2, type: lacking, reason: 'told to all', until: '2027-03-31' }
  const versions = { 1: record(origin), 2: record(origin, gate) }
  const check = (given: Partial<Waiver>) =>
    checkSeries([series(versions, { name: 'landing/input', settings: { waivers: [{ ...waiver, ...given }] } })], {
      nowMs,
    })

  test.each([
    ['of version and type', {}],
    ['of the part', { part: 'input' }],
    ['of the place', { at: '/fields/1' }],
  ])('%s takes the finding away, to the end of its last day', (_of, given) => {
    const { findings, waived, unused } = check(given)
    expect([findings, unused]).toEqual([[], []])
    expect(waived).toMatchObject([
      { type: lacking, waiver: { reason: 'told to all', until: '2027-03-31', isExpired: false } },
    ])
  })

  test.each([
    ['version', { version: 1 }],
    ['type', { type: 'UNHEARD_OF' }],
    ['part', { part: 'result' }],
    ['place', { at: '/fields/0' }],
  ])('of another %s takes nothing away, and is told as unused', (_of, given) => {
    const { findings, waived, unused } = check(given)
    expect([findings.length, waived.length]).toEqual([1, 0])
    expect(unused).toEqual([{ of: 'landing', waiver: { ...waiver, ...given } }])
  })

  test('that has ended takes nothing away, and the finding says so', () => {
    const { findings, unused } = check({ until: '2027-03-30' })
    expect(findings).toMatchObject([{ waiver: { isExpired: true, until: '2027-03-30' } }])
    expect(unused).toEqual([])
  })

  test.each(['CHANGED', 'DELETED', 'NOT_LATEST'])('cannot be given to what is released and %s', (type) => {
    const other = {
      severity: 'released',
      type,
      at: '/',
      message: 'x',
      path: 'p',
      version: 1,
      series: 'landed',
    } as const
    const given = series({ 1: record() }, { name: 'landed', settings: { waivers: [{ ...waiver, version: 1, type }] } })
    expect(checkSeries([given], { nowMs, more: [other] }).findings).toMatchObject([{ type }])
  })

  test('cannot be given to what is no schema', () => {
    const invalid = series(
      { 1: 'unknown' },
      { settings: { waivers: [{ ...waiver, version: 1, type: 'INVALID_SCHEMA' }] } },
    )
    expect(checkSeries([invalid], { nowMs }).findings).toMatchObject([{ type: 'INVALID_SCHEMA' }])
  })
})

test('findings come by series, then version, and those of others are among them', () => {
  const versions = { 1: record(origin), 2: record(origin, gate) }
  const other = { severity: 'released', type: 'CHANGED', at: '/', message: 'x', path: 'p', version: 1 } as const
  const report = checkSeries([series(versions, { name: 'b' }), series(versions, { name: 'a' })], {
    nowMs,
    more: [{ ...other, series: 'b' }],
  })
  expect(report.findings.map((each) => [each.series, each.version])).toEqual([
    ['a', 2],
    ['b', 1],
    ['b', 2],
  ])
})
