// A registry says yes, and a consumer in Node fails all the same: with avsc, which resolves by the letter where Java Avro and
// registries are lenient, or since JavaScript's numbers end at 2^53.
import { bodyReader } from '../avro/bodyReader.ts'
import { list, show } from '../compatibility/compatibilityWords.ts'
import type { Direction } from '../compatibility/evolution.ts'
import { isUnreadable, Readability } from '../compatibility/readability.ts'
import { type NamedNode, own, type SchemaNode } from '../compatibility/schemaGraph.ts'
import { below, pointerOf } from '../compatibility/schemaPath.ts'
import { type Couple, couplesOf, rootsOf } from './couple.ts'
import type { Found } from './finding.ts'
import type { VersionPair } from './versionPair.ts'
import { mostFindings, sidesOf } from './words.ts'

/** Who reads whom, in words: one of the two is the newer. */
type Reading = {
  readonly direction: Direction
  readonly reader: string
  readonly writer: string
  readonly newer: string
}

/** In the directions that the level asks for. Never throws. */
export function runtimeFindings(pair: VersionPair): readonly Found[] {
  const root = rootsOf(pair)
  if (!root) return []
  const couples = couplesOf(pair, 'by aliases')
  const { older, newer } = sidesOf(pair)
  return pair.directions
    .flatMap((direction) => {
      const [reader, writer] = direction === 'backward' ? [newer, older] : [older, newer]
      const reading: Reading = { direction, reader, writer, newer }
      return [...movedNames(couples, reading), ...longs(couples, reading), ...unresolvable(root, reading)]
    })
    .slice(0, mostFindings)
}

type Move = { readonly reader: NamedNode; readonly writer: NamedNode; readonly newer: NamedNode }

const ends = ({ older, newer }: Couple, { direction }: Reading) =>
  direction === 'backward'
    ? { reader: newer.node, writer: older.node, newer: newer.node }
    : { reader: older.node, writer: newer.node, newer: newer.node }

/** Of types that moved together, one finding. */
function movedNames(couples: readonly Couple[], reading: Reading): readonly Found[] {
  const moves = couples.map((couple) => ends(couple, reading)).filter(isMove)
  const together = Map.groupBy(moves, ({ reader, writer }) => `${spaceOf(reader)} ${spaceOf(writer)}`)
  return [...together.values()].map((each) => moved(each, reading))
}

const isMove = (each: { reader: SchemaNode; writer: SchemaNode; newer: SchemaNode }): each is Move => {
  const { reader, writer } = each
  if (!('fullName' in reader && 'fullName' in writer) || reader.kind !== writer.kind) return false
  return reader.name === writer.name && reader.fullName !== writer.fullName && !reader.aliases.has(writer.fullName)
}

const spaceOf = ({ name, fullName }: NamedNode): string => fullName.slice(0, -name.length - 1)

function moved(moves: readonly Move[], { direction, reader, writer, newer }: Reading): Found {
  const first = moves[0]!
  const [here, there] = [named(spaceOf(first.reader)), named(spaceOf(first.writer))]
  const names = list(moves.map((each) => each.reader.name))
  const at = own(first.newer.json, 'namespace') === undefined ? 'name' : 'namespace'
  const aliases = `Give ${show(first.reader)} "aliases": ["${first.writer.fullName}"] in ${reader}${moves.length > 1 ? ', and the others theirs' : ''}`
  return {
    severity: 'runtime',
    type: 'NAMESPACE_MOVED',
    at: pointerOf(below(first.newer.path, at)),
    direction,
    message: `${reader} has ${names} in ${here}, ${writer} in ${there}, and no alias says that they are the same. Registries and this platform go by the names alone; a consumer that uses avsc by itself, or goes by the letter of the specification, cannot read with ${reader} what ${writer} wrote.`,
    hint:
      direction === 'backward'
        ? `${aliases}, or the old namespace back.`
        : `Leave ${names} in ${here} in ${newer}: an alias helps only in the schema that reads.`,
  }
}

const named = (space: string): string => (space === '' ? 'no namespace' : `the namespace ${space}`)

/** A long that is a number refuses what only a bigint holds. */
const longs = (couples: readonly Couple[], { direction, reader, writer, newer }: Reading): readonly Found[] =>
  couples
    .map((couple) => ends(couple, { direction, reader, writer, newer }))
    .filter((each) => each.reader.kind === 'long' && !isBigint(each.reader) && isBigint(each.writer))
    .map((each) => ({
      severity: 'runtime',
      type: 'BIGINT_DROPPED',
      at: pointerOf(each.newer.path),
      direction,
      message: `${reader} has a long as a number where ${writer} has it as a bigint: what is beyond 2^53 cannot be read.`,
      hint: `Keep { "type": "long", "typescript": "bigint" } in both, or put the wider one in a new field.`,
    }))

const isBigint = ({ kind, json }: SchemaNode): boolean => kind === 'long' && own(json, 'typescript') === 'bigint'

/**
 * What is left: the checker says that it can be read, and avsc makes no resolver. Only asked of types that hold themselves, as
 * it is dear: of others the two agree, which tests/unit/schemas/compatibilityDecode.test.ts holds.
 */
function unresolvable(root: Couple, { direction, reader, writer, newer }: Reading): readonly Found[] {
  const [read, written] = direction === 'backward' ? [root.newer, root.older] : [root.older, root.newer]
  const readability = new Readability()
  const isReadable = !isUnreadable(readability.compare(read.node, written.node))
  if (!isReadable || readability.ambiguities.length > 0 || !readability.isAssumed) return []
  try {
    bodyReader(read.type, written.type)
    return []
  } catch (error) {
    return [
      {
        severity: 'runtime',
        type: 'UNRESOLVABLE',
        at: '/',
        direction,
        message: `Avro's rules let ${reader} read ${writer}, and avsc, which reads here, refuses: ${told(error as Error)}.`,
        hint: `Go by each type that holds itself in ${newer}: Avro takes it for readable while it looks at it, and does not look again.`,
      },
    ]
  }
}

const longest = 200

/** avsc shows whole types. */
const told = ({ message }: Error): string => (message.length > longest ? `${message.slice(0, longest)}…` : message)
