// What the assigner moves to level, and what it leaves where it is.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { errandAssigner, unitsOf } from '../../../consumers/assigner.ts'
import type { Assignment } from '../../../kafka/log.ts'
import { silentLog } from '../../../process/log.ts'

type Member = {
  readonly id: string
  readonly held: readonly string[]
  readonly busy?: readonly string[]
  readonly topics: readonly string[]
}

const topics = ['work', 'work.retry']

function assign(members: readonly Member[], partitions: number) {
  const told: boolean[] = []
  const assigner = errandAssigner({
    ...{ unitOf: 'number', log: silentLog, claims: () => ({ held: [], sinceMs: 0, busy: [] }) },
    onAssigned: (isUneven) => told.push(isUneven),
  })
  const asked = members.map(({ id, topics: own, ...said }) => ({
    ...{ id, topics: own },
    userData: Buffer.from(JSON.stringify({ version: 1, sinceMs: 1, ...said })),
  }))
  const assignment = assigner.assign(asked, new Map(topics.map((topic) => [topic, partitions])))
  const given = new Map([...assignment].map(([id, each]) => [id, unitsOf('number', each)]))
  return { assignment, given, isUneven: told.length === 1 ? told[0] : told }
}

/** Groups in which each unit was held by one of the living, or by one who has died; and some of what each holds is busy. */
const groups = (subscriptions: fc.Arbitrary<readonly string[]> = fc.constant(topics)) =>
  fc
    .record({
      living: fc.array(subscriptions, { minLength: 1, maxLength: 4 }),
      holders: fc.array(fc.record({ index: fc.integer({ min: 0, max: 4 }), isBusy: fc.boolean() }), {
        minLength: 1,
        maxLength: 9,
      }),
    })
    .map(({ living, holders }) => {
      const units = holders.map(({ index, isBusy }, unit) => ({ index, isBusy, unit: String(unit) }))
      const members = living.map((own, index): Member => {
        const held = units.filter((unit) => unit.index === index)
        const busy = held.filter(({ isBusy }) => isBusy)
        return {
          ...{ id: `m${index}`, topics: own },
          held: held.map(({ unit }) => unit),
          busy: busy.map(({ unit }) => unit),
        }
      })
      return { members, partitions: holders.length }
    })

const spread = (counts: readonly number[]): number => Math.max(...counts) - Math.min(...counts)

/** The fewest moves to any sharing in which whoever has more than what it must keep has one more than the least at most. */
function fewestMoves(members: readonly Member[], units: number): number {
  const shares = (left: number, of: number): readonly (readonly number[])[] =>
    of === 1
      ? [[left]]
      : Array.from({ length: left + 1 }, (_, first) =>
          shares(left - first, of - 1).map((rest) => [first, ...rest]),
        ).flat()
  const isLevel = (counts: readonly number[]): boolean =>
    counts.every((count, index) => {
      const kept = members[index]!.busy?.length ?? 0
      return count === kept || (count > kept && count - Math.min(...counts) <= 1)
    })
  const moves = (counts: readonly number[]): number =>
    counts.reduce((sum, count, index) => sum + Math.max(0, members[index]!.held.length - count), 0)
  return Math.min(...shares(units, members.length).filter(isLevel).map(moves))
}

describe('levelling', () => {
  test('never takes a unit from a living member where a handler has run for long', () => {
    fc.assert(
      fc.property(groups(), ({ members, partitions }) => {
        const { given } = assign(members, partitions)
        for (const { id, busy = [] } of members) expect(given.get(id)).toEqual(expect.arrayContaining([...busy]))
      }),
    )
  })

  test('takes the fewest moves to what is as level as the busy units let it be, and says whether they kept it from more', () => {
    fc.assert(
      fc.property(groups(), ({ members, partitions }) => {
        const { given, isUneven } = assign(members, partitions)
        const counts = members.map(({ id }) => given.get(id)!.length)
        const moved = members.reduce((sum, { id, held }) => {
          return sum + held.filter((unit) => !given.get(id)!.includes(unit)).length
        }, 0)
        expect(moved).toBe(fewestMoves(members, partitions))
        expect(isUneven).toBe(spread(counts) > 1)
      }),
    )
  })

  test('leaves nothing unassigned, gives the units of the dead away whatever ran there, and each unit to one member', () => {
    fc.assert(
      fc.property(groups(), ({ members, partitions }) => {
        const { given, assignment } = assign(members, partitions)
        const all = [...given.values()].flat().toSorted((a, b) => Number(a) - Number(b))
        expect(all).toEqual(Array.from({ length: partitions }, (_, unit) => String(unit)))
        for (const each of assignment.values()) expect(each.get('work')).toEqual(each.get('work.retry'))
      }),
    )
  })

  test('gives a member only what it subscribes to, also where that leaves the group uneven', () => {
    const subscriptions = fc.constantFrom(topics, ['work'], [])
    fc.assert(
      fc.property(groups(subscriptions), ({ members, partitions }) => {
        const { assignment } = assign(members, partitions)
        for (const { id, topics: own } of members)
          expect(own).toEqual(expect.arrayContaining([...assignment.get(id)!.keys()]))
        const whole = members.filter(({ topics: own }) => own.length === topics.length)
        const given = whole.flatMap(({ id }) => unitsOf('number', assignment.get(id)!))
        expect(new Set(given).size).toBe(whole.length > 0 ? partitions : 0)
      }),
    )
  })

  test('moves what is not busy first, and says so where that is not enough', () => {
    const one = { id: 'one', held: ['0', '1', '2', '3'], busy: ['1', '3'], topics }
    const two = { id: 'two', held: [], topics }
    const { given, isUneven } = assign([one, two], 4)
    expect([given.get('one')!.toSorted(), given.get('two')!.toSorted(), isUneven]).toEqual([
      ['1', '3'],
      ['0', '2'],
      false,
    ])
    const busier = { ...one, busy: ['0', '1', '3'] }
    const left = assign([busier, two], 4)
    expect([left.given.get('one')!.toSorted(), left.given.get('two'), left.isUneven]).toEqual([
      ['0', '1', '3'],
      ['2'],
      true,
    ])
  })

  test('takes a member of a version that says nothing of it for one that is not busy', () => {
    const old: Member = { id: 'old', held: ['0', '1'], topics }
    const { given, isUneven } = assign([old, { id: 'new', held: [], topics }], 2)
    expect([[...given.values()].map((units) => units.length), isUneven]).toEqual([[1, 1], false])
  })
})

const sharing = (all: ReadonlyMap<string, Assignment>): readonly number[] =>
  [...all.values()].map((each) => each.get('work')?.length ?? 0)

test('what a member says about itself is read by versions before this one, and theirs by this one', () => {
  const before = { id: 'a', topics, userData: Buffer.from('{"version":1,"held":["0","1"],"sinceMs":3}') }
  const claims = () => ({ held: ['2'], sinceMs: 3, busy: ['2'] })
  const assigner = errandAssigner({ unitOf: 'number', log: silentLog, claims })
  const own = assigner.userData()
  expect(JSON.parse(own.toString())).toEqual({ version: 1, held: ['2'], sinceMs: 3, busy: ['2'] })
  const all = assigner.assign([before, { id: 'b', topics, userData: own }], new Map(topics.map((topic) => [topic, 3])))
  expect(sharing(all)).toEqual([2, 1])
})
