// What golden payloads (goldenFile.ts) are made of and measured with: a version's own bodies, read as every version of its
// series that can read them. What a file says is never changed; what it does not say yet is added.
import { ErrandError } from '../../app/errors.ts'
import type { AvroSchema } from '../../app/record.ts'
import { avroType } from '../avro/avro.ts'
import { bodyReader } from '../avro/bodyReader.ts'
import { writerSchema } from '../avro/writerSchema.ts'
import { compareSchemas } from '../compatibility.ts'
import type { SchemaVersion, Series } from '../folder/folder.ts'
import { parseJson, toJson } from '../json/json.ts'
import { goldenCases } from './goldenCases.ts'
import {
  type GoldenCase,
  type GoldenCases,
  type GoldenProblem,
  goldenPath,
  parseGolden,
  pointerTo,
  printGolden,
} from './goldenFile.ts'

export type Reading =
  | { readonly kind: 'read'; readonly form: unknown }
  | { readonly kind: 'unreadable'; readonly reason: string }

/** How a consumer with `reader` reads bodies of `writer`, in JSON. */
export function readingAs(reader: AvroSchema, writer: AvroSchema): (body: Buffer) => Reading {
  try {
    const read = bodyReader(avroType(reader), avroType(writerSchema(writer)))
    return (body) => attempt(() => toJson(reader, read(body, 0)))
  } catch (error) {
    return () => unreadable(error)
  }
}

function attempt(read: () => unknown): Reading {
  try {
    return { kind: 'read', form: read() }
  } catch (error) {
    return unreadable(error)
  }
}

const unreadable = (error: unknown): Reading => ({ kind: 'unreadable', reason: (error as Error).message })

/** Whether a file must say how `reader` reads `writer`, so far as its bodies can be read. */
export const mustRead = (reader: SchemaVersion, writer: SchemaVersion): boolean =>
  reader === writer || compareSchemas(reader.schema, writer.schema).compatible

export type GoldenText = { readonly path: string; readonly text: string }

/**
 * The files that could say more, as they should be. Throws `invalid-golden` with the problems of all that are broken, and of
 * all cases whose JSON is no value of their version.
 */
export function completeGoldens(all: readonly Series[]): readonly GoldenText[] {
  const problems: string[] = []
  const files = all.flatMap(({ versions }) => versions.map((version) => complete(version, versions, problems)))
  if (problems.length > 0) throw new ErrandError('invalid-golden', problems.join('\n'))
  return files.filter((file) => file !== undefined)
}

/** The text of the file of a version that has neither a file nor a sibling. */
export const firstGolden = (version: SchemaVersion): string =>
  complete(version, [version], [])?.text ?? printGolden(new Map())

function complete(
  version: SchemaVersion,
  versions: readonly SchemaVersion[],
  problems: string[],
): GoldenText | undefined {
  if (!isAvro(version)) return undefined
  const [path, cases] = [goldenPath(version.path), casesOf(version, problems)]
  const readers = versions
    .filter((reader) => mustRead(reader, version))
    .map((reader) => ({ version: reader.version, read: readingAs(reader.schema, version.schema) }))
  let isComplete = version.golden !== undefined
  const completed = [...cases].map(([name, written]): [string, GoldenCase] => {
    const body = written.body ?? bodyOf(written, name, version, problems)
    const readAs = new Map(written.readAs)
    if (!written.body) readAs.delete(version.version) // as it is read, with what its author left to defaults
    for (const { version: reader, read } of body ? readers : []) {
      if (readAs.has(reader)) continue
      const reading = read(body!)
      if (reading.kind === 'read') readAs.set(reader, reading.form)
      isComplete &&= reading.kind !== 'read'
    }
    return [name, { ...(body ? { body } : {}), readAs }]
  })
  return isComplete || cases.size === 0 ? undefined : { path, text: printGolden(new Map(completed)) }
}

/** Of the file, or, where there is none, new ones. */
function casesOf(version: SchemaVersion, problems: string[]): GoldenCases {
  if (version.golden === undefined)
    return new Map([...goldenCases(version.schema)].map(([name, body]) => [name, { body, readAs: new Map() }]))
  const parsed = parseGolden(goldenPath(version.path), version.golden, version.version)
  if (parsed.kind === 'valid') return parsed.cases
  for (const problem of parsed.problems) problems.push(told(version, problem))
  return new Map()
}

function bodyOf({ readAs }: GoldenCase, name: string, of: SchemaVersion, problems: string[]): Buffer | undefined {
  const parsed = parseJson(of.schema, readAs.get(of.version), pointerTo(name, of.version))
  if (parsed.kind === 'valid') return avroType(of.schema).toBuffer(parsed.value)
  for (const problem of parsed.problems) problems.push(told(of, problem))
  return undefined
}

const told = ({ path }: SchemaVersion, { pointer, message }: GoldenProblem): string =>
  `${goldenPath(path)}: ${pointer} ${message}`

/** What is not is told of where schemas are compared. */
export function isAvro({ schema }: SchemaVersion): boolean {
  try {
    avroType(schema)
    return true
  } catch {
    return false
  }
}
