// `errand init [folder]`: a new app that runs, and passes its own tests, at once.
import { readFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { Command } from 'commander'
import { ErrandError } from '../app/errors.ts'
import { writeNew } from './appFiles.ts'
import { isBuilt, packageFolder, version } from './package.ts'
import { template } from './template.ts'

type Options = { readonly name?: string }

export function initVerb(): Command {
  return new Command('init')
    .description('write a new app: an event, a subscriber, a request type, and their tests')
    .argument('[folder]', 'where; made if it is not there', '.')
    .option('--name <name>', "the app's name (default: the folder's)")
    .addHelpText(
      'after',
      '\nExamples:\n  errand init shop\n  errand init --name shop\n\nNothing is overwritten: files that are in the way are listed, and then none is written.',
    )
    .action(init)
}

async function init(to: string, options: Options): Promise<void> {
  const folder = resolve(to)
  const name = appName(options.name ?? basename(folder))
  const files = template({ name, errand: await errandDependency() })
  await writeNew(folder, files)
  console.log(
    [
      ...files.map(({ path }) => `wrote ${join(to, path)}`),
      '',
      'Next (README.md has more):',
      '',
      ...(folder === resolve() ? [] : [`  cd ${to}`]),
      '  npm install',
      '  npm test',
      '  npm start',
    ].join('\n'),
  )
}

/** The name is a namespace of topics and a package's name; what `defineApp` and npm both take. */
function appName(name: string): string {
  if (/^[a-z][a-z0-9_-]*$/.test(name)) return name
  throw new ErrandError(
    'bad-name',
    `an app cannot be called "${name}": a letter first, then small letters, digits, - and _; choose one with --name`,
  )
}

/**
 * What an app must ask for to get the errand that runs this: this repository, the tarball that it was installed from (npm
 * notes that beside what it installs), else its version.
 */
async function errandDependency(): Promise<string> {
  if (!isBuilt) return `file:${join(packageFolder, 'examples/errand')}`
  const modules = dirname(packageFolder)
  const lock: Lock = await readFile(join(modules, '.package-lock.json'), 'utf8').then(JSON.parse, () => ({}))
  const from = lock.packages?.['node_modules/errand']?.resolved
  return from?.startsWith('file:') ? `file:${resolve(dirname(modules), from.slice('file:'.length))}` : `^${version}`
}

type Lock = { readonly packages?: Readonly<Record<string, { readonly resolved?: string }>> }
