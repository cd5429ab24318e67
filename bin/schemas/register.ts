// errand schemas register: the app's Avro schemas in the registry.
import { Command } from 'commander'
import { type Catalogue, catalogue as catalogueOf } from '../../kafka/catalogue.ts'
import { loadConfig } from '../../process/config.ts'
import { platformSchemas } from '../../schemas/platform/platform.ts'
import { type Registered, registerSubjects } from '../../schemas/registry/register.ts'
import { createRegistry, type Registry } from '../../schemas/registry/registry.ts'
import { checkRegistry } from '../../schemas/registry/registryCheck.ts'
import { loadApp } from '../app.ts'

type Print = (line: string) => void

export const registerVerb = (): Command =>
  new Command('register')
    .description('register the schema of every topic of the app; exit code 1 where the registry refuses one')
    .option('--app <file>', "the app's module", 'app.ts')
    .option('--taken-over', 'also add versions to the subjects of topics that the app takes over and writes', false)
    .addHelpText('after', registerHelp)
    .action(async ({ app: path, takenOver }: { readonly app: string; readonly takenOver: boolean }) => {
      const config = loadConfig(process.env)
      const app = await loadApp(path)
      const catalogue = catalogueOf(app, config.namespace ?? app.name, platformSchemas)
      await checkRegistry(config.registry)
      const unregistered = await registerSchemas({
        catalogue,
        registry: createRegistry(config.registry),
        print: console.log,
        takenOver,
      })
      if (unregistered > 0) process.exitCode = 1
    })

const registerHelp = `
Examples:
  SCHEMA_REGISTRY_URL=http://… errand schemas register --app app.ts
  SCHEMA_REGISTRY_URL=http://… errand schemas register --app app.ts --taken-over

Each subject gets the compatibility level that subject.json names (default BACKWARD_TRANSITIVE), also where the registry has
another: what changes is printed.

The subject of a taken-over topic is its owner's: it is only looked at, and with --taken-over gets this app's schema as one
more version, if the registry finds it compatible. Its level is never changed. An event that is only read, and one in
JSON, needs no schema here. Exit code 1: a schema that the app writes with is not registered.
`

export type RegisterSchemasOptions = {
  readonly catalogue: Catalogue
  readonly registry: Registry
  readonly print: Print
  /** Whether subjects of taken-over topics get versions. Default false. */
  readonly takenOver?: boolean
}

/** Registers every subject of the catalogue, prints a line for each, and says how many schemas are not registered after it. */
export async function registerSchemas({
  catalogue,
  registry,
  print,
  takenOver = false,
}: RegisterSchemasOptions): Promise<number> {
  const done = await registerSubjects(registry, catalogue.subjects, { takenOver })
  for (const result of done) {
    const { kind, subject, level } = result
    if (level) print(`level   ${subject}  ${level.from ?? 'none'} → ${level.to}`)
    print(`${kind.padEnd(8)}${subject}  ${detailOf(result)}`)
  }
  return done.filter(({ kind }) => kind === 'refused' || kind === 'left').length
}

function detailOf(result: Registered): string {
  if (result.kind === 'refused') return result.reason
  return result.kind === 'left'
    ? "does not hold this app's schema, and is its owner's; to add it: errand schemas register --taken-over"
    : `id ${result.id}`
}
