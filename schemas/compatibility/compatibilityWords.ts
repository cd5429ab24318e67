// A finding in words: what cannot be read and why, and what to change in the schema that can still be changed.

import type { Ambiguity, Reason } from './readability.ts'
import { branchName, type NamedNode, own, type SchemaField, type SchemaNode, typeOf } from './schemaGraph.ts'

/** What the two schemas are called, and which of them is new: the other one is out in the world. */
export type Sides = { readonly reader: string; readonly writer: string; readonly next: 'reader' | 'writer' }

/** `lacking` is the reader's enum field that the writer's record does not have. */
export type Told = { readonly reason: Reason; readonly lacking?: SchemaField | undefined }

export function messageOf({ reason, lacking }: Told, sides: Sides): string {
  const { writer } = sides
  const reader = atStart(sides.reader)
  switch (reason.type) {
    case 'NAME_MISMATCH':
      return `${reader}'s ${show(reason.reader)} is not what ${writer} calls ${reason.writer.fullName}, and has no alias that says so.`
    case 'FIXED_SIZE_MISMATCH':
      return `${reader}'s ${show(reason.reader)} has a size of ${reason.reader.size}, ${writer}'s of ${reason.writer.size}.`
    case 'MISSING_ENUM_SYMBOLS':
      return `${reader}'s ${show(reason.reader)} does not know ${writer}'s symbols ${list(reason.symbols)}, and has no default to read them as.`
    case 'READER_FIELD_MISSING_DEFAULT_VALUE':
      return `${reader}'s ${show(reason.reader)} has a field "${reason.field.name}", ${writer}'s has not, and the field has no default.`
    case 'TYPE_MISMATCH':
      return lacking
        ? `${reader}'s enum field "${lacking.name}" is not in ${writer}'s ${show(reason.writer)}, and has no default: that of its type does not count.`
        : `${reader} has ${show(reason.reader)} where ${writer} has ${show(reason.writer)}, which cannot be read as that.`
    case 'MISSING_UNION_BRANCH':
      return `${reader}'s union ${list(reason.reader.branches.map(typeOf).map(branchName))} has no branch that reads ${writer}'s ${show(reason.writer)}.`
    default:
      return reason satisfies never
  }
}

/** What to do. `next` is called by its name; of the other it is only said that it is as it is. */
export function hintOf({ reason, lacking }: Told, sides: Sides): string {
  const next = sides[sides.next]
  const isReader = sides.next === 'reader'
  const there = isReader ? sides.writer : sides.reader
  switch (reason.type) {
    case 'NAME_MISMATCH':
      if (!isReader)
        return `Call it ${reason.reader.name} in ${next} too: an alias helps only in the schema that reads.`
      return canBeAlias(reason.reader, reason.writer)
        ? `Give ${show(reason.reader)} "aliases": ["${reason.writer.fullName}"] in ${next}, or its old name back.`
        : `Call it ${reason.writer.name} in ${next} again: no alias stands for a name without a namespace.`
    case 'FIXED_SIZE_MISMATCH':
      return `Keep the size ${isReader ? reason.writer.size : reason.reader.size} in ${next}, and put the other size in a new field, as a fixed of another name.`
    case 'MISSING_ENUM_SYMBOLS': {
      const what = `the enum *type* ${reason.reader.fullName}`
      return isReader
        ? `Give ${what} a default in ${next}, or keep ${list(reason.symbols)}; a field default does not count.`
        : `Leave ${list(reason.symbols)} out of ${next}: ${what} has no default in ${there}; a field default does not count.`
    }
    case 'READER_FIELD_MISSING_DEFAULT_VALUE': {
      if (!isReader) return `Keep the field "${reason.field.name}" in ${next}: ${there} has no default for it.`
      const old = reason.writer.fields.find(({ name }) => plain(name) === plain(reason.field.name))?.name
      const renamed = old === undefined ? '' : `, or "aliases": ["${old}"] if that is its old name`
      return `Give the field "${reason.field.name}" a default in ${next}${renamed}.`
    }
    case 'TYPE_MISMATCH':
      if (!lacking) return typeHint(reason.reader, reason.writer, sides)
      return isReader
        ? `Give the *field* "${lacking.name}" a default in ${next}; the default of its enum type does not count.`
        : `Keep the field "${lacking.name}" in ${next}: ${there} has no default for it, only for its enum type.`
    case 'MISSING_UNION_BRANCH':
      return isReader
        ? `Keep a branch for ${show(reason.writer)} in ${next}'s union.`
        : `Write ${show(reason.writer)} only once every reader has a branch for it: ${there} has none.`
    default:
      return reason satisfies never
  }
}

/** From within a namespace, nothing stands for a name that has none. */
const canBeAlias = (reader: NamedNode, writer: NamedNode): boolean =>
  writer.fullName.includes('.') || !reader.fullName.includes('.')

function typeHint(reader: SchemaNode, writer: SchemaNode, sides: Sides): string {
  if (sides.next === 'writer')
    return `Keep ${show(reader)} in ${sides.writer}: ${sides.reader} reads nothing wider there. A new type is a new field.`
  if (writer.kind === 'null')
    return `Keep null in ${sides.reader}, as a branch of a union: ${sides.writer} may have written it.`
  return `Keep ${show(writer)} in ${sides.reader}, alone or as a branch of a union. A new type is a new field.`
}

export const ambiguityMessage = ({ field, candidates, reader }: Ambiguity, sides: Sides): string =>
  `${atStart(sides.reader)}'s field "${field.name}" of ${show(reader)} could be read from each of ${sides.writer}'s fields ${list(candidates)}, by its name and its aliases.`

export const ambiguityHint = ({ field }: Ambiguity, { reader }: Sides): string =>
  `Leave "${field.name}" one of them in ${reader}, by taking aliases away.`

export const invalidMessage = (side: string, pointer: string, message: string): string =>
  `${atStart(side)} is not a schema that Avro can read, at ${pointer}: ${message}`

const atStart = (side: string): string => side.replace(/^the /, 'The ')

/** `int`, `record n.R`, `bytes (decimal)`. */
export const show = (node: SchemaNode | NamedNode): string => {
  const logical = own(node.json, 'logicalType')
  const note = typeof logical === 'string' ? ` (${logical})` : ''
  return 'fullName' in node ? `${node.kind} ${node.fullName}${note}` : `${node.kind}${note}`
}

const longest = 20
/** As Java lists them, but never endless. */
export const list = (names: readonly string[]): string =>
  `[${names.slice(0, longest).join(', ')}${names.length > longest ? `, and ${names.length - longest} more` : ''}]`

/** What a change of style leaves as it is. */
const plain = (name: string): string => name.replaceAll('_', '').toLowerCase()
