import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { errandAssigner, unitsOf } from '../../../consumers/assigner.ts'
import type { Assignment, GroupMember } from '../../../kafka/log.ts'
import { silentLog } from '../../../process/log.ts'

type Member = {
  readonly id: string
  readonly held?: readonly string[]
  readonly sinceMs?: number
  readonly store?: string
  readonly topics?: readonly string[]
}

const topics = ['work', 'work.retry']
const asMember = ({ id, held = [], sinceMs = 0, store, topics: own = topics }: Member): GroupMember => ({
  id,
  topics: own,
  userData: Buffer.from(JSON.stringify({ version: 1, held, sinceMs, store })),
})

const assign = (members: readonly Member[], partitions = 12, unitOf: 'number' | 'topic-partition' = 'number') =>
  errandAssigner({ unitOf, claims: () => ({ held: [], sinceMs: 0, busy: [] }), log: silentLog }).assign(
    members.map(asMember),
    new Map(topics.map((topic) => [topic, partitions])),
  )

const counts = (all: ReadonlyMap<string, Assignment>) =>
  [...all.values()].map((assignment) => unitsOf('number', assignment).length)

describe('the assigner', () => {
  test('source and retry of one number always go to one member (I3)', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 20 }),
        (ids, partitions) => {
          const all = assign(
            ids.map((id) => ({ id })),
            partitions,
          )
          for (const assignment of all.values())
            expect(assignment.get('work') ?? []).toEqual(assignment.get('work.retry') ?? [])
          expect([...all.values()].flatMap((assignment) => assignment.get('work') ?? []).sort((a, b) => a - b)).toEqual(
            [...Array(partitions).keys()],
          )
          expect(Math.max(...counts(all)) - Math.min(...counts(all))).toBeLessThanOrEqual(1)
        },
      ),
    )
  })

  test('a third member takes its share and nothing else moves', () => {
    const before = assign([{ id: 'a' }, { id: 'b' }])
    const held = (id: string) => unitsOf('number', before.get(id)!)
    const after = assign([
      { id: 'a', held: held('a'), sinceMs: 5 },
      { id: 'b', held: held('b'), sinceMs: 5 },
      { id: 'c' },
    ])
    expect(counts(after)).toEqual([4, 4, 4])
    for (const id of ['a', 'b'])
      expect(held(id)).toEqual(expect.arrayContaining([...unitsOf('number', after.get(id)!)]))
  })

  test('of two claims to one unit the newer is right', () => {
    const all = assign(
      [
        { id: 'stale', held: ['0', '1'], sinceMs: 1 },
        { id: 'owner', held: ['0', '1'], sinceMs: 2 },
      ],
      2,
    )
    expect(counts(all)).toEqual([1, 1])
    const alone = assign(
      [
        { id: 'stale', held: ['0'], sinceMs: 1 },
        { id: 'owner', held: ['0'], sinceMs: 2 },
      ],
      1,
    )
    expect(alone.get('owner')!.get('work')).toEqual([0])
  })

  test('members of another store than the holder of partitions get nothing', () => {
    const all = assign([
      { id: 'a', store: 'B' },
      { id: 'b', store: 'A', held: ['3'], sinceMs: 9 },
    ])
    expect(all.get('a')!.size).toBe(0)
    expect(unitsOf('number', all.get('b')!)).toHaveLength(12)
  })

  test('a member is given only what it subscribes to', () => {
    const all = assign([{ id: 'both' }, { id: 'one', topics: ['work'] }], 4, 'topic-partition')
    expect(all.get('one')!.has('work.retry')).toBe(false)
    expect([...all.values()].flatMap((each) => each.get('work') ?? []).sort()).toEqual([0, 1, 2, 3])
    expect(all.get('both')!.get('work.retry')).toEqual([0, 1, 2, 3])
  })

  test('foreign userData claims nothing and breaks nothing', () => {
    const assigner = errandAssigner({
      unitOf: 'number',
      claims: () => ({ held: [], sinceMs: 0, busy: [] }),
      log: silentLog,
    })
    const strange = ['', 'null', '{}', '\u0000', '[1]', '{"held":3}'].map((text, index) => ({
      id: `m${index}`,
      topics,
      userData: Buffer.from(text),
    }))
    expect(counts(assigner.assign(strange, new Map(topics.map((topic) => [topic, 6]))))).toEqual([1, 1, 1, 1, 1, 1])
  })
})
