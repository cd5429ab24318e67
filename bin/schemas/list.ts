// errand schemas list: what schemas there are, whose, and under which subjects of the registry.
import { existsSync } from 'node:fs'
import { Command } from 'commander'
import { readSeries, type Series } from '../../schemas/folder/folder.ts'
import { schemasFolder } from '../dev/schemaTypes.ts'
import { printable } from '../printable.ts'
import { subjectsOf } from './subjects.ts'

const usualApp = 'app.ts'

export const listVerb = (): Command =>
  new Command('list')
    .description('the schemas of an app: versions, compatibility level, owner, and subject in the registry')
    .argument('[folder]', "the app's schemas (default: schemas, beside the app)")
    .option('--app <file>', "the app's module, which the subjects are named after (default: app.ts)")
    .option('--json', 'print JSON', false)
    .addHelpText(
      'after',
      '\nExamples:\n  errand schemas list\n  errand schemas list --app examples/flights/app.ts --json\n',
    )
    .action(async (given: string | undefined, options: { readonly app?: string; readonly json: boolean }) => {
      const path = options.app ?? (existsSync(usualApp) ? usualApp : undefined)
      const series = await readSeries(given ?? schemasFolder(path ?? usualApp))
      const subjects = path === undefined ? undefined : await subjectsOf(series, path)
      const listed = series.map((each) => listedOf(each, subjects?.get(each.name)?.name))
      console.log(options.json ? JSON.stringify(listed, null, 2) : table(listed))
      if (!subjects)
        console.error(
          `There is no ${usualApp} here: subjects are named after the app and its namespace; name its module with --app.`,
        )
    })

const listedOf = ({ name, versions, settings }: Series, subject: string | undefined) => ({
  schema: name,
  versions: versions.map(({ version }) => version),
  compatibility: settings.compatibility,
  owner: settings.owner ?? null,
  waivers: settings.waivers.length,
  subject: subject ?? null,
})

type Listed = ReturnType<typeof listedOf>

function table(listed: readonly Listed[]): string {
  const rows = [
    ['schema', 'versions', 'compatibility', 'owner', 'subject'],
    ...listed.map(({ schema, versions, compatibility, owner, subject }) => [
      schema,
      shortened(versions),
      compatibility,
      owner ?? '-',
      subject ?? '-',
    ]),
  ]
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows
    .map((row) =>
      printable(
        row
          .map((cell, column) => cell.padEnd(widths[column]!))
          .join('  ')
          .trimEnd(),
      ),
    )
    .join('\n')
}

/** `1-4, 6` */
function shortened(versions: readonly number[]): string {
  const runs: [number, number][] = []
  for (const version of versions) {
    const last = runs.at(-1)
    if (last && last[1] === version - 1) last[1] = version
    else runs.push([version, version])
  }
  return runs.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(', ')
}
