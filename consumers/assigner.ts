// Our assigner: sticky, level, and with units instead of partitions, so that what belongs together stays together. A unit
// of a group with a retry topic is a partition *number* over all its topics: source and retry of one number are handled by
// one member, or their keys could not be ordered together (I3). Units of `status` are single topic-partitions.
//
// Every member tells the leader what it held and since when (userData, versioned). Newest claim wins; what nobody claims
// goes to the emptiest; then units move one by one from the fullest to the emptiest until they differ by one at most. A unit
// where a handler has run for long stays where it is meanwhile: a move would abort it. All else of its member moves first.
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
  /** Of what it holds, the units with a handler that has run for long. Versions before this one do not say. */
  readonly busy: readonly string[]
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
 * in one group would each see half of the log. The leader says so in its log. `onAssigned` is told by the leader's whether
 * it had to leave the group uneven for what is busy.
 */
export const errandAssigner = ({ claims, ...options }: AssignerOptions): Assigner => ({
  name,
  userData: () => Buffer.from(JSON.stringify({ version: 1, ...claims() })),
  assign: (members, partitions) => assign(members, partitions, options),
})

export type AssignerOptions = {
  readonly unitOf: UnitOf
  readonly claims: () => Claims
  readonly log: Logger
  readonly onAssigned?: (isUneven: boolean) => void
}

type Unit = { readonly name: string; readonly parts: readonly (readonly [topic: string, partition: number])[] }
type Candidate = Claims & {
  readonly id: string
  readonly topics: ReadonlySet<string>
  /** What may be moved to level, and what may not. */
  readonly units: Unit[]
  readonly staying: Unit[]
}

function assign(
  members: readonly GroupMember[],
  partitions: ReadonlyMap<string, number>,
  { unitOf, log, onAssigned }: Omit<AssignerOptions, 'claims'>,
): ReadonlyMap<string, Assignment> {
  const all = members.map(
    (member): Candidate => ({
      ...parseClaims(member.userData),
      id: member.id,
      topics: new Set(member.topics),
      units: [],
      staying: [],
    }),
  )
  const byId = all.sort((a, b) => (a.id < b.id ? -1 : 1))
  const candidates = ofOneStore(byId, log)
  const homeless = units(partitions, unitOf).filter((unit) => {
    const holder = candidates
      .filter((each) => each.held.includes(unit.name) && mayHold(each, unit))
      .reduce<Candidate | undefined>((best, each) => (best && best.sinceMs >= each.sinceMs ? best : each), undefined)
    holder?.[holder.busy.includes(unit.name) ? 'staying' : 'units'].push(unit)
    return !holder
  })
  for (const unit of homeless) emptiest(candidates.filter((each) => mayHold(each, unit)))?.units.push(unit)
  while (levelOnce(candidates));
  onAssigned?.(isUneven(candidates))
  return new Map(all.map((each) => [each.id, toAssignment([...each.units, ...each.staying])]))
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

const load = ({ units, staying }: Candidate): number => units.length + staying.length

const emptiest = (candidates: readonly Candidate[]): Candidate | undefined =>
  candidates.reduce<Candidate | undefined>(
    (least, each) => (least && load(least) <= load(each) ? least : each),
    undefined,
  )

/** Moves one unit from the fullest member to the emptiest that may hold it; false when nothing is left to level. */
function levelOnce(candidates: readonly Candidate[]): boolean {
  const ascending = [...candidates].sort((a, b) => load(a) - load(b))
  for (const to of ascending)
    for (const from of [...ascending].reverse()) {
      if (load(from) - load(to) < 2) break
      const index = from.units.findLastIndex((unit) => mayHold(to, unit))
      if (index < 0) continue
      to.units.push(...from.units.splice(index, 1))
      return true
    }
  return false
}

/** Whether something would still move if it were not busy. */
const isUneven = (candidates: readonly Candidate[]): boolean =>
  candidates.some((from) =>
    candidates.some((to) => load(from) - load(to) >= 2 && from.staying.some((unit) => mayHold(to, unit))),
  )

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
    const { held, sinceMs, busy, store } = JSON.parse(userData.toString('utf8'))
    if (Array.isArray(held) && typeof sinceMs === 'number')
      return { held: names(held), sinceMs, busy: names(busy), ...(typeof store === 'string' ? { store } : {}) }
  } catch {
    return nothing // not JSON: another version's or another client's
  }
  return nothing
}

const nothing: Claims = { held: [], sinceMs: 0, busy: [] }
const names = (said: unknown): readonly string[] => (Array.isArray(said) ? said.map(String) : [])
