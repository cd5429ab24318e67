// The app that `errand init` writes: the example of this repository with a part of it left out, line by line. So the two
// cannot drift apart. Golden payloads are made of the schemas that are left.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { firstGolden } from '../schemas/golden/golden.ts'
import { goldenPath } from '../schemas/golden/goldenFile.ts'
import type { AppFile } from './appFiles.ts'
import { isBuilt, packageFolder } from './package.ts'

export const exampleFolder = join(packageFolder, isBuilt ? 'dist/template' : 'examples/flights')

export const templateFiles = [
  '.gitignore',
  'README.md',
  'app.ts',
  'data/archive.ts',
  'data/database.ts',
  'flights.ndjson',
  'package.json',
  'requests/punctuality.ts',
  'resources.ts',
  'schemas/flight.landed/subject.json',
  'schemas/flight.landed/v1.avsc',
  'schemas/generated.ts',
  'schemas/punctuality/input.v1.avsc',
  'schemas/punctuality/result.v1.avsc',
  'schemas/punctuality/subject.json',
  'subscribers/archive.ts',
  'tests/punctuality.test.ts',
  'tsconfig.json',
  'vitest.config.ts',
] as const

/** The example also keeps averages, raises alerts and draws its answer with vega: what a line says of that is left out. */
const leftOut = /alert|average|svg|draw|vega/i

/** Where the app's name stands. */
const nameIn: Readonly<Record<string, string>> = {
  'README.md': '# flights\n',
  'app.ts': "name: 'flights'",
  'package.json': '"name": "flights"',
}

export type TemplateOptions = {
  readonly name: string
  /** What the app's package.json says of its dependency `errand`: a range of versions, or `file:` and a path. */
  readonly errand: string
}

/** The files of a new app. */
export function template({ name, errand }: TemplateOptions): readonly AppFile[] {
  const files = templateFiles.map((path) => {
    const named = nameIn[path] ?? ''
    const text = reduced(path, readFileSync(join(exampleFolder, isBuilt ? `${path}.txt` : path), 'utf8'))
      .replace(named, named.replace('flights', name))
      .replace(/"errand": ".*"/, () => `"errand": ${JSON.stringify(errand)}`)
    return { path, text }
  })
  return [...files, ...files.filter(({ path }) => path.endsWith('.avsc')).map(goldenOf)]
}

const goldenOf = ({ path, text }: AppFile): AppFile => ({
  path: goldenPath(path),
  text: firstGolden({ version: 1, path, text, schema: JSON.parse(text) }),
})

function reduced(path: string, text: string): string {
  const kept = text
    .split('\n')
    .filter((line) => !leftOut.test(line))
    .join('\n')
  return /\.(json|avsc)$/.test(path) ? kept.replaceAll(/,(\s*[\]}])/g, '$1') : kept
}
