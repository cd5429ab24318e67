// What a registry holds against a folder. Real registries go through tests/contracts/registry.ts.
import { describe, expect, test } from 'vitest'
import type { AvroSchema, CompatibilityLevel } from '../../../app/record.ts'
import type { Series } from '../../../schemas/folder/folder.ts'
import { type RegisteredSubject, registryFindings } from '../../../schemas/gate/registryFindings.ts'

const record = (...fields: readonly object[]): AvroSchema => ({ type: 'record', name: 'Flight', fields })
const origin = { name: 'origin', type: 'string' }
const [v1, v2, broken] = [
  record(origin),
  record(origin, { name: 'gate', type: 'string', default: '?' }),
  record(origin, { name: 'seat', type: 'string' }),
]

const seriesOf = (versions: readonly AvroSchema[], compatibility: CompatibilityLevel = 'BACKWARD'): Series => ({
  ...{ name: 'flight', of: 'flight', part: '', settings: { compatibility, waivers: [] } },
  versions: versions.map((schema, index) => ({
    ...{ version: index + 1, path: `flight/v${index + 1}.avsc`, text: JSON.stringify(schema), schema },
  })),
})

const subject = (schemas: readonly AvroSchema[], rest: Partial<RegisteredSubject> = {}): RegisteredSubject => ({
  ...{ name: 'ns.flight-value', isTakenOver: false, level: 'BACKWARD', defaultLevel: 'NONE' },
  versions: schemas.map((schema, index) => ({
    version: index + 1,
    content: { id: 10 + index, schema },
    isDeleted: false,
  })),
  judgement: { isCompatible: true, messages: [] },
  ...rest,
})
const refuses = (...messages: readonly string[]) => ({ judgement: { isCompatible: false, messages } })
const types = (series: Series, registered: RegisteredSubject) =>
  registryFindings(series, registered).map(({ type }) => type)

describe('nothing is found', () => {
  test.each<[string, Series, RegisteredSubject]>([
    ['where the registry has what the folder has', seriesOf([v1, v2]), subject([v1, v2])],
    ['where the latest is not registered and would be taken', seriesOf([v1, v2]), subject([v1])],
    ['where the registry has no version yet', seriesOf([v1], 'FULL'), subject([], { level: undefined })],
    [
      'where only the way in which it is written is another',
      seriesOf([v1]),
      subject([{ fields: [{ type: { type: 'string' }, name: 'origin', doc: 'x' }], name: 'Flight', type: 'record' }]),
    ],
    ['of a taken-over subject of others', seriesOf([v1]), subject([v1, v2], { isTakenOver: true, level: 'NONE' })],
    [
      "where the registry's default is the level that is wanted",
      seriesOf([v1]),
      subject([v1], { level: undefined, defaultLevel: 'BACKWARD' }),
    ],
    ['where it refuses what it holds already', seriesOf([v1, broken]), subject([v1, broken], refuses('seat'))],
  ])('%s', (_, series, registered) => {
    expect(types(series, registered)).toEqual([])
  })
})

test('another level is told with both, and the default where the subject has none of its own', () => {
  const [own] = registryFindings(seriesOf([v1]), subject([v1], { level: 'FULL' }))
  expect(own).toMatchObject({ severity: 'registry', type: 'LEVEL_DIFFERS', series: 'flight', version: 1, at: '/' })
  expect(own!.message).toBe(
    'The subject ns.flight-value has the level FULL in the registry; subject.json says BACKWARD.',
  )
  const [none] = registryFindings(seriesOf([v1]), subject([v1], { level: undefined }))
  expect(none!.message).toContain("no level of its own, so that the registry's default counts, which is NONE")
})

test('a version that the folder does not have is told with its number and id', () => {
  const found = registryFindings(seriesOf([v1]), subject([v1, v2]))
  expect(found).toMatchObject([
    { type: 'VERSION_UNKNOWN', message: expect.stringMatching(/^Version 2 of .*, id 11, is none/) },
  ])
})

test('a deleted version of the folder is told, unless it was registered again; others that were deleted are nobody’s', () => {
  const [first, second] = subject([v1, v2]).versions
  const deleted = { ...first!, isDeleted: true }
  const series = seriesOf([v1, v2])
  expect(types(series, subject([], { versions: [deleted, second!] }))).toEqual(['SOFT_DELETED'])
  expect(types(series, subject([], { versions: [deleted, second!, { ...first!, version: 3 }] }))).toEqual([])
  expect(types(seriesOf([v2]), subject([], { versions: [deleted, second!] }))).toEqual([])
  const [one] = registryFindings(seriesOf([v1]), subject([], { versions: [{ version: 1, isDeleted: true }] }))
  expect(one).toMatchObject({ type: 'SOFT_DELETED', message: expect.stringMatching(/^v1 is .*\(version 1 of the/) })
})

describe('a verdict that is not ours is told', () => {
  test('where the registry refuses what nothing speaks against, in its own words', () => {
    const [found] = registryFindings(seriesOf([v1, v2]), subject([v1], refuses('gate is odd')))
    expect(found).toMatchObject({ type: 'REGISTRY_DISAGREES', version: 2, causes: ['gate is odd'] })
  })

  test('where it takes what breaks, in ours', () => {
    const [found] = registryFindings(seriesOf([v1, broken]), subject([v1]))
    expect(found).toMatchObject({ type: 'REGISTRY_DISAGREES', version: 2 })
    expect(found!.causes).toEqual([expect.stringMatching(/^against the registry's v1: .*seat/)])
  })

  test('at the level that counts in the registry: with none of its own its default', () => {
    const registered = subject([v1], { level: undefined, defaultLevel: 'NONE' })
    expect(types(seriesOf([v1, broken]), registered)).toEqual(['LEVEL_DIFFERS'])
    expect(types(seriesOf([v1, broken]), { ...registered, defaultLevel: 'BACKWARD' })).toEqual(['REGISTRY_DISAGREES'])
  })
})

test('a latest version that both refuse cannot be registered, and that is told with both reasons', () => {
  const [found] = registryFindings(seriesOf([v1, broken]), subject([v1], refuses()))
  expect(found).toMatchObject({ type: 'VERSION_REFUSED', version: 2 })
  expect(found!.causes).toEqual(['the registry: it gives no reason', expect.stringContaining('seat')])
})
