// `errand new request <name>`: a request type with its schemas, handler and test, listed in the app.
import { readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { Command } from 'commander'
import { type App, defineApp } from '../app/app.ts'
import { ErrandError } from '../app/errors.ts'
import { request } from '../app/request.ts'
import { generateTypes } from '../schemas/codegen/generate.ts'
import type { Series } from '../schemas/folder/folder.ts'
import { defaultSettings } from '../schemas/folder/subjectSettings.ts'
import { completeGoldens } from '../schemas/golden/golden.ts'
import { loadApp } from './app.ts'
import { type AppFile, writeNew } from './appFiles.ts'
import { linesOf, listRequest } from './appListing.ts'
import { seriesOf } from './dev/schemaTypes.ts'
import { type NewRequest, newCode, newRequest, newSchemas, newSettings } from './newRequest.ts'
import { writeWhole } from './wholeFile.ts'

export const newVerb = (): Command =>
  new Command('new')
    .description('add to the app')
    .addCommand(
      new Command('request')
        .description('write a request type that compiles and passes its test, and list it in the app')
        .argument('<name>', 'as clients will name it: price-quote')
        .option('--app <file>', "the app's module; what is written lies beside it", 'app.ts')
        .addHelpText(
          'after',
          '\nExamples:\n  errand new request quote\n  errand new request price-quote --app shop/app.ts\n\nNothing is overwritten. Exit code 1: all is written but the lines in the app, which are printed to be pasted.',
        )
        .action(addRequest),
    )

async function addRequest(name: string, { app: path }: { readonly app: string }): Promise<void> {
  const added = newRequest(name)
  const app = await loadApp(path)
  refuseTwin(app, name)
  const folder = dirname(path)
  const schemas = newSchemas(added, app.name.replaceAll('-', '_'))
  const series = newSeries(added, schemas)
  const types = generateTypes(
    [...(await seriesOf(path)), ...series].sort((one, other) => (one.name < other.name ? -1 : 1)),
  )
  const listing = listRequest(await readFile(path, 'utf8'), added)
  if (listing.kind === 'taken')
    throw new ErrandError(
      'name-taken',
      `nothing was written, because ${path} already has something called ${listing.name}; choose another name`,
    )
  const files = [...schemas, ...completeGoldens(series), newSettings(added, app.name), ...newCode(added)]
  await writeNew(folder, files)
  await writeWhole(join(folder, 'schemas/generated.ts'), types)
  for (const file of files) console.log(`wrote ${join(folder, file.path)}`)
  console.log(`wrote ${join(folder, 'schemas/generated.ts')} anew`)
  const { imports, entry } = linesOf(added)
  if (listing.kind === 'listed') {
    await writeWhole(path, listing.text)
    console.log(`listed it in ${path}: ${entry}`)
    return
  }
  console.log(
    `${path} is for you to change (${listing.why}). Import\n\n${imports.map((line) => `  ${line}\n`).join('')}\nand add to the app's requests\n\n  ${entry},\n`,
  )
  process.exitCode = 1
}

/** Throws `exists`, or `invalid-app` where Kafka could not tell the names apart. */
function refuseTwin({ name: appName, requests }: App, name: string): void {
  if (Object.hasOwn(requests, name))
    throw new ErrandError(
      'exists',
      `the app already has a request type "${name}"; it has ${Object.keys(requests).join(', ')}`,
    )
  const any = { name, schema: 'null' }
  defineApp({ name: appName, requests: { ...requests, [name]: request(any, any, async () => undefined) } })
}

/** As they will be read once they are written. */
const newSeries = ({ name }: NewRequest, files: readonly AppFile[]): readonly Series[] =>
  files.map(({ path, text }) => {
    const part = basename(path, '.v1.avsc')
    const version = { version: 1, path, text, schema: JSON.parse(text) }
    return { name: `${name}/${part}`, of: name, part, settings: defaultSettings, versions: [version] }
  })
