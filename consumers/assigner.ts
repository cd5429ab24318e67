// Our assigner: sticky, level, and with units instead of partitions, so that what belongs together stays together. A unit
// of a group with a retry topic is a partition *number* over all its topics: source and retry of one number are handled by
// one member, or their keys could not be ordered together (I3). Units of `status` are single topic-partitions.
//
// Every member tells the leader what it held and since when (userData, versioned). Newest claim wins; what nobody claims
// goes to the emptiest; then units move one by one from the fullest to the emptiest until they differ by one at most.
import type { Logger } from '../app/context.ts'
import type { Assigner, Assignment, GroupMember } from '../kafka/log.ts'

/** Changing the name needs a full stop of every group. */
const name = 'errand'

/** What a member says about itself. */
export type Claims = {
  /** Units held, as `unitName` names them. */
  readonly held: readonly string[]
  /** When they were assigned, ms since the epoch: of two claims the newer is right. */
  readonly sinceMs: number
  /** Identity of the store that the member writes to, where the group writes to one. */
  readonly store?: string
}

export type UnitOf = 'number' | 'topic-partition'

/** How claims name the unit that a partition belongs to. */
export const unitName = (unitOf: UnitOf, topic: string, partition: number): string =>
  unitOf === 'number' ? String(partition) : `${topic}/${partition}`

/** The units that an assignment consists of. */
export const unitsOf = (unitOf: UnitOf, assignment: Assignment): readonly string[] => [
  ...new Set(
    [...assignment].flatMap(([topic, partitions]) => partitions.map((partition) => unitName(unitOf, topic, partition))),
  ),
]

/**
 * `claims` is asked at every join. Members of another store than the one that already holds units get nothing: two stores
 * in one group would each see half of the log. The leader says so in its log.
 */
export const errandAssigner = ({
  unitOf,
  claims,
  log,
}: {
  readonly unitOf: UnitOf
  readonly claims: () => Claims
  readonly log: Logger
}): Assigner => ({
  name,
  userData: () => Buffer.from(JSON.stringify({ version: 1, ...claims() })),
  assign: (members, partitions) => assign(members, partitions, unitOf, log),
})

type Candidate = Claims & { readonly id: string; readonly topics: ReadonlySet<string>; readonly units: Unit[] }
type Unit = { readonly name: string; readonly parts: readonly (readonly [topic: string, partition: number])[] }

function assign(
  members: readonly GroupMember[],
  partitions: ReadonlyMap<string, number>,
  unitOf: UnitOf,
  log: Logger,
): ReadonlyMap<string, Assignment> {
  const all = members.map(
    (member): Candidate => ({
      ...parseClaims(member.userData),
      id: member.id,
      topics: new Set(member.topics),
      units: [],
    }),
  )
  const byId = all.sort((a, b) => (a.id < b.id ? -1 : 1))
  const candidates = ofOneStore(byId, log)
  const homeless = units(partitions, unitOf).filter((unit) => {
    const holder = candidates
      .filter((each) => each.held.includes(unit.name) && mayHold(each, unit))
      .reduce<Candidate | undefined>((best, each) => (best && best.sinceMs >= each.sinceMs ? best : each), undefined)
    holder?.units.push(unit)
    return !holder
  })
  for (const unit of homeless) emptiest(candidates.filter((each) => mayHold(each, unit)))?.units.push(unit)
  while (levelOnce(candidates));
  return new Map(all.map((each) => [each.id, toAssignment(each.units)]))
}

function units(partitions: ReadonlyMap<string, number>, unitOf: UnitOf): Unit[] {
  const parts = new Map<string, [string, number][]>()
  for (const [topic, count] of [...partitions].sort())
    for (let partition = 0; partition < count; partition += 1) {
      const unit = unitName(unitOf, topic, partition)
      parts.set(unit, [...(parts.get(unit) ?? []), [topic, partition]])
    }
  return [...parts].map(([unit, each]) => ({ name: unit, parts: each }))
}

const mayHold = (candidate: Candidate, unit: Unit): boolean =>
  unit.parts.every(([topic]) => candidate.topics.has(topic))

const emptiest = (candidates: readonly Candidate[]): Candidate | undefined =>
  candidates.reduce<Candidate | undefined>(
    (least, each) => (least && least.units.length <= each.units.length ? least : each),
    undefined,
  )

/** Moves one unit from the fullest member to the emptiest that may hold it; false when nothing is left to level. */
function levelOnce(candidates: readonly Candidate[]): boolean {
  const ascending = [...candidates].sort((a, b) => a.units.length - b.units.length)
  for (const to of ascending)
    for (const from of [...ascending].reverse()) {
      if (from.units.length - to.units.length < 2) break
      const index = from.units.findLastIndex((unit) => mayHold(to, unit))
      if (index < 0) continue
      to.units.push(...from.units.splice(index, 1))
      return true
    }
  return false
}

/** The members that write to the store which holds the newest units; before anything is held, to the first member's. */
function ofOneStore(members: readonly Candidate[], log: Logger): readonly Candidate[] {
  const holder = members
    .filter(({ held }) => held.length > 0)
    .reduce<Candidate | undefined>((best, each) => (best && best.sinceMs >= each.sinceMs ? best : each), undefined)
  const store = (holder ?? members[0])?.store
  const others = members.filter((member) => member.store !== store)
  for (const { id, store: other } of others)
    log.warn('member.refused', {
      member: id,
      store: other,
      expectedStore: store,
      why: 'it writes to another store than the members that hold partitions',
    })
  return members.filter((member) => member.store === store)
}

function toAssignment(held: readonly Unit[]): Assignment {
  const assignment = new Map<string, number[]>()
  for (const [topic, partition] of held.flatMap(({ parts }) => parts))
    assignment.set(
      topic,
      [...(assignment.get(topic) ?? []), partition].sort((a, b) => a - b),
    )
  return assignment
}

/** Foreign or damaged userData claims nothing. */
function parseClaims(userData: Buffer): Claims {
  try {
    const { held, sinceMs, store } = JSON.parse(userData.toString('utf8'))
    if (Array.isArray(held) && typeof sinceMs === 'number')
      return { held: held.map(String), sinceMs, ...(typeof store === 'string' ? { store } : {}) }
  } catch {
    return { held: [], sinceMs: 0 } // not JSON: another version's or another client's
  }
  return { held: [], sinceMs: 0 }
}
