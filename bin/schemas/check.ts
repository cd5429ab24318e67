// errand schemas check: the gate over a folder of schemas.
import { Command, Option } from 'commander'
import { readSeries, type Series } from '../../schemas/folder.ts'
import type { GateFinding } from '../../schemas/gate/finding.ts'
import { checkSeries } from '../../schemas/gate/gate.ts'
import { progress } from '../progress.ts'
import { checkedOf, type Format } from './formats/checked.ts'
import { json } from './formats/json.ts'
import { text } from './formats/text.ts'

const formats = { text, json } as const satisfies Readonly<Record<string, Format>>

type Options = { readonly format: keyof typeof formats }

/** Where findings come from besides the versions themselves: each gives none where its option was not. */
const sources: readonly ((
  series: readonly Series[],
  folder: string,
  options: Options,
) => Promise<readonly GateFinding[]>)[] = []

export const checkVerb = (): Command =>
  new Command('check')
    .description(
      'what each version of each schema breaks; exit code 1 where anything is found, 2 where a file is broken',
    )
    .argument('[folder]', "the app's schemas", 'schemas')
    .addOption(new Option('--format <format>', 'how to tell it').choices(Object.keys(formats)).default('text'))
    .addOption(new Option('--json', 'the same as --format json').implies({ format: 'json' }))
    .addHelpText('after', checkHelp)
    .action(async (folder: string, options: Options) => {
      const series = await readSeries(folder)
      const more = await Promise.all(sources.map((source) => source(series, folder, options)))
      const nowMs = Date.now()
      const report = checkWithProgress(series, more.flat(), nowMs)
      console.log(formats[options.format](checkedOf(series, report, nowMs)))
      const isBroken = report.findings.some(({ type }) => type === 'INVALID_SCHEMA')
      process.exitCode = isBroken ? 2 : report.findings.length > 0 ? 1 : 0
    })

const checkHelp = `
Examples:
  errand schemas check
  errand schemas check examples/flights/schemas

Each version is compared with the ones before it, as far as "compatibility" in subject.json asks for. What is found fails
until it is mended, or waived in subject.json.
`

/** Long enough for a person to wonder. */
const manySeries = 200

function checkWithProgress(series: readonly Series[], more: readonly GateFinding[], nowMs: number) {
  if (series.length < manySeries || !process.stderr.isTTY) return checkSeries(series, { nowMs, more })
  using bar = progress({ total: series.length })
  return checkSeries(series, { nowMs, more, onChecked: (done) => bar.update(done, `${done} schemas`) })
}
