// A folder of Avro schemas, as an app keeps it:
//
//   schemas/punctuality/input.v1.avsc   schemas/punctuality/result.v2.avsc   schemas/flight.landed/v1.avsc
//
// Versions stay side by side, since a released one never changes (I6); the highest is the one that the app uses.
import { readdir, readFile } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { ErrandError } from '../app/errors.ts'
import type { AvroSchema } from '../app/record.ts'
import { avroType, shapeOf } from './avro.ts'

/** The highest version of one schema. */
export type SchemaFile = { readonly path: string; readonly version: number; readonly schema: AvroSchema }

type Versioned = { readonly path: string; readonly series: string; readonly version: number }

const named = /^(?:(.+)\.)?v([1-9]\d*)\.avsc$/

/**
 * The highest version of each schema in the folder, by path. Throws `invalid-schema` with the problems of all files, each
 * with its file and, for broken JSON, line and column, and `no-schemas` where there is none.
 */
export async function latestSchemas(folder: string): Promise<readonly SchemaFile[]> {
  const paths = await schemaPaths(folder)
  if (paths.length === 0) throw new ErrandError('no-schemas', `there is no .avsc file in ${folder}`)
  const problems: string[] = []
  const files = await Promise.all(
    latest(paths, problems).map(({ path, version }) =>
      readSchema(path).then(
        (schema): SchemaFile => ({ path, version, schema }),
        (error: Error) => void problems.push(error.message),
      ),
    ),
  )
  if (problems.length > 0) throw new ErrandError('invalid-schema', problems.sort().join('\n'))
  return files.filter((file) => file !== undefined)
}

async function schemaPaths(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true }).catch((cause: Error) => {
    throw new ErrandError('no-schemas', `the folder ${folder} cannot be read: ${cause.message}`, { cause })
  })
  return entries
    .filter((entry) => entry.endsWith('.avsc'))
    .sort()
    .map((entry) => join(folder, entry))
}

function latest(paths: readonly string[], problems: string[]): readonly Versioned[] {
  const highest = new Map<string, Versioned>()
  for (const path of paths) {
    const file = path.slice(path.lastIndexOf(sep) + 1)
    const [, name = '', version] = named.exec(file) ?? []
    const series = path.slice(0, -file.length) + name
    if (!version) problems.push(`${path}: the name must end in its version, such as v1.avsc or input.v1.avsc`)
    else if (Number(version) > (highest.get(series)?.version ?? 0))
      highest.set(series, { path, series, version: Number(version) })
  }
  return [...highest.values()]
}

async function readSchema(path: string): Promise<AvroSchema> {
  const text = await readFile(path, 'utf8')
  const schema = parse(path, text)
  try {
    const { kind } = shapeOf(avroType(schema))
    if (kind !== 'record') throw new ErrandError('invalid-schema', `it is a ${kind}; it must be a record`)
  } catch (cause) {
    throw new ErrandError('invalid-schema', `${path}: ${(cause as Error).message}`, { cause })
  }
  return schema
}

function parse(path: string, text: string): AvroSchema {
  try {
    return JSON.parse(text)
  } catch (cause) {
    const { message } = cause as Error
    const before = text.slice(0, errorPosition(text, message)).split('\n')
    const at = `${path}:${before.length}:${before.at(-1)!.length + 1}`
    const what = message.replace(/, (\.\.\.)?".*|( in JSON)? at position .*/s, '')
    throw new ErrandError('invalid-schema', `${at}: ${what}`, { cause })
  }
}

/** V8 tells the position of most errors, but not of an unexpected token: that is where the shortest such text ends. */
function errorPosition(text: string, message: string): number {
  const told = / at position (\d+)/.exec(message)?.[1]
  if (told) return Number(told)
  const ends = Array.from({ length: text.length }, (_, index) => index)
  return ends.find((end) => jsonError(text.slice(0, end + 1)).startsWith('Unexpected token')) ?? text.length
}

const jsonError = (text: string): string => {
  try {
    JSON.parse(text)
    return ''
  } catch (error) {
    return (error as Error).message
  }
}
