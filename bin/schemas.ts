// errand schemas generate | register: the app's Avro schemas as TypeScript, and in the registry.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Command } from 'commander'
import { type Catalogue, catalogue as catalogueOf } from '../kafka/catalogue.ts'
import { loadConfig } from '../process/config.ts'
import { latestSchemas } from '../schemas/folder.ts'
import { generateTypes } from '../schemas/generate.ts'
import { platformSchemas } from '../schemas/platform/platform.ts'
import { registerSubjects } from '../schemas/register.ts'
import { createRegistry, type Registry } from '../schemas/registry.ts'
import { loadApp } from './app.ts'

type Print = (line: string) => void

export const schemasVerb = (): Command =>
  new Command('schemas')
    .description("the app's Avro schemas: as TypeScript, and in the registry")
    .addCommand(generateVerb())
    .addCommand(registerVerb())

const generateVerb = (): Command =>
  new Command('generate')
    .description('write a TypeScript type and value for each record, from the highest version of each schema')
    .argument(
      '[folder]',
      'with <request type>/input.v1.avsc, <request type>/result.v1.avsc, <event>/v1.avsc',
      'schemas',
    )
    .option('--out <file>', 'the file to write (default: generated.ts in the folder)')
    .option('--import <module>', 'where the file imports RecordType from', 'errand')
    .addHelpText(
      'after',
      '\nExamples:\n  errand schemas generate\n  errand schemas generate examples/flights/schemas\n',
    )
    .action(async (folder: string, options: { readonly out?: string; readonly import: string }) => {
      const out = options.out ?? join(folder, 'generated.ts')
      const schemas = await latestSchemas(folder)
      await writeFile(out, generateTypes(schemas, { recordTypeFrom: options.import }))
      console.log(`wrote ${out}: ${schemas.length} ${schemas.length === 1 ? 'record' : 'records'}`)
    })

const registerVerb = (): Command =>
  new Command('register')
    .description('register the schema of every topic of the app; exit code 1 where the registry refuses one')
    .option('--app <file>', "the app's module", 'app.ts')
    .addHelpText('after', '\nExample:\n  SCHEMA_REGISTRY_URL=http://… errand schemas register --app app.ts\n')
    .action(async ({ app: path }: { readonly app: string }) => {
      const config = loadConfig(process.env)
      const app = await loadApp(path)
      const catalogue = catalogueOf(app, config.namespace ?? app.name, platformSchemas)
      const refused = await registerSchemas({
        catalogue,
        registry: createRegistry(config.registry),
        print: console.log,
      })
      if (refused > 0) process.exitCode = 1
    })

export type RegisterSchemasOptions = {
  readonly catalogue: Catalogue
  readonly registry: Registry
  readonly print: Print
}

/** Registers every subject of the catalogue, prints a line for each, and says how many the registry refused. */
export async function registerSchemas({ catalogue, registry, print }: RegisterSchemasOptions): Promise<number> {
  const done = await registerSubjects(registry, catalogue.subjects)
  for (const result of done) {
    const detail = result.kind === 'refused' ? result.reason : `id ${result.id}`
    print(`${result.kind.padEnd(8)}${result.subject}  ${detail}`)
  }
  return done.filter(({ kind }) => kind === 'refused').length
}
