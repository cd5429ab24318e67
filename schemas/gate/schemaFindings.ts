// What is wrong with one version by itself: Java and the registries take it, and avsc does not, so that nothing here could start
// with it; or it says something where nobody reads it. What Java cannot read either is for checkEvolution to say.
import type { AvroSchema } from '../../app/record.ts'
import { avroType, compile, shapeOf, type Type } from '../avro/avro.ts'
import { show } from '../compatibility/compatibilityWords.ts'
import { type Deep, run } from '../compatibility/deep.ts'
import {
  branchName,
  isObject,
  own,
  type SchemaField,
  type SchemaNode,
  type SchemaUse,
  typeOf,
} from '../compatibility/schemaGraph.ts'
import { parsedSchema } from '../compatibility/schemaParser.ts'
import { below, pointerOf } from '../compatibility/schemaPath.ts'
import type { Found } from './finding.ts'
import { nameFindings } from './nameFindings.ts'
import type { NumberedSchema } from './versionPair.ts'
import { mostFindings, valueText } from './words.ts'

/** Everything there is to say, where avsc would say the first. Takes any JSON and never throws. */
export function schemaFindings({ version, schema }: NumberedSchema): readonly Found[] {
  const parsed = parsedSchema(schema)
  if (parsed.kind === 'invalid') return []
  const side = `v${version}`
  const contents = contentsOf(parsed.root)
  const misplaced = contents.fields.flatMap((field) => misplacedLogical(field, side)).slice(0, mostFindings)
  return [...misplaced, ...refusals(schema as AvroSchema, contents, side)]
}

/** What keeps it from being the record of anything here. */
function refusals(schema: AvroSchema, { nodes, fields }: Contents, side: string): readonly Found[] {
  const unnamed = [...nodes]
    .flatMap((node) => [...nameFindings(node, side), ...emptiness(node, side)])
    .slice(0, mostFindings)
  if (unnamed.length > 0) return unnamed
  const type = typeFor(schema)
  if (!type) return refusal(schema, fields, side)
  const { kind } = shapeOf(type)
  if (kind === 'record') return []
  return [
    {
      severity: 'runtime',
      type: 'NOT_A_RECORD',
      at: '/',
      message: `${side} is a ${kind}: what a topic or a request holds here is a record.`,
      hint: 'Make it the field of a record.',
    },
  ]
}

function typeFor(schema: AvroSchema): Type | undefined {
  try {
    return avroType(schema, { isIdle: true })
  } catch {
    return undefined // said below, at its place
  }
}

/** Each type once, in the order in which they are written; `fields`, innermost first. */
type Contents = { readonly nodes: Set<SchemaNode>; readonly fields: SchemaField[] }

function contentsOf(root: SchemaNode): Contents {
  const contents: Contents = { nodes: new Set(), fields: [] }
  run(visit(root, contents))
  return contents
}

function* visit(node: SchemaUse, contents: Contents): Deep<void> {
  if (node.kind === 'reference' || contents.nodes.has(node)) return
  contents.nodes.add(node)
  if (node.kind === 'record')
    for (const field of node.fields) {
      yield visit(field.type, contents)
      contents.fields.push(field)
    }
  if (node.kind === 'union') for (const branch of node.branches) yield visit(branch, contents)
  if (node.kind === 'array') yield visit(node.items, contents)
  if (node.kind === 'map') yield visit(node.values, contents)
}

/** Avro takes it for a property of no meaning. */
function misplacedLogical({ name, path, json }: SchemaField, side: string): readonly Found[] {
  const logicalType = own(json, 'logicalType')
  if (typeof logicalType !== 'string') return []
  return [
    {
      severity: 'meaning',
      type: 'LOGICAL_TYPE_MISPLACED',
      at: pointerOf(below(path, 'logicalType')),
      message: `${side}'s field "${name}" has "logicalType": ${valueText(logicalType)} beside its type, where it says nothing: it is read and written as if it were not there.`,
      hint: `Write it within the type, "type": ${writtenWithin(json, logicalType)}; where ${side} is released, in a new version, or leave it out.`,
    },
  ]
}

/** The type with the logical type in it: of a union, in its first branch that is not null. */
function writtenWithin(json: unknown, logicalType: string): string {
  const more = ['precision', 'scale'].flatMap((key) => {
    const value = own(json, key)
    return value === undefined ? [] : [[key, value]]
  })
  const within = (type: unknown): unknown => ({
    ...(isObject(type) ? type : { type }),
    ...{ logicalType, ...Object.fromEntries(more) },
  })
  const type = own(json, 'type')
  if (!Array.isArray(type)) return briefly(within(type))
  const index = type.findIndex((branch) => branch !== 'null')
  return briefly(type.map((branch, at) => (at === index ? within(branch) : branch)))
}

