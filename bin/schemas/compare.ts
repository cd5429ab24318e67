// errand schemas compare: two files, as if the second were to follow the first.
import { basename } from 'node:path'
import { Command, Option } from 'commander'
import type { AvroSchema } from '../../app/record.ts'
import { fileText } from '../../schemas/folder/fileText.ts'
import { type Series, versionAt } from '../../schemas/folder/folder.ts'
import { defaultSettings } from '../../schemas/folder/subjectSettings.ts'
import { checkSeries } from '../../schemas/gate/gate.ts'
import { parseText } from '../../schemas/json/jsonText.ts'
import { printable } from '../printable.ts'
import { type Checked, checkedOf } from './formats/checked.ts'
import { plain } from './formats/json.ts'
import { findingLines } from './formats/text.ts'

export const compareVerb = (): Command =>
  new Command('compare')
    .description(
      'whether two schemas can follow each other, in both directions; exit code 1 where the newer one cannot',
    )
    .argument('<older>', 'a schema that something was written with')
    .argument('<newer>', 'the one that is to follow it')
    .addOption(new Option('--format <format>', 'how to tell it').choices(['text', 'json']).default('text'))
    .addOption(new Option('--json', 'the same as --format json').implies({ format: 'json' }))
    .addHelpText('after', compareHelp)
    .action((older: string, newer: string, { format }: { readonly format: 'text' | 'json' }) => {
      const series = pairOf(older, newer)
      const nowMs = Date.now()
      const checked = checkedOf([series], checkSeries([series], { nowMs }), nowMs)
      const verdict = verdictOf(checked)
      console.log(format === 'json' ? json(checked, verdict) : text(series, checked, verdict))
      process.exitCode = verdict.level === 'invalid' ? 2 : checked.findings.some(isOfNewer) ? 1 : 0
    })

const compareHelp = `
Examples:
  errand schemas compare schemas/flight.landed/v1.avsc schemas/flight.landed/v2.avsc
  errand schemas compare theirs.avsc ours.avsc --json

Exit code 1: the newer one cannot read what the older one wrote, or reads it as something else.
`

/** Under their own numbers, where both have one and they are in order. */
function pairOf(older: string, newer: string): Series {
  const [one, other] = [older, newer].map((path) => versionAt(basename(path)))
  const isNumbered = one && other && one.version < other.version
  const read = (path: string, version: number) => {
    const text = fileText(path)
    return { version, path, text, schema: parseText(path, text) as AvroSchema }
  }
  return {
    name: '',
    of: '',
    part: other?.name ?? '',
    settings: { ...defaultSettings, compatibility: 'FULL' },
    versions: [read(older, isNumbered ? one.version : 1), read(newer, isNumbered ? other.version : 2)],
  }
}

type Verdict = {
  /** The strongest level that the pair satisfies; `invalid`: one of them is no schema. */
  readonly level: 'FULL' | 'BACKWARD' | 'FORWARD' | 'NONE' | 'invalid'
  readonly backward: boolean
  readonly forward: boolean
}

function verdictOf({ findings }: Checked): Verdict {
  if (findings.some(({ type }) => type === 'INVALID_SCHEMA'))
    return { level: 'invalid', backward: false, forward: false }
  const isFree = (of: 'backward' | 'forward'): boolean =>
    !findings.some(({ severity, direction }) => severity === 'compatibility' && direction === of)
  const [backward, forward] = [isFree('backward'), isFree('forward')]
  const level = backward ? (forward ? 'FULL' : 'BACKWARD') : forward ? 'FORWARD' : 'NONE'
  return { level, backward, forward }
}

const isOfNewer = ({ direction }: Checked['findings'][number]): boolean => direction !== 'forward'

const json = ({ findings }: Checked, verdict: Verdict): string =>
  JSON.stringify({ ...verdict, findings: findings.map(plain) }, null, 2)

function text(
  { versions: [older, newer] }: Series,
  { findings, versionAt: fileAt }: Checked,
  verdict: Verdict,
): string {
  const [one, other] = [`v${older!.version}`, `v${newer!.version}`]
  const blocks = findings.flatMap((each) => ['', ...findingLines(each, fileAt(each.path)?.text)])
  const answers =
    verdict.level === 'invalid'
      ? []
      : [
          `${other} reads ${one}: ${verdict.backward ? 'yes' : 'no'}`,
          `${one} reads ${other}: ${verdict.forward ? 'yes' : 'no'}`,
          verdict.level === 'NONE' ? 'The pair satisfies no level.' : `The pair satisfies ${verdict.level}.`,
        ]
  return [`${one} ${printable(older!.path)}`, `${other} ${printable(newer!.path)}`, ...blocks, '', ...answers]
    .join('\n')
    .trimEnd()
}
