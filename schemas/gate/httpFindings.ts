// Avro bridges it, and those who speak JSON with the API cannot: they know one version, by the names of its fields, and have
// no schema to resolve with. Clients send inputs as the older version has them; receivers of callbacks get results as the
// newer one has them. json.ts has the form. Events are not spoken over HTTP. What Avro cannot bridge either, in a direction that
// the level asks for, is told already.
import { list } from '../compatibility/compatibilityWords.ts'
import { isReadable } from '../compatibility/readability.ts'
import { branchName, type SchemaField } from '../compatibility/schemaGraph.ts'
import { below, pointerOf } from '../compatibility/schemaPath.ts'
import {
  branchesOf,
  type Couple,
  couplesOf,
  fieldsOf,
  isUnion,
  type Names,
  type Placed,
  type PlacedField,
  shapeAt,
} from './couple.ts'
import type { Found } from './finding.ts'
import { fitting, takingOf, textOf } from './jsonTaking.ts'
import type { VersionPair } from './versionPair.ts'
import { kept, mostFindings, type Sides, shown, sidesOf } from './words.ts'

/**
 * Inputs go from those who know the older version to the newer, results the other way. `isStrict`: the level asks for Avro's
 * own rules in that direction.
 */
type Talk = Sides & { readonly isInput: boolean; readonly isStrict: boolean }

/** What clients of the older version trip over, or receivers who know only that. Never throws. */
export function httpFindings(pair: VersionPair): readonly Found[] {
  const { part } = pair
  if (part !== 'input' && part !== 'result') return []
  const isInput = part === 'input'
  const talk: Talk = { ...sidesOf(pair), isInput, isStrict: pair.directions.includes(isInput ? 'backward' : 'forward') }
  return couplesOf(pair, namesIn(talk))
    .flatMap((couple) => {
      if (isUnion(couple.older) || isUnion(couple.newer)) return unionFindings(couple, talk)
      if (couple.older.node.kind === 'record' && couple.newer.node.kind === 'record')
        return isInput ? inputFields(couple, talk) : resultFields(couple, talk)
      return valueFindings(couple, talk)
    })
    .slice(0, mostFindings)
}

/** The API reads a field under its aliases too; who receives a result knows its name. */
const namesIn = ({ isInput }: Talk): Names => (isInput ? "by newer's aliases" : 'by name')

function inputFields(couple: Couple, talk: Talk): readonly Found[] {
  const { both, added, gone } = fieldsOf(couple, namesIn(talk))
  const record = shown(couple.newer)
  const dropped = gone.map(
    (each): Found => ({
      ...dropOf(each, couple, talk),
      message: `${talk.newer}'s ${record} has no field "${each.field.name}" any more: clients that know ${talk.older} still send it, and what they send there is accepted and ignored.`,
    }),
  )
  const required = added
    .filter(({ field }) => !field.hasDefault && !talk.isStrict)
    .map(
      ({ field }): Found => ({
        severity: 'http',
        type: 'FIELD_REQUIRED',
        at: pointerOf(field.path),
        message: `${talk.newer}'s ${record} has a new field "${field.name}" without a default: clients that know ${talk.older} do not send it, and are answered 422.`,
        hint: `Give the field "${field.name}" a default in ${talk.newer}, or its old name as an alias if it had one.`,
      }),
    )
  const undefaulted = both
    .filter(({ older, newer }) => older.field.hasDefault && !newer.field.hasDefault)
    .map(
      ({ newer: { field } }): Found => ({
        severity: 'http',
        type: 'DEFAULT_REMOVED',
        at: pointerOf(field.path),
        message: `${talk.newer}'s field "${field.name}" of ${record} has no default any more: clients that know ${talk.older} may leave it out, and are answered 422.`,
        hint: `Give the field "${field.name}" its default back in ${talk.newer}.`,
      }),
    )
  return [...dropped, ...required, ...undefaulted]
}

function resultFields(couple: Couple, talk: Talk): readonly Found[] {
  const { added, gone } = fieldsOf(couple, namesIn(talk))
  return gone
    .filter(({ field }) => field.hasDefault || !talk.isStrict || added.some((each) => isAlias(each, field)))
    .map((each) => ({
      ...dropOf(each, couple, talk),
      message: `${talk.newer}'s ${shown(couple.newer)} has no field "${each.field.name}" any more${renaming(each, added)}: receivers of callbacks that know ${talk.older} expect it.`,
    }))
}

/** Without a default Avro's rules refuse it too, but where an alias of the older version's finds another. */
const isAlias = ({ field: { name } }: PlacedField, { aliases }: SchemaField): boolean => aliases.includes(name)

/** At a place that the newer version has not: below its record's fields, by the name of the one that is gone. */
const dropOf = ({ field }: PlacedField, couple: Couple, { newer }: Sides) =>
  ({
    severity: 'http',
    type: 'FIELD_DROPPED',
    at: pointerOf(below(couple.newer.node.path, 'fields', field.name)),
    hint: `Keep the field "${field.name}" in ${newer}; or tell everyone who uses it, and waive this until they do not.`,
  }) as const

/** An alias makes it the same field for Avro only. */
function renaming({ field }: PlacedField, added: readonly PlacedField[]): string {
  const renamed = added.find(({ field: each }) => each.aliases.includes(field.name))
  return renamed ? ` (it is "${renamed.field.name}" now, and who receives a result goes by names, not by aliases)` : ''
}

