// The JavaScript value that a handler gets is another, and a registry says yes: the branches of a union are wrapped from
// the second number or record on, text becomes bytes.
//
// What a handler sees by itself is not told: a field that comes or goes, or may be null from now on (the compiler says so), a
// wider number (int -> double), a symbol more.
import { list } from '../compatibility/compatibilityWords.ts'
import type { Direction } from '../compatibility/evolution.ts'
import { isReadable } from '../compatibility/readability.ts'
import { branchName } from '../compatibility/schemaGraph.ts'
import { pointerOf } from '../compatibility/schemaPath.ts'
import { alternativesOf, branchesOf, type Couple, couplesOf, isUnion, type Placed, shapeAt } from './couple.ts'
import type { Found } from './finding.ts'
import type { VersionPair } from './versionPair.ts'
import { kept, mostFindings, type Sides, shown, sidesOf } from './words.ts'

/** Where handlers of the newer version get other values than those of the older one. Never throws. */
export function shapeFindings(pair: VersionPair): readonly Found[] {
  const sides = sidesOf(pair)
  return couplesOf(pair, 'by aliases')
    .flatMap((couple) =>
      isUnion(couple.older) || isUnion(couple.newer)
        ? unionFindings(couple, sides)
        : valueFindings(couple, pair.directions, sides),
    )
    .slice(0, mostFindings)
}

const isWrapped = (placed: Placed): boolean => {
  const shape = shapeAt(placed)
  return shape.kind === 'union' && shape.wrapped
}

function unionFindings(couple: Couple, sides: Sides): readonly Found[] {
  const { older, newer } = couple
  const at = pointerOf(newer.node.path)
  const [now, before] = [`${sides.newer}'s ${shown(newer)}`, `${sides.older}'s ${shown(older)}`]
  const { added } = branchesOf(couple)
  const found: Found[] = []
  if (isWrapped(newer) !== isWrapped(older)) found.push(wrapping(couple, sides))
  else {
    const more = added.filter(({ node }) => node.kind !== 'null')
    if (more.length > 0)
      found.push({
        severity: 'shape',
        type: 'BRANCH_ADDED',
        at,
        message: `${now} may also be ${list(more.map(kindOf))}, which ${before} never was.`,
        hint: `See that every handler that reads it knows the new branch, and waive this; or put it in a new field.`,
      })
    if (isWrapped(newer)) found.push(...renamedBranches(couple, sides))
  }
  return [...found, ...goneBranches(couple, sides)]
}

function wrapping({ older, newer }: Couple, sides: Sides): Found {
  const isNow = isWrapped(newer)
  const [wrapped, plain] = isNow ? [newer, older] : [older, newer]
  const [wrapping, other] = isNow ? [sides.newer, sides.older] : [sides.older, sides.newer]
  const example = branchesOf({ older: plain, newer: wrapped }).both.find(({ newer: each }) => each.node.kind !== 'null')
  const name = example ? branchName(example.newer.node) : 'branch'
  const was = isNow ? 'is' : 'was'
  return {
    severity: 'shape',
    type: isNow ? 'UNION_WRAPPED' : 'UNION_UNWRAPPED',
    at: pointerOf(newer.node.path),
    message: `A value of ${wrapping}'s ${shown(wrapped)} ${was} { "${name}": … }, since JavaScript cannot tell its branches apart; one of ${other}'s ${shown(plain)} ${isNow ? 'was' : 'is'} plain.`,
    hint: isNow
      ? 'Put what is new in a field of its own; or let every handler take the wrapped value, and waive this.'
      : 'Let every handler take the plain value, and waive this.',
  }
}

/** Only where both are wrapped: the branch's name is the key. */
const renamedBranches = (couple: Couple, sides: Sides): readonly Found[] =>
  branchesOf(couple).both.flatMap(({ older, newer }) => {
    const [before, now] = [branchName(older.node), branchName(newer.node)]
    if (before === now) return []
    return [
      {
        severity: 'shape',
        type: 'BRANCH_RENAMED',
        at: pointerOf(newer.node.path),
        message: `${sides.newer} has { "${now}": … } where ${sides.older} had { "${before}": … }: the branches of this union are wrapped, under their names.`,
        hint: `Call it ${before} in ${sides.newer} again; or let every handler look for the new name, and waive this.`,
      } as const,
    ]
  })

