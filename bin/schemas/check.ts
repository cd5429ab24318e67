// errand schemas check: the gate over a folder of schemas.
import { Command, InvalidArgumentError, Option } from 'commander'
import { ErrandError } from '../../app/errors.ts'

import { readSeries, type Series } from '../../schemas/folder/folder.ts'
import { isOfBrokenFile } from '../../schemas/gate/finding.ts'
import { type CheckOptions, checkSeries } from '../../schemas/gate/gate.ts'
import { moment } from '../letterFilter.ts'
import { progress } from '../progress.ts'
import { checkedOf, type Format } from './formats/checked.ts'
import { github } from './formats/github.ts'
import { json } from './formats/json.ts'
import { junit } from './formats/junit.ts'
import { sarif } from './formats/sarif.ts'
import { text } from './formats/text.ts'
import { generatedSource } from './generated.ts'
import { registrySource } from './registered.ts'
import { releasedSource } from './released.ts'
import type { Told } from './told.ts'
import { topicBlast } from './topicBlast.ts'

/** What was checked out, from where a machine of CI counts its paths. */
const root = process.env.GITHUB_WORKSPACE || process.cwd()

const formats = {
  text,
  json,
  junit,
  github: (checked) => github(checked, root),
  sarif: (checked) => sarif(checked, root),
} as const satisfies Readonly<Record<string, Format>>

type Options = {
  readonly format: keyof typeof formats
  readonly against?: string
  readonly registry?: string
  readonly topic?: string
  readonly since?: number
  readonly app?: string
}

type Source = (series: readonly Series[], folder: string, options: Options) => Promise<Told>

/** Who has something to say besides the versions themselves, each where it was asked. */
const sources: readonly Source[] = [generatedSource, releasedSource, registrySource]

export const checkVerb = (): Command =>
  new Command('check')
    .description(
      'what each version of each schema breaks; exit code 1 where anything is found, 2 where a file is broken',
    )
    .argument('[folder]', "the app's schemas", 'schemas')
    .option(
      '--against <ref>',
      'a commit, branch or tag of git: the versions that it has are released, and must not change',
      named,
    )
    .option('--registry <url>', 'a registry: what it holds, and what it says of the latest versions')
    .option(
      '--topic <name>',
      'an event, requests.<type> or results: read what it holds, and its dead letters, with the highest versions',
    )
    .addOption(
      new Option(
        '--since <time>',
        'with --topic, only records of then and later: 12h, 7d (ago), or an RFC 3339 time',
      ).argParser(moment),
    )
    .option('--app <file>', "the app's module, for --registry and --topic (default: app.ts beside the folder)")
    .addOption(new Option('--format <format>', 'how to tell it').choices(Object.keys(formats)).default('text'))
    .addOption(new Option('--json', 'the same as --format json').implies({ format: 'json' }))
    .addHelpText('after', checkHelp)
    .action(async (folder: string, options: Options) => {
      const { output, exitCode } = await checkFolder(folder, options)
      console.log(output)
      process.exitCode = exitCode
    })

/** In CI a variable that is not set. */
function named(ref: string): string {
  if (ref.trim() !== '') return ref
  throw new InvalidArgumentError('It is empty: name a commit, branch or tag. Is the variable set that it comes from?')
}

const checkHelp = `
Examples:
  errand schemas check
  errand schemas check examples/flights/schemas
  errand schemas check --against origin/main
  errand schemas check --against "$(git merge-base origin/main HEAD)" --format github
  errand schemas check --format sarif > schemas.sarif
  errand schemas check --registry "$SCHEMA_REGISTRY_URL"
  errand schemas check --topic flight.landed --since 7d

Each version is compared with the ones before it, as far as "compatibility" in subject.json asks for. What is found fails
until it is mended, or waived in subject.json; the text says how. With --against, a version that was released and is another
now, or gone, is found too. With --registry, what a registry holds otherwise: SCHEMA_REGISTRY_USERNAME, _PASSWORD, _CA_FILE,
_CERT_FILE and _KEY_FILE count for it. It is only asked, and a registry that cannot be asked is exit code 2. With --topic,
which needs KAFKA_BROKERS, SCHEMA_REGISTRY_URL and ERRAND_SECRET, records that are read now and would not be; nothing is
written or committed, and Ctrl-C tells what was counted so far.
`

/** Throws, with what to do, where the folder cannot be read. */
export async function checkFolder(
  folder: string,
  options: Options,
  nowMs = Date.now(),
): Promise<{ readonly output: string; readonly exitCode: 0 | 1 | 2 }> {
  refuseAlone(options)
  const series = await readSeries(folder)
  const more = await Promise.all(sources.map((source) => source(series, folder, options)))
  const onTopic = await topicBlast(series, folder, options)
  const report = checkWithProgress(series, {
    nowMs,
    more: [...more, onTopic].flatMap((each) => each?.findings ?? []),
    notes: Object.assign({}, ...more.map(({ notes }) => notes)),
  })
  const checked = checkedOf(series, report, nowMs)
  const isBroken = report.findings.some(isOfBrokenFile)
  return {
    output: formats[options.format](onTopic ? { ...checked, blast: onTopic.blast } : checked),
    exitCode: isBroken ? 2 : report.findings.length === 0 ? 0 : 1,
  }
}

/** What asks nobody would be taken for an answer. */
function refuseAlone({ app, since, registry, topic }: Options): void {
  if (topic !== undefined) return
  if (since !== undefined) throw new ErrandError('option-alone', '--since goes with --topic')
  if (app !== undefined && registry === undefined)
    throw new ErrandError('option-alone', '--app goes with --registry or --topic')
}

/** Long enough for a person to wonder. */
const manySeries = 200

function checkWithProgress(series: readonly Series[], options: CheckOptions) {
  if (series.length < manySeries || !process.stderr.isTTY) return checkSeries(series, options)
  using bar = progress({ total: series.length })
  return checkSeries(series, { ...options, onChecked: (done) => bar.update(done, `${done} schemas`) })
}
