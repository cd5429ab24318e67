// How the fields of a record change for the handlers that declare it, in the words of TypeScript: what a green check does not say,
// and what a redrive brings, as letters of older versions are read with the new one. Pure.
import { inspect } from 'node:util'
import type { AnyApp } from '../../app/app.ts'
import type { AvroSchema } from '../../app/record.ts'
import { avroType, type Branch, type Field, type Shape, shapeOf, type Type } from '../avro/avro.ts'
import { typeText } from '../codegen/typeText.ts'
import type { Proposal } from './blastTopic.ts'

/** `path` is as a handler writes it, `[]` for any item of an array and `{}` for any of a map: `input.legs[].gate`. */
export type FieldChange = {
  readonly path: string
} /** `older`: what it is in records of older versions, in JavaScript; absent where the field has no default, so that they are not read. */ & (
  | { readonly kind: 'added'; readonly to: string; readonly older?: string }
  | { readonly kind: 'removed'; readonly from: string }
  | { readonly kind: 'changed'; readonly from: string; readonly to: string }
)

export type HandlerChanges = {
  readonly kind: 'handler' | 'subscriber'
  /** Of the request type, or the subscriber. */
  readonly name: string
  /** As the app names the topic: `requests.punctuality`, `flight.landed`. */
  readonly reads: string
  readonly changes: readonly FieldChange[]
}

/** Those handlers of the app whose declared record is a proposal's and changes. */
export function handlerChanges(app: AnyApp, proposals: readonly Proposal[]): readonly HandlerChanges[] {
  const all = proposals.flatMap(({ names, record, released }) => {
    const changesOf = (root: string): readonly FieldChange[] =>
      released ? fieldChanges(released.record.schema, record.schema, root) : []
    const handlers = Object.entries(app.requests).flatMap(([name, { input, result }]): readonly HandlerChanges[] => {
      const parts = { input, result }
      return Object.entries(parts)
        .filter(([, part]) => names.has(part.name))
        .map(([root]) => ({ kind: 'handler', name, reads: `requests.${name}`, changes: changesOf(root) }))
    })
    const subscribers = Object.entries(app.subscribers)
      .filter(([, { event }]) => names.has(event.record.name))
      .map(
        ([name, { event }]): HandlerChanges => ({
          kind: 'subscriber',
          name,
          reads: event.name,
          changes: changesOf('event'),
        }),
      )
    return [...handlers, ...subscribers]
  })
  return all.filter(({ changes }) => changes.length > 0)
}

/**
 * Between what is declared in one version of a schema and in the next. `root` is what a handler calls the value. What changes in
 * a record that is used in several places is told at the first.
 */
export function fieldChanges(from: AvroSchema, to: AvroSchema, root: string): readonly FieldChange[] {
  const changes: FieldChange[] = []
  const met = new Map<Type, Set<Type>>()
  const walk = (older: Type, newer: Type, path: string): void => {
    for (const [one, other] of partners(older, newer)) {
      if (met.get(one)?.has(other)) continue
      met.set(one, (met.get(one) ?? new Set()).add(other))
      walkParts(shapeOf(one), shapeOf(other), path)
    }
  }
  const walkParts = (older: Shape, newer: Shape, path: string): void => {
    if (older.kind === 'array' && newer.kind === 'array') walk(older.items, newer.items, `${path}[]`)
    else if (older.kind === 'map' && newer.kind === 'map') walk(older.values, newer.values, `${path}{}`)
    else if (older.kind === 'record' && newer.kind === 'record') walkFields(older.fields, newer.fields, path)
  }
  const walkFields = (older: readonly Field[], newer: readonly Field[], path: string): void => {
    for (const field of older) {
      const next = named(newer, field)
      const [from, to] = [wordsOf(field.type), next && wordsOf(next.type)]
      if (to === undefined) changes.push({ kind: 'removed', path: `${path}.${field.name}`, from })
      else if (from !== to) changes.push({ kind: 'changed', path: `${path}.${field.name}`, from, to })
    }
    for (const field of newer) if (!named(older, field)) changes.push(addition(field, path))
    for (const field of older) {
      const next = named(newer, field)
      if (next) walk(field.type, next.type, `${path}.${field.name}`)
    }
  }
  walk(avroType(from), avroType(to), root)
  return changes
}

const named = (fields: readonly Field[], { name }: Field): Field | undefined =>
  fields.find((field) => field.name === name)

function addition({ name, type, defaultValue }: Field, path: string): FieldChange {
  const older = defaultValue && { older: inspect(defaultValue(), { breakLength: Number.POSITIVE_INFINITY }) }
  return { kind: 'added', path: `${path}.${name}`, to: wordsOf(type), ...older }
}

/** An enum in its symbols, as its name says nothing of them. */
const wordsOf = (type: Type): string => {
  const shape = shapeOf(type)
  if (shape.kind === 'enum') return shape.symbols.map((symbol) => `'${symbol}'`).join(' | ')
  const isPlainUnion = shape.kind === 'union' && !shape.wrapped
  return isPlainUnion ? shape.branches.map((branch) => wordsOf(branch.type)).join(' | ') : typeText(type)
}

/** Parts that stand for each other: of a union its branches of one name or kind. */
function partners(older: Type, newer: Type): readonly (readonly [Type, Type])[] {
  return branchesOf(older).flatMap(({ type, name }) => {
    const partner = branchesOf(newer).find((branch) => lastName(branch.name) === lastName(name))
    return partner ? [[type, partner.type] as const] : []
  })
}

const branchesOf = (type: Type): readonly Pick<Branch, 'name' | 'type'>[] => {
  const shape = shapeOf(type)
  return shape.kind === 'union' ? shape.branches : [{ name: type.branchName ?? '', type }]
}

/** What its TypeScript type is called by. */
const lastName = (full: string): string => full.slice(full.lastIndexOf('.') + 1)
