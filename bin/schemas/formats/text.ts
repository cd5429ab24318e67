// For a person: what is wrong, where in the file, why, what to do about it, and how to accept it for a time.
import { styleText } from 'node:util'
import { isWaivable } from '../../../schemas/gate/finding.ts'
import { printable } from '../../printable.ts'
import { blastLines } from '../blastLines.ts'
import { type Checked, count, type PlacedFinding, settingsPath, summaryOf } from './checked.ts'

export function text(checked: Checked): string {
  const { findings, waived, settled, report, versionAt, blast } = checked
  const blocks = findings.flatMap((finding, index) => [
    ...(finding.series === findings[index - 1]?.series ? [] : [styled('bold', printable(finding.series)), '']),
    ...[...findingLines(finding, versionAt(finding.path)?.text), ...waiverLines(finding, checked.nowMs)].map((line) =>
      line === '' ? '' : `  ${line}`,
    ),
    '',
  ])
  const notes = [
    ...waived.map(
      (each) =>
        `waived until ${each.waiver!.until}: ${each.series} v${each.version} ${each.type} at ${each.at} (${each.waiver!.reason})`,
    ),
    ...report.unused.map(
      ({ of, waiver }) =>
        `the waiver of ${waiver.type} in ${of || 'the folder'} v${waiver.version} fits nothing that was found`,
    ),
    ...(settled.length > 0
      ? [
          `${count(settled.length, 'finding')} of versions that are released: nobody can mend them (without --against they are shown)`,
        ]
      : []),
    ...(report.retired.length > 0
      ? [
          `${report.retired.join(', ')}: ended, as no version is left; nothing that was written with them is read any more`,
        ]
      : []),
    ...(report.withoutSubject.length > 0
      ? [
          `${report.withoutSubject.join(', ')}: the app registers no subject for it, so the registry was not asked; is it named as its request type or event?`,
        ]
      : []),
  ].map((line) => styled('dim', printable(line)))
  const topic = blast ? [...blastLines(blast), ''] : []
  return [...topic, ...blocks, ...notes, ...(notes.length > 0 ? [''] : []), summaryOf(checked)].join('\n')
}

/** Colours are for terminals: elsewhere this is the text itself. */
const styled = (format: 'bold' | 'dim' | 'red' | 'cyan', line: string): string =>
  styleText(format, line, { stream: process.stdout })

/** What is wrong, where, why, and what to do. */
export function findingLines(finding: PlacedFinding, file: string | undefined): readonly string[] {
  const { severity, type, path, line, column, message, causes = [], hint } = finding
  return [
    `${styled('red', `${severity} ${type}`)} v${finding.version}${againstText(finding)}`,
    styled('cyan', printable(`${path}:${line}:${column}`)),
    ...(file === undefined ? [] : ['', ...frame(file, finding), '']),
    printable(message),
    ...causes.map((cause) => printable(`- ${cause}`)),
    ...(hint === undefined ? [] : [printable(`To mend it: ${hint}`)]),
  ]
}

function waiverLines(finding: PlacedFinding, nowMs: number): readonly string[] {
  const { waiver } = finding
  if (!isWaivable(finding)) return []
  return [
    ...(waiver ? [printable(`Its waiver (${waiver.reason}) ended on ${waiver.until}.`)] : []),
    styled('dim', printable(`To accept it, say why among the "waivers" in ${settingsPath(finding)}:`)),
    styled('dim', `  ${printable(waiverText(finding, nowMs))}`),
  ]
}

/** ` against v2, v1`, and who reads whom. */
function againstText({ against, direction, version }: PlacedFinding): string {
  if (against.length === 0) return ''
  const older = against.map((each) => `v${each}`).join(', ')
  if (direction === 'backward') return `, v${version} reads ${older}`
  return direction === 'forward'
    ? `, ${older} ${against.length === 1 ? 'reads' : 'read'} v${version}`
    : `, after ${older}`
}

const dayMs = 86_400_000
const waivedDays = 90

/** One entry of `waivers`, whose reason is still to be given: empty, it is refused. */
function waiverText({ version, type, series, at }: PlacedFinding, nowMs: number): string {
  const part = /\/(input|result)$/.exec(series)?.[1]
  const until = new Date(nowMs + waivedDays * dayMs).toISOString().slice(0, 10)
  const waiver = { version, type, ...(part ? { part } : {}), at, reason: '', until }
  return `{ ${Object.entries(waiver)
    .map(([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`)
    .join(', ')} }`
}

const longestLine = 160

/** The line with the one before and after it, and a mark below the place. */
function frame(file: string, { line, column }: PlacedFinding): readonly string[] {
  const lines = file.split(/\r?\n/)
  const width = String(line + 1).length
  const start = Math.max(0, column - longestLine / 2)
  return [line - 1, line, line + 1]
    .filter((number) => number >= 1 && number <= lines.length && (number === line || lines[number - 1]!.trim() !== ''))
    .flatMap((number) => {
      const shown = printable(lines[number - 1]!.replaceAll('\t', ' ').slice(start, start + longestLine))
      const row = `${number === line ? '>' : ' '} ${String(number).padStart(width)} | ${shown}`.trimEnd()
      return number === line
        ? [row, `  ${' '.repeat(width)} | ${' '.repeat(column - 1 - start)}${styled('red', '^')}`]
        : [row]
    })
}