/** What was written as a branch that is gone is read as the first that can read it. */
const goneBranches = (couple: Couple, sides: Sides): readonly Found[] =>
  branchesOf(couple).gone.flatMap((older): readonly Found[] => {
    const newer = alternativesOf(couple.newer).find(({ node }) => isReadable(node, older.node))
    if (!newer) return [] // Avro has something against it
    const at = pointerOf(newer.node.path)
    const [before, now] = [inJavaScript(older), inJavaScript(newer)]
    const [wrote, reads] = [
      `the ${shown(older)} of ${sides.older}'s ${shown(couple.older)}`,
      `${sides.newer}'s ${shown(newer)}`,
    ]
    const hint = `Leave ${shown(older)} in ${sides.newer}; or let every handler that reads it know the other, and waive this.`
    if (before !== now)
      return [
        {
          severity: 'shape',
          type: 'VALUE_CHANGED',
          at,
          message: `What was written as ${wrote} is read as ${reads}: handlers get ${now}, where they got ${before}.`,
          hint,
        },
      ]
    if (!isWrapped(couple.older) || !isWrapped(couple.newer)) return []
    const [was, is] = [branchName(older.node), branchName(newer.node)]
    return [
      {
        severity: 'shape',
        type: 'BRANCH_RENAMED',
        at,
        message: `What was written as ${wrote} is read as ${reads}: { "${is}": … } where handlers had { "${was}": … }.`,
        hint,
      },
    ]
  })

function valueFindings({ older, newer }: Couple, directions: readonly Direction[], sides: Sides): readonly Found[] {
  const [before, now] = [inJavaScript(older), inJavaScript(newer)]
  const isOpened = shapeAt(older).kind === 'enum' && shapeAt(newer).kind === 'string'
  if ((before === now && !isOpened) || isRefused(older, newer, directions)) return []
  const at = pointerOf(newer.node.path)
  if (isOpened)
    return [
      {
        severity: 'shape',
        type: 'ENUM_OPENED',
        at,
        message: `${sides.newer} has any string where ${sides.older}'s ${shown(older)} had one of its symbols.`,
        hint: 'See that every handler that reads it knows what to do with a string that it does not know, and waive this.',
      },
    ]
  return [
    {
      severity: 'shape',
      type: 'VALUE_CHANGED',
      at,
      message: `Handlers get ${now} of ${sides.newer}'s ${shown(newer)}, where ${sides.older}'s ${shown(older)} gave them ${before}.`,
      hint: `Keep ${kept({ older, newer })} in ${sides.newer}, and put the other in a new field; or let every handler take ${now}, and waive this.`,
    },
  ]
}

/** Avro itself has something against the two, and the level asks for it: that is told already. */
const isRefused = (older: Placed, newer: Placed, directions: readonly Direction[]): boolean =>
  directions.some((direction) => {
    const [reader, writer] = direction === 'backward' ? [newer, older] : [older, newer]
    return reader.node.kind !== writer.node.kind && !isReadable(reader.node, writer.node)
  })

/** What JavaScript has for a kind of shape, as a handler would say it. */
const values: Readonly<Record<string, string>> = {
  ...{ int: 'a number', long: 'a number', float: 'a number', double: 'a number' },
  ...{ bigint: 'a bigint', 'timestamp-millis': 'a Date', 'timestamp-micros': 'a Date' },
  ...{ string: 'a string', enum: 'a string', decimal: 'a decimal as a string' },
  ...{ bytes: 'a Buffer', fixed: 'a Buffer', record: 'a record', map: 'a map', array: 'an array' },
}

const inJavaScript = (placed: Placed): string => {
  const { kind } = shapeAt(placed)
  return values[kind] ?? kind
}

const kindOf = ({ node }: Placed): string => branchName(node)
