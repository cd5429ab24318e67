// For GitHub Actions: an annotation a finding, on the line of the pull request. It takes every line that begins with `::` for an
// order: nothing of a schema is written but as an escaped part of one.
import { printable } from '../../printable.ts'
import { type Checked, type PlacedFinding, pathFrom, summaryOf } from './checked.ts'

/** `root`: the folder that was checked out. */
export const github = (checked: Checked, root: string): string =>
  [...checked.findings.map((each) => annotation(each, root)), summaryOf(checked)].join('\n')

function annotation(finding: PlacedFinding, root: string): string {
  const { path, line, column, series, version, type, message, causes = [], hint } = finding
  const properties = {
    file: pathFrom(root, path),
    line: String(line),
    col: String(column),
    title: `${series} v${version}: ${type}`,
  }
  const text = [message, ...causes.map((cause) => `- ${cause}`), ...(hint === undefined ? [] : [hint])].join('\n')
  const told = Object.entries(properties).map(([key, value]) => `${key}=${escapedProperty(value)}`)
  return `::error ${told.join(',')}::${escaped(text)}`
}

/** Its log is shown in terminals too, which would obey control characters. */
const escaped = (text: string): string =>
  text.split('\n').map(printable).join('\n').replaceAll('%', '%25').replaceAll('\n', '%0A')

const escapedProperty = (text: string): string => escaped(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