function unionFindings(couple: Couple, talk: Talk): readonly Found[] {
  const { older, newer } = couple
  const { both, added, gone } = branchesOf(couple)
  const reader = talk.isInput ? newer : older
  const bridged = (talk.isInput ? gone : added).filter((each) => isBridged(reader, each, talk))
  const readers = talk.isInput
    ? [...both.map((each) => each.newer), ...added]
    : [...both.map((each) => each.older), ...gone]
  const takerOf = (written: Placed): Placed | undefined =>
    isWrapped(older) || isWrapped(newer)
      ? undefined
      : readers.find((each) => takingOf(shapeAt(each), shapeAt(written), talk.isInput) !== 'none')
  const others = bridged.filter((each) => !takerOf(each))
  const taken = bridged.flatMap((each) => {
    const taker = takerOf(each)
    return taker ? takingFindings(couple, taker, each, talk) : []
  })
  const untaken = others.length > 0 ? [misfit(couple, list(others.map(({ node }) => branchName(node))), talk)] : []
  const found = [...untaken, ...taken]
  const isNow = isWrapped(newer)
  const isRenamed = isNow && both.some((each) => branchName(each.older.node) !== branchName(each.newer.node))
  if (isNow === isWrapped(older) && !isRenamed) return found
  const how = isRenamed
    ? 'the names of its branches, which are the keys in JSON, are others'
    : `a value is ${isNow ? '{ "<branch>": value }' : 'plain'} in JSON, and was ${isNow ? 'plain' : '{ "<branch>": value }'}`
  return [
    ...found,
    {
      severity: 'http',
      type: 'JSON_FORM_CHANGED',
      at: pointerOf(newer.node.path),
      message: `${talk.newer} has ${shown(newer)} where ${talk.older} had ${shown(older)}: ${how}, for ${audience(talk)}.`,
      hint: `Keep ${shown(older)} in ${talk.newer}, and put what is new in a field of its own.`,
    },
  ]
}

const isWrapped = (placed: Placed): boolean => {
  const shape = shapeAt(placed)
  return shape.kind === 'union' && shape.wrappedInJson
}

const isBridged = (reader: Placed, writer: Placed, { isStrict }: Talk): boolean =>
  !isStrict || isReadable(reader.node, writer.node)

function valueFindings(couple: Couple, talk: Talk): readonly Found[] {
  const [reader, writer] = talk.isInput ? [couple.newer, couple.older] : [couple.older, couple.newer]
  const [read, written] = [shapeAt(reader), shapeAt(writer)]
  if (read.kind === 'enum' && written.kind === 'enum') {
    const unknown = written.symbols.filter((symbol) => !read.symbols.includes(symbol))
    const isFound = unknown.length > 0 && isBridged(reader, writer, talk)
    return isFound ? [symbolsFinding(couple, unknown, talk)] : []
  }
  return isBridged(reader, writer, talk) ? takingFindings(couple, reader, writer, talk) : []
}

/** `reader` and `writer` are the couple, or branches of it. */
function takingFindings(couple: Couple, reader: Placed, writer: Placed, talk: Talk): readonly Found[] {
  const [read, written] = [shapeAt(reader), shapeAt(writer)]
  const { isInput, older, newer } = talk
  const taking = takingOf(read, written, isInput)
  const found = misfit(couple, shown(writer), talk)
  const start = `${newer} has ${shown(couple.newer)} where ${older} had ${shown(couple.older)}`
  switch (taking) {
    case 'same':
      return []
    case 'none':
      return [found]
    case 'as text': {
      const how = isInput
        ? `what clients that know ${older} send as ${shown(writer)} is accepted, and read as text: ${textOf(written)}`
        : `receivers of callbacks that know ${older} get ${shown(writer)}, and take it for text: ${textOf(written)}`
      return [{ ...found, type: 'JSON_FORM_CHANGED', message: `${start}: ${how}.` }]
    }
    case 'some': {
      if (!isInput) return [found]
      const how = `what clients that know ${older} send as ${shown(writer)} is accepted where it is ${fitting(read)}, and read as that; other values are answered 422`
      return [{ ...found, message: `${start}: ${how}.` }]
    }
    default:
      return taking satisfies never
  }
}

function symbolsFinding({ newer }: Couple, symbols: readonly string[], talk: Talk): Found {
  const { isInput } = talk
  return {
    severity: 'http',
    type: isInput ? 'SYMBOLS_REMOVED' : 'SYMBOLS_ADDED',
    at: pointerOf(below(newer.node.path, 'symbols')),
    message: isInput
      ? `${talk.newer}'s ${shown(newer)} does not have the symbols ${list(symbols)} any more: clients that know ${talk.older} may send them, and are answered 422.`
      : `${talk.newer}'s ${shown(newer)} has new symbols ${list(symbols)}: receivers of callbacks that know ${talk.older} do not know them.`,
    hint: isInput
      ? `Keep ${list(symbols)} in ${talk.newer}; a default of the enum is for Avro only.`
      : 'Tell everyone who receives it before it is written, and waive this; or put it in a new field.',
  }
}

function misfit(couple: Couple, what: string, talk: Talk): Found {
  const { older, newer } = couple
  const { isInput } = talk
  return {
    severity: 'http',
    type: isInput ? 'JSON_NARROWED' : 'JSON_WIDENED',
    at: pointerOf(newer.node.path),
    message: isInput
      ? `${talk.newer} has ${shown(newer)} where ${talk.older} had ${shown(older)}: clients that know ${talk.older} may send ${what}, and are answered 422.`
      : `${talk.newer} has ${shown(newer)} where ${talk.older} had ${shown(older)}: receivers of callbacks that know ${talk.older} do not expect ${what}.`,
    hint: `Keep ${kept(couple)} in ${talk.newer}, and put what is new in a field of its own.`,
  }
}

const audience = ({ isInput, older }: Talk): string =>
  isInput ? `clients that know ${older}` : `receivers of callbacks that know ${older}`
