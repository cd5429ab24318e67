// An app's `schemas/` folder while it is developed: its TypeScript is kept equal to its .avsc files, and a schema is traced
// back to the file that it comes from.
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { ErrandError } from '../../app/errors.ts'
import type { AvroSchema } from '../../app/record.ts'
import { generateTypes } from '../../schemas/codegen/generate.ts'
import { readSeries, type Series } from '../../schemas/folder/folder.ts'
import { writeWhole } from '../wholeFile.ts'

/** Where an app's schemas lie, and what is generated from them. */
export const schemasFolder = (app: string): string => join(dirname(app), 'schemas')
/** The module of the app whose schemas lie there. */
export const appBeside = (schemas: string): string => join(dirname(schemas), 'app.ts')
export const generatedFile = (app: string): string => join(schemasFolder(app), 'generated.ts')

/**
 * Writes `schemas/generated.ts` where the .avsc files say otherwise than it, and returns whether it did. An app without
 * .avsc files is left alone. Throws `invalid-schema` and `schema-conflict`, which name file and line.
 */
export async function renewTypes(app: string): Promise<boolean> {
  const series = await seriesOf(app)
  if (series.length === 0) return false
  const text = generateTypes(series)
  const file = generatedFile(app)
  if (text === (await readFile(file, 'utf8').catch(() => undefined))) return false
  await writeWhole(file, text)
  return true
}

/** The .avsc file that holds exactly this schema, if any does. */
export async function fileOf(app: string, schema: AvroSchema): Promise<string | undefined> {
  const series = await seriesOf(app).catch(() => [])
  const latest = series.map(({ versions }) => versions.at(-1)!)
  return latest.find((file) => isDeepStrictEqual(file.schema, schema))?.path
}

/** The schemas of an app; none in one that has none yet. */
export const seriesOf = (app: string): Promise<readonly Series[]> =>
  readSeries(schemasFolder(app)).catch((error: unknown) => {
    if (error instanceof ErrandError && error.code === 'no-schemas') return []
    throw error
  })
