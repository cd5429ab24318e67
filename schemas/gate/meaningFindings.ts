// The same bytes, and they mean something else: a logical type, its precision or scale, the value that stands for one that
// is missing. The order of an enum's symbols only sorts, as they are read by name; docs are for people to judge.
import { list, show } from '../compatibility/compatibilityWords.ts'
import type { Direction } from '../compatibility/evolution.ts'
import { sameJson } from '../compatibility/redefinition.ts'
import { branchName, own, type SchemaNode, typeOf } from '../compatibility/schemaGraph.ts'
import { below, pointerOf } from '../compatibility/schemaPath.ts'
import { type Couple, couplesOf, type FieldCouple, fieldsOf, type Placed } from './couple.ts'
import type { Found } from './finding.ts'
import type { VersionPair } from './versionPair.ts'
import { mostFindings, type Sides, shown, sidesOf, valueText } from './words.ts'

/** Where the newer version says by other words what its bytes mean. Never throws. */
export function meaningFindings(pair: VersionPair): readonly Found[] {
  const sides = sidesOf(pair)
  return couplesOf(pair, 'by aliases')
    .flatMap((couple) => [
      ...logicalType(couple, pair),
      ...enumDefault(couple, sides),
      ...pair.directions.flatMap((direction) => fallenSymbols(couple, direction, sides)),
      ...fieldsOf(couple, 'by aliases').both.flatMap((field) => fieldDefault(field, couple, sides)),
    ])
    .slice(0, mostFindings)
}

const logicalOf = ({ json }: SchemaNode): string | undefined => {
  const logical = own(json, 'logicalType')
  return typeof logical === 'string' ? logical : undefined
}

function logicalType({ older, newer }: Couple, pair: VersionPair): readonly Found[] {
  const sides = sidesOf(pair)
  if (older.node.kind === 'union' || newer.node.kind === 'union') return []
  const [before, now] = [logicalOf(older.node), logicalOf(newer.node)]
  if (before === now) return now === 'decimal' ? decimal(older.node, newer.node, pair) : []
  const what = `${sides.newer}'s ${show(newer.node)} was ${show(older.node)} in ${sides.older}`
  const change = now === undefined ? 'REMOVED' : before === undefined ? 'ADDED' : 'CHANGED'
  return [
    {
      severity: 'meaning',
      type: `LOGICAL_TYPE_${change}`,
      at: pointerOf(now === undefined ? newer.node.path : below(newer.node.path, 'logicalType')),
      message: `${what}: the same bytes, and they stand for something else.`,
      hint:
        before === undefined
          ? `Leave the "logicalType" out of ${sides.newer}, and put what is of "${now}" in a new field; if it always was, waive this.`
          : `Give it "logicalType": "${before}" again in ${sides.newer}, and put what is new in a new field.`,
    },
  ]
}

/** The newer version reads all that the older wrote, and nobody is asked to know only the older. */
const isNoMatter = ({ part, directions }: VersionPair): boolean =>
  part !== 'result' && directions.includes('backward') && !directions.includes('forward')

function decimal(older: SchemaNode, newer: SchemaNode, pair: VersionPair): readonly Found[] {
  const sides = sidesOf(pair)
  const attribute = ({ json }: SchemaNode, key: string): unknown => own(json, key) ?? 0
  const isRescaled = !sameJson(attribute(older, 'scale'), attribute(newer, 'scale'))
  const isLarger = Number(attribute(newer, 'precision')) > Number(attribute(older, 'precision'))
  return (['precision', 'scale'] as const).flatMap((key) => {
    const [before, now] = [attribute(older, key), attribute(newer, key)]
    if (sameJson(before, now)) return []
    if (key === 'precision' && isLarger && !isRescaled && isNoMatter(pair)) return []
    const digits = isLarger
      ? `who reads with ${sides.older}, or receives JSON as ${sides.older} has it, may meet more digits than it allows`
      : `what was written with ${sides.older} may have more digits than ${sides.newer} says`
    const consequence = key === 'scale' ? 'the same digits are another number' : digits
    return [
      {
        severity: 'meaning',
        type: `${key.toUpperCase()}_CHANGED`,
        at: pointerOf(own(newer.json, key) === undefined ? newer.path : below(newer.path, key)),
        message: `${sides.newer}'s ${show(newer)} has a ${key} of ${valueText(now)}, ${sides.older}'s of ${valueText(before)}: ${consequence}.`,
        hint: `Keep "${key}": ${valueText(before)} in ${sides.newer}, and put the other in a new field.`,
      } as const,
    ]
  })
}