const longest = 200

/** It may be nested deeper than JSON.stringify goes, and be far too long to be told. */
function briefly(json: unknown): string {
  try {
    const text = JSON.stringify(json)
    return text.length > longest ? '{ "type": …, "logicalType": … }' : text
  } catch {
    return '{ "type": …, "logicalType": … }'
  }
}

function emptiness({ kind, path, ...node }: SchemaNode, side: string): readonly Found[] {
  const isEmpty = ('branches' in node && node.branches.length === 0) || ('symbols' in node && node.symbols.length === 0)
  if (!isEmpty) return []
  return [
    {
      severity: 'runtime',
      type: kind === 'enum' ? 'EMPTY_ENUM' : 'EMPTY_UNION',
      at: pointerOf(path),
      message: `${side} has ${kind === 'enum' ? 'an enum without symbols' : 'a union without branches'}: there is no value of it, and avsc refuses it.`,
      hint: `Give it ${kind === 'enum' ? 'a symbol' : 'a branch'}.`,
    },
  ]
}

function refusal(schema: AvroSchema, fields: readonly SchemaField[], side: string): readonly Found[] {
  const compiled = compile(schema)
  if (compiled.kind === 'compiled') return []
  const bad = badDefaults(schema, fields)
  if (bad.length > 0) return bad.map((field) => badDefault(field, side))
  const {
    at,
    cause: { message },
  } = compiled
  const type = Object.entries(others).find(([, { told }]) => told.test(message))?.[0] ?? 'REFUSED'
  return [
    {
      severity: 'runtime',
      type,
      at,
      message: `${side} is a schema for Java and registries, and none for avsc, which reads and writes here: ${valueText(message)}.`,
      hint: others[type]?.hint ?? 'Write it otherwise.',
    },
  ]
}

const others: Readonly<Record<string, { readonly told: RegExp; readonly hint: string }>> = {
  DEFINED_LATER: {
    told: /^undefined type name/,
    hint: 'Define the type where it is met first, its namespace written out, and call it by its full name afterwards.',
  },
  DEFINED_TWICE: {
    told: /^duplicate type name/,
    hint: 'Define the type where it is met first, and call it by its name afterwards.',
  },
  TOO_DEEP: { told: /call stack/, hint: 'Nest it less deeply: a type that holds itself is as deep as its values are.' },
}

const mostBad = 100

/** A default cannot be judged without those within its type: they are put back one after the other, innermost first. */
function badDefaults(schema: AvroSchema, fields: readonly SchemaField[]): readonly SchemaField[] {
  const defaulted = fields.filter(({ hasDefault }) => hasDefault)
  const bad: SchemaField[] = []
  const compiles = (count: number): boolean => {
    const without = new Set<unknown>([...bad, ...defaulted.slice(count)].map(({ json }) => json))
    return compile(schema, without).kind === 'compiled'
  }
  if (!compiles(0)) return []
  while (bad.length < mostBad && !compiles(defaulted.length)) {
    let [good, failing] = [0, defaulted.length]
    while (failing - good > 1) {
      const middle = Math.floor((good + failing) / 2)
      if (compiles(middle)) good = middle
      else failing = middle
    }
    bad.push(defaulted[failing - 1]!)
  }
  return bad
}

const isRounded = (value: unknown): boolean => Number.isInteger(value) && !Number.isSafeInteger(value)

function badDefault({ name, path, type, json }: SchemaField, side: string): Found {
  const value = valueText(own(json, 'default'))
  const at = pointerOf(below(path, 'default'))
  const [first] = type.kind === 'union' ? type.branches : []
  if (isRounded(own(json, 'default')) && typeOf(first ?? type).kind === 'long')
    return {
      severity: 'runtime',
      type: 'BAD_DEFAULT',
      at,
      message: `${side}'s field "${name}" has a default beyond 2^53, which is not supported here: JavaScript reads such numbers of a schema rounded.`,
      hint: 'Give it a default nearer to 0, and write the larger number where it is meant.',
    }
  const wanted = first ? `branch ${branchName(typeOf(first))}, the first of its union` : `${show(typeOf(type))}`
  return {
    severity: 'runtime',
    type: 'BAD_DEFAULT',
    at,
    message: `${side}'s field "${name}" has the default ${value}, which is no value of ${wanted}: Java and registries take it, avsc takes no such schema.`,
    hint: first
      ? 'Put the branch of the default first, or give it a default of the first branch.'
      : `Give it a default that is one of ${show(typeOf(type))}.`,
  }
}
