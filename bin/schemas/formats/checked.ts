// What a format is given: the report of the gate, and where in which file each finding lies.
import { dirname, join, relative, resolve, sep } from 'node:path'
import type { AvroSchema } from '../../../app/record.ts'
import type { Series } from '../../../schemas/folder/folder.ts'
import type { Blast } from '../../../schemas/gate/blast.ts'
import type { GateReport, ReportFinding } from '../../../schemas/gate/gateReport.ts'
import { goldenPath } from '../../../schemas/golden/goldenFile.ts'
import { type JsonTree, placeOf, type TextPlace, treeOf } from '../../../schemas/json/jsonText.ts'

export type PlacedFinding = ReportFinding & TextPlace

export type Checked = {
  readonly series: readonly Series[]
  readonly report: GateReport
  readonly findings: readonly PlacedFinding[]
  readonly waived: readonly PlacedFinding[]
  readonly settled: readonly PlacedFinding[]
  readonly nowMs: number
  /** What was counted in a topic, where one was named. */
  readonly blast?: Blast
  /** What a file holds that a finding may lie in: a version, or its golden payloads. */
  versionAt(path: string): { readonly text: string; readonly schema?: AvroSchema } | undefined
}

export type Format = (checked: Checked) => string

export function checkedOf(series: readonly Series[], report: GateReport, nowMs: number): Checked {
  const versions = new Map(
    series.flatMap((each) =>
      each.versions.flatMap(({ path, text, schema, golden = '' }): [string, ReturnType<Checked['versionAt']>][] => [
        [path, { text, schema }],
        [goldenPath(path), { text: golden }],
      ]),
    ),
  )
  let last: { readonly text: string; readonly tree: JsonTree } | undefined // findings of one file follow each other
  const placed = (finding: ReportFinding): PlacedFinding => {
    const text = versions.get(finding.path)?.text
    if (text === undefined) return { ...finding, line: 1, column: 1 }
    if (last?.text !== text) last = { text, tree: treeOf(text) }
    return { ...finding, ...placeOf(text, last.tree, finding.at) }
  }
  return {
    series,
    report,
    nowMs,
    findings: report.findings.map(placed),
    waived: report.waived.map(placed),
    settled: report.settled.map(placed),
    versionAt: (path) => versions.get(path),
  }
}

/** Where the waivers of a finding belong. */
export const settingsPath = ({ path }: ReportFinding): string => join(dirname(path), 'subject.json')

/** As a machine of CI knows the file: from the folder that it checked out, with `/`. */
export const pathFrom = (root: string, path: string): string =>
  relative(resolve(root), resolve(path)).replaceAll(sep, '/')

/** `2 schemas`, `1 schema`. */
export const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`

export function summaryOf({ findings, waived, report }: Checked): string {
  const series = new Set(findings.map((each) => each.series)).size
  const all = `${count(report.series, 'schema')} (${count(report.versions, 'version')})`
  const found =
    findings.length === 0 ? `no findings in ${all}` : `${count(findings.length, 'finding')} in ${series} of ${all}`
  return waived.length === 0 ? found : `${found}, ${waived.length} waived`
}
