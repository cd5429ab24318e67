// A folder of Avro schemas, as an app keeps it:
//
//   schemas/punctuality/input.v1.avsc   result.v1.avsc   result.v2.avsc   subject.json
//   schemas/flight.landed/v1.avsc   v1.golden.json   subject.json
//
// Versions stay side by side, since a released one never changes (I6); the highest is the one that the app uses.
import { statSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join, posix, relative, sep } from 'node:path'
import { ErrandError } from '../../app/errors.ts'
import type { AvroSchema } from '../../app/record.ts'
import { avroType, shapeOf } from '../avro/avro.ts'
import { goldenPath } from '../golden/goldenFile.ts'
import { parseText } from '../json/jsonText.ts'
import { fileText } from './fileText.ts'
import { defaultSettings, parseSettings, type SubjectSettings } from './subjectSettings.ts'

/** One version as it is written. It is JSON; whether it is Avro is for others to say. */
export type SchemaVersion = {
  readonly version: number
  readonly path: string
  readonly text: string
  readonly schema: AvroSchema
  /** The text of its golden payloads (goldenFile.ts); absent where it has none. */
  readonly golden?: string
}

/** All versions of one schema. */
export type Series = {
  /** The way to it within the folder: `punctuality/input`, `flight.landed`. */
  readonly name: string
  /** The request type or event. */
  readonly of: string
  /** `input` or `result` of a request type, empty for an event. */
  readonly part: string
  readonly settings: SubjectSettings
  /** At least one, the oldest first. Numbers may be missing. */
  readonly versions: readonly SchemaVersion[]
}

export const settingsFile = 'subject.json'

/** Whether it is read. A link is not: git, which knows what was released, has no more of it than where it leads. */
export const isSchemaFile = (path: string): boolean =>
  posix.basename(path) === settingsFile || path.endsWith('.avsc') || path.endsWith('.golden.json')

/**
 * Every series in the folder, by name. Throws `invalid-schema` with the problems of all files, each with its file and, for
 * broken JSON, line and column, and `no-schemas` where there is none.
 */
export async function readSeries(folder: string): Promise<readonly Series[]> {
  const entries = await entriesOf(folder)
  const paths = entries.map(({ path }) => path)
  const isThere = new Set(paths)
  const links = entries
    .filter(({ isLink }) => isLink)
    .map(({ path }) => ({ path, isToFolder: isFolder(join(folder, path)) }))
  const problems = links
    .filter(({ path, isToFolder }) => isToFolder || isSchemaFile(path))
    .map(({ path, isToFolder }) => {
      const what = isToFolder ? 'folder' : 'file'
      return `${join(folder, path)}: it is a link to a ${what}, which is not followed; put the ${what} here`
    })
  const read = <T>(path: string, as: (text: string) => T): T | undefined => {
    try {
      return as(fileText(join(folder, path)))
    } catch (error) {
      problems.push((error as Error).message)
      return undefined
    }
  }
  const settings = new Map<string, SubjectSettings>()
  for (const path of paths.filter((each) => posix.basename(each) === settingsFile)) {
    const parsed = read(path, (text) => parseSettings(join(folder, path), parseText(join(folder, path), text)))
    if (parsed) settings.set(posix.dirname(path), parsed)
  }
  const series = new Map<string, Omit<Series, 'versions'> & { readonly versions: SchemaVersion[] }>()
  for (const relative of paths.filter((each) => each.endsWith('.avsc'))) {
    const path = join(folder, relative)
    const place = versionAt(relative)
    if (!place) {
      problems.push(`${path}: the name must end in its version, such as v1.avsc or input.v1.avsc`)
      continue
    }
    const { version, ...one } = place
    if (one.name === '') {
      problems.push(
        `${path}: ${folder} is the folder of one request type or event; give the one that it lies in: ${join(folder, '..')}`,
      )
      continue
    }
    const known = series.get(one.name) ?? {
      ...one,
      settings: settings.get(posix.dirname(relative)) ?? defaultSettings,
      versions: [],
    }
    series.set(one.name, known)
    const other = known.versions.find((each) => each.version === version)
    if (other) problems.push(`${path}: ${other.path} is v${version} of ${one.name || 'the same'} too`)
    const text = read(relative, (each) => ({ text: each, schema: parseText(path, each) as AvroSchema }))
    const golden = isThere.has(goldenPath(relative)) ? read(goldenPath(relative), (each) => each) : undefined
    if (text) known.versions.push({ version, path, ...text, ...(golden === undefined ? {} : { golden }) })
  }
  if (problems.length > 0) throw new ErrandError('invalid-schema', problems.sort().join('\n'))
  if (series.size === 0) throw new ErrandError('no-schemas', `there is no .avsc file in ${folder}`)
  return [...series.values()].map((each) => ({
    ...each,
    versions: each.versions.sort((one, other) => one.version - other.version),
  }))
}

/** Everything in it, with `/` between the parts, sorted. */
async function entriesOf(folder: string): Promise<readonly Entry[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((cause: Error) => {
    throw new ErrandError('no-schemas', `the folder ${folder} cannot be read: ${cause.message}`, { cause })
  })
  return entries
    .map((entry) => ({
      path: relative(folder, join(entry.parentPath, entry.name)).replaceAll(sep, '/'),
      isLink: entry.isSymbolicLink(),
    }))
    .sort((one, other) => (one.path < other.path ? -1 : 1))
}

type Entry = { readonly path: string; readonly isLink: boolean }

/** What lies behind a link to one would be passed over, or, where it leads back, be met without end. */
function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    return false // a link to nothing, or to itself
  }
}

const named = /^(?:(.+)\.)?v([1-9]\d*)\.avsc$/

/** Which version of which series a file is by its path within the folder, if it is one. */
export function versionAt(
  path: string,
): (Pick<Series, 'name' | 'of' | 'part'> & { readonly version: number }) | undefined {
  const [, part = '', version] = named.exec(posix.basename(path)) ?? []
  const of = posix.dirname(path)
  if (!version) return undefined
  if (of === '.') return { name: part, of: part, part: '', version: Number(version) }
  return { name: part ? `${of}/${part}` : of, of, part, version: Number(version) }
}

/** The highest version of one schema. */
export type SchemaFile = { readonly path: string; readonly version: number; readonly schema: AvroSchema }

/** The highest version of each series. Throws `invalid-schema` where one is not an Avro record. */
export function latestVersions(series: readonly Series[]): readonly SchemaFile[] {
  const latest = series.map(({ versions }) => versions.at(-1)!)
  const problems = latest.flatMap(({ path, schema }) => problemOf(schema, path))
  if (problems.length > 0) throw new ErrandError('invalid-schema', problems.join('\n'))
  return latest.map(({ path, version, schema }) => ({ path, version, schema }))
}

function problemOf(schema: AvroSchema, path: string): readonly string[] {
  try {
    const { kind } = shapeOf(avroType(schema))
    return kind === 'record' ? [] : [`${path}: it is a ${kind}; it must be a record`]
  } catch (error) {
    return [`${path}: ${(error as Error).message}`]
  }
}
