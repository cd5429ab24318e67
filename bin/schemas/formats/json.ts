// For programs: every field by one name, in one order, whatever was found.
import { blastView } from '../blastView.ts'
import type { Checked, Format, PlacedFinding } from './checked.ts'

export const json: Format = ({ findings, waived, settled, report, blast }: Checked): string =>
  JSON.stringify(
    {
      findings: findings.map(plain),
      waived: waived.map(plain),
      settled: settled.map(plain),
      unusedWaivers: report.unused.map(({ of, waiver }) => ({ of, ...waiver })),
      retired: report.retired,
      withoutSubject: report.withoutSubject,
      series: report.series,
      versions: report.versions,
      ...(blast && { blast: blastView(blast) }),
    },
    null,
    2,
  )

/** One finding. What it has not is null, never absent. */
export const plain = (finding: PlacedFinding) => ({
  severity: finding.severity,
  type: finding.type,
  series: finding.series,
  version: finding.version,
  against: finding.against,
  direction: finding.direction ?? null,
  path: finding.path,
  line: finding.line,
  column: finding.column,
  at: finding.at,
  message: finding.message,
  hint: finding.hint ?? null,
  causes: finding.causes ?? [],
  waiver: finding.waiver ?? null,
})
