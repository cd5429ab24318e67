// Arbitrary pairs of Avro schemas of one descent: a schema, its first few edits (what is written), and some more (what is
// read). Edits know nothing of compatibility. Namespaces are left out.
import fc from 'fast-check'
import type { AvroSchema } from '../../../app/record.ts'
import { recordSchema } from './avroArbitrary.ts'

type Field = { readonly name: string; readonly type: Draft; readonly default?: unknown; readonly aliases?: string[] }
type Made = {
  readonly type: string
  readonly name?: string
  readonly aliases?: readonly string[]
  readonly symbols?: readonly string[]
  readonly default?: unknown
  readonly size?: number
  readonly items?: Draft
  readonly values?: Draft
  readonly fields?: readonly Field[]
}
type Draft = string | readonly Draft[] | Made

/** Where a schema is used; `put` makes the whole with another one there. */
type Slot = { readonly draft: Draft; readonly put: (draft: Draft) => Draft }

/** `at` chooses the place, `how` what is done there, `what` with what. */
type Edit = { readonly at: number; readonly how: number; readonly what: number }

const primitives = ['null', 'boolean', 'int', 'long', 'float', 'double', 'string', 'bytes']
const symbols = ['RED', 'GREEN', 'BLUE', 'GREY']

const edit: fc.Arbitrary<Edit> = fc.record({ at: fc.nat(999), how: fc.nat(999), what: fc.nat(999) })

export type Descent = { readonly reader: AvroSchema; readonly writer: AvroSchema }

export const descent: fc.Arbitrary<Descent> = fc
  .tuple(recordSchema, fc.array(edit, { maxLength: 3 }), fc.array(edit, { minLength: 1, maxLength: 2 }))
  .map(([schema, first, then]) => {
    const base = withoutNamespaces(schema)
    const writer = first.reduce(edited, base)
    return { writer: writer as AvroSchema, reader: then.reduce(edited, writer) as AvroSchema }
  })

const withoutNamespaces = (schema: AvroSchema): Draft => JSON.parse(JSON.stringify(schema).replaceAll('"tests.', '"'))

function edited(draft: Draft, { at, how, what }: Edit): Draft {
  const slots = slotsOf({ draft, put: (next) => next })
  const slot = slots[at % slots.length]!
  const names = slots.flatMap(({ draft: each }) => (isMade(each) && each.name !== undefined ? [each.name] : []))
  const edits = editsOf(slot.draft, names, what)
  return slot.put(edits[how % edits.length]!)
}

const isList = (draft: Draft): draft is readonly Draft[] => Array.isArray(draft)
const isMade = (draft: Draft): draft is Made => typeof draft === 'object' && !isList(draft)

/** Flat, and with one branch of a kind or name. */
function union(branches: readonly Draft[]): Draft {
  const nameOf = (branch: Draft): string => (isMade(branch) ? (branch.name ?? branch.type) : String(branch))
  const flat = branches.flat() as readonly Draft[]
  return flat.filter((branch, i) => flat.findIndex((other) => nameOf(other) === nameOf(branch)) === i)
}

function slotsOf(slot: Slot): readonly Slot[] {
  const { draft, put } = slot
  if (isList(draft))
    return [
      slot,
      ...draft.flatMap((branch, i) => slotsOf({ draft: branch, put: (next) => put(union(draft.with(i, next))) })),
    ]
  if (!isMade(draft)) return [slot]
  const { items, values, fields = [] } = draft
  return [
    slot,
    ...(items === undefined ? [] : slotsOf({ draft: items, put: (next) => put({ ...draft, items: next }) })),
    ...(values === undefined ? [] : slotsOf({ draft: values, put: (next) => put({ ...draft, values: next }) })),
    ...fields.flatMap((field, i) =>
      slotsOf({ draft: field.type, put: (type) => put({ ...draft, fields: fields.with(i, { ...field, type }) }) }),
    ),
  ]
}

/** What may become of it. Some of it is no schema any more. */
function editsOf(draft: Draft, names: readonly string[], what: number): readonly Draft[] {
  const primitive = primitives[what % primitives.length]!
  const name = names[what % names.length] ?? primitive
  const always = [primitive, name, ['null', name], union([draft, primitive])]
  if (isMade(draft))
    return [...always, ...namedEdits(draft, what), ...enumEdits(draft, what), ...fieldEdits(draft, what)]
  if (!isList(draft) || draft.length === 0) return always
  const index = what % draft.length
  return [...always, draft[index]!, draft.toSpliced(index, 1), draft.toReversed(), union([primitive, ...draft])]
}

function namedEdits(made: Made, what: number): readonly Draft[] {
  const { name, size } = made
  if (name === undefined) return []
  const renamed = { ...made, name: `${name}x` }
  const resized = size === undefined ? [] : [{ ...made, size: size + (what % 2) }]
  return [renamed, { ...renamed, aliases: [name] }, ...resized]
}

function enumEdits({ default: fallback, ...made }: Made, what: number): readonly Draft[] {
  const own = made.symbols
  if (!own) return []
  const some = symbols.filter((symbol, index) => symbol === fallback || (what & (1 << index)) > 0)
  const kept = fallback === undefined ? {} : { default: fallback }
  return [
    { ...made, default: own[what % own.length] },
    made,
    { ...made, ...kept, symbols: some },
    { ...made, ...kept, symbols: own.toReversed() },
  ]
}

function fieldEdits(made: Made, what: number): readonly Draft[] {
  const { fields } = made
  if (!fields) return []
  const withFields = (next: readonly Field[]): Made => ({ ...made, fields: next })
  const added = `g${what % 3}`
  const others = fields.filter(({ name }) => name !== added)
  const more = [
    withFields([...others, { name: added, type: 'int' }]),
    withFields([...others, { name: added, type: ['null', 'string'], default: null }]),
  ]
  const index = what % Math.max(1, fields.length)
  const field = fields[index]
  if (!field) return more
  const renamed = `${field.name}x`
  const aliased = { ...field, name: renamed, aliases: [field.name] }
  return [
    ...more,
    withFields(fields.toSpliced(index, 1)),
    withFields(fields.toReversed()),
    withFields(fields.with(index, { ...field, aliases: [`f${what % 5}`] })),
    ...(fields.some(({ name }) => name === renamed) ? [] : [withFields(fields.with(index, aliased))]),
  ]
}
