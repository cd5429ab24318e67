// What stands in the way of reading, found by comparing two schemas: each reason once for every place that it is met at.
import { ambiguityHint, ambiguityMessage, hintOf, messageOf, type Sides, type Told } from './compatibilityWords.ts'
import { type Ambiguity, type Pair, Readability, type Reason } from './readability.ts'
import type { SchemaNode } from './schemaGraph.ts'
import { below, depthOf, pointerOf, type SchemaPath } from './schemaPath.ts'

/** Java Avro's six, a field whose aliases leave it several to be read from, and what is no schema at all. */
export type SchemaFindingType = Reason['type'] | 'AMBIGUOUS_FIELD' | 'INVALID_SCHEMA'

type Finding = {
  readonly type: SchemaFindingType
  /** In words, with what Java's message holds. */
  readonly message: string
  /** What to change, and in which of the two. */
  readonly hint?: string
  /**
   * Where it is written in the reader's schema and the writer's, as JSON Pointers ("/" is the root). A field that the writer has
   * not is below the fields of its record, by its name.
   */
  readonly inReader?: string
  readonly inWriter?: string
}

/** Why not even the nearest branch of a union reads what is written. */
export type SchemaCause = Finding & { readonly location: string }

export type SchemaFinding = Finding & {
  /** As Java Avro has it: a type that is used twice has its first place twice, and a union forgets the way to itself. */
  readonly location: string
  /** The place that is meant, counted as Java counts: a reader's fields, a writer's branches. */
  readonly at: string
  /** Innermost reasons, not more than 20. */
  readonly causes: readonly SchemaCause[]
}

/** Far more than anyone reads: but a type can be met in more ways than there are atoms, and lie ten thousand levels deep. */
const most = { findings: { count: 1_000, tokens: 100_000 }, causes: { count: 20, tokens: 2_000 } }

/** In Java's order, ambiguous fields last: the first 1,000. */
export function findingsBetween(reader: SchemaNode, writer: SchemaNode, sides: Sides): readonly SchemaFinding[] {
  const readability = new Readability()
  const root = readability.compare(reader, writer)
  const met = walk([root], undefined, { limit: most.findings })
  const ambiguities = readability.ambiguities.slice(0, most.findings.count)
  return [...met.map((each) => findingOf(each, sides)), ...ambiguities.map((each) => ambiguous(each, sides))]
}

type Met = Told & { readonly base: SchemaPath; readonly at: SchemaPath }

/** `tokens`: of all the ways together. At least one reason is met, however deep it lies. */
type Walk = {
  readonly limit: { readonly count: number; readonly tokens: number }
  readonly isInnermost?: boolean
}

/** Meets each reason as often as there are ways to it; `isInnermost`: not that of a union whose branches have their own. */
function walk(pairs: readonly Pair[], at: SchemaPath, { limit, isInnermost = false }: Walk): readonly Met[] {
  const met: Met[] = []
  let tokens = 0
  const frame = (pair: Pair, place: SchemaPath, lacking?: Told['lacking']) => ({ pair, at: place, lacking, next: 0 })
  const frames = pairs.map((pair) => frame(pair, at)).reverse()
  for (let top = frames.at(-1); top && met.length < limit.count && tokens < limit.tokens; top = frames.at(-1)) {
    const step = top.pair.steps[top.next++]
    if (!step) {
      frames.pop()
      continue
    }
    const place = below(top.at, ...step.tokens)
    const tried = step.kind === 'reason' && step.reason.type === 'MISSING_UNION_BRANCH' ? step.reason.tried : []
    if (step.kind === 'part') frames.push(frame(step.pair, place, step.lacking))
    else if (isInnermost && tried.length > 0) frames.push(...tried.map((pair) => frame(pair, place)).reverse())
    else {
      met.push({ reason: step.reason, lacking: top.lacking, base: below(top.pair.base, ...step.tokens), at: place })
      tokens += depthOf(place)
    }
  }
  return met
}

function findingOf(met: Met, sides: Sides): SchemaFinding {
  const causes = met.reason.type === 'MISSING_UNION_BRANCH' ? causesOf(met.reason.tried, met.at, sides) : []
  const at = pointerOf(met.at)
  const nearest = causes[0]?.hint
  const { hint, ...told } = tell(met, sides)
  return { ...told, location: pointerOf(met.base), hint: nearest ?? hint, at, causes }
}

const causesOf = (tried: readonly Pair[], at: SchemaPath, sides: Sides): readonly SchemaCause[] =>
  walk(tried, at, { limit: most.causes, isInnermost: true }).map((met) => ({
    ...tell(met, sides),
    location: pointerOf(met.at),
  }))

function tell(met: Met, sides: Sides): Finding & { readonly hint: string } {
  const { type, reader, writer } = met.reason
  const own = ownPart(met)
  const gone = met.lacking?.name ?? own.gone
  const inReader = pointerOf(met.lacking?.path ?? own.field ?? below(reader.path, ...own.tokens))
  const inWriter = pointerOf(below(writer.path, ...(gone === undefined ? own.tokens : ['fields', gone])))
  return { type, message: messageOf(met, sides), hint: hintOf(met, sides), inReader, inWriter }
}

type OwnPart = { readonly tokens: readonly string[]; readonly field?: SchemaPath; readonly gone?: string }

/** The part of the two types that is meant, or the reader's field, `gone` in the writer. */
function ownPart({ reason }: Met): OwnPart {
  switch (reason.type) {
    case 'NAME_MISMATCH':
      return { tokens: ['name'] }
    case 'FIXED_SIZE_MISMATCH':
      return { tokens: ['size'] }
    case 'MISSING_ENUM_SYMBOLS':
      return { tokens: ['symbols'] }
    case 'READER_FIELD_MISSING_DEFAULT_VALUE':
      return { tokens: [], field: reason.field.path, gone: reason.field.name }
    default:
      return { tokens: [] }
  }
}

function ambiguous(ambiguity: Ambiguity, sides: Sides): SchemaFinding {
  const at = pointerOf(ambiguity.at)
  return {
    type: 'AMBIGUOUS_FIELD',
    location: at,
    message: ambiguityMessage(ambiguity, sides),
    hint: ambiguityHint(ambiguity, sides),
    at,
    inReader: pointerOf(ambiguity.field.path),
    inWriter: pointerOf(ambiguity.writer.path),
    causes: [],
  }
}