function enumDefault({ older, newer }: Couple, sides: Sides): readonly Found[] {
  if (older.node.kind !== 'enum' || newer.node.kind !== 'enum') return []
  const [before, now] = [older.node.default, newer.node.default]
  if (before === undefined || now === undefined || before === now) return []
  return [
    {
      severity: 'meaning',
      type: 'ENUM_DEFAULT_CHANGED',
      at: pointerOf(below(newer.node.path, 'default')),
      message: `${sides.newer} reads symbols that its ${show(newer.node)} does not know as ${list([now])}, ${sides.older} as ${list([before])}.`,
      hint: `Keep "default": ${valueText(before)} in ${sides.newer}.`,
    },
  ]
}

/** A reader's default stands for symbols that it does not know: they are lost in it. */
function fallenSymbols({ older, newer }: Couple, direction: Direction, sides: Sides): readonly Found[] {
  const isBackward = direction === 'backward'
  const [reader, writer] = isBackward ? [newer.node, older.node] : [older.node, newer.node]
  const [reads, wrote] = isBackward ? [sides.newer, sides.older] : [sides.older, sides.newer]
  if (reader.kind !== 'enum' || writer.kind !== 'enum' || reader.default === undefined) return []
  const known = new Set(reader.symbols)
  const lost = writer.symbols.filter((symbol) => !known.has(symbol))
  if (lost.length === 0) return []
  return [
    {
      severity: 'meaning',
      type: 'SYMBOLS_FALL_BACK',
      at: pointerOf(below(newer.node.path, 'symbols')),
      direction,
      message: `${reads} reads ${list(lost)}, which ${wrote}'s ${show(writer)} has and ${reads}'s has not, as ${list([reader.default])}, its default.`,
      hint: isBackward
        ? `Keep ${list(lost)} among the symbols of ${sides.newer}.`
        : `Write what is new with ${sides.newer} once its readers know it; if their default is meant for it, waive this.`,
    },
  ]
}

function fieldDefault({ older, newer }: FieldCouple, couple: Couple, sides: Sides): readonly Found[] {
  const [one, other] = [older.field, newer.field]
  if (!one.hasDefault || !other.hasDefault) return []
  const [before, now] = [own(one.json, 'default'), own(other.json, 'default')]
  if (sameJson(before, now)) return []
  return [
    {
      severity: 'meaning',
      type: 'DEFAULT_CHANGED',
      at: pointerOf(below(other.path, 'default')),
      message: `${sides.newer} takes ${valueText(now)} for the field "${other.name}" of ${shown(couple.newer)} where it is not written, ${sides.older} takes ${valueText(before)}.`,
      hint: `${keeping({ older: older.of, newer: newer.of }, valueText(before), sides)}; write the new value where it is meant.`,
    },
  ]
}

const numbers: readonly string[] = ['int', 'long', 'float', 'double']
const firstOf = ({ node }: Placed): SchemaNode =>
  node.kind === 'union' && node.branches[0] ? typeOf(node.branches[0]) : node

/** A default is one of the first branch. */
function keeping({ older, newer }: Couple, before: string, sides: Sides): string {
  const [one, other] = [firstOf(older), firstOf(newer)]
  const isNumber = numbers.includes(one.kind) && numbers.includes(other.kind)
  if (one.kind === other.kind || isNumber) return `Keep "default": ${before} in ${sides.newer}`
  const branches = newer.node.kind === 'union' ? newer.node.branches.map(typeOf) : []
  if (!branches.some(({ kind }) => kind === one.kind))
    return `Make it ${shown(older)} again in ${sides.newer} and keep "default": ${before}`
  const again = older.node.kind === 'union' ? ' again' : ''
  return `Put ${branchName(one)} first${again} in ${sides.newer}'s union and keep "default": ${before}`
}
