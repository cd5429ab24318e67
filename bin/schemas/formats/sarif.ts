// SARIF 2.1.0, for what shows findings of many tools: GitHub's code scanning, editors. A finding is known again by what it is
// and where by name, not by its line.
import { createHash } from 'node:crypto'
import { placeName } from '../../../schemas/gate/placeName.ts'
import { version } from '../../package.ts'
import { type Checked, type PlacedFinding, pathFrom } from './checked.ts'

/** `root`: the folder that was checked out. */
export const sarif = (checked: Checked, root: string): string => JSON.stringify(sarifLog(checked, root), null, 2)

export function sarifLog(checked: Checked, root: string) {
  const { findings, waived } = checked
  const all = [...findings, ...waived]
  const rules = [...new Map(all.map((each) => [ruleOf(each), each])).values()]
  const ids = rules.map(ruleOf)
  return {
    $schema: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0' as const,
    runs: [
      {
        tool: {
          driver: {
            name: 'errand schemas check',
            version,
            rules: rules.map((each) => ({
              id: ruleOf(each),
              name: each.type,
              shortDescription: { text: `${each.type} (${each.severity})` },
              defaultConfiguration: { level: 'error' as const },
            })),
          },
        },
        columnKind: 'utf16CodeUnits' as const,
        results: all.map((each) => resultOf(each, ids.indexOf(ruleOf(each)), checked, root)),
      },
    ],
  }
}

const ruleOf = ({ severity, type }: PlacedFinding): string => `${severity}/${type}`

function resultOf(finding: PlacedFinding, ruleIndex: number, { versionAt }: Checked, root: string) {
  const { path, line, column, message, causes = [], hint, waiver } = finding
  const isWaived = waiver?.isExpired === false
  return {
    ruleId: ruleOf(finding),
    ruleIndex,
    level: 'error' as const,
    message: {
      text: [message, ...causes.map((cause) => `- ${cause}`), ...(hint === undefined ? [] : [hint])].join('\n'),
    },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: pathFrom(root, path).split('/').map(encodeURIComponent).join('/') },
          region: { startLine: line, startColumn: column },
        },
        logicalLocations: [{ fullyQualifiedName: `${finding.series} v${finding.version} ${finding.at}` }],
      },
    ],
    partialFingerprints: { 'errandFinding/v1': fingerprint(finding, placeName(versionAt(path)?.schema, finding.at)) },
    ...(isWaived
      ? { suppressions: [{ kind: 'external' as const, status: 'accepted' as const, justification: waiver!.reason }] }
      : {}),
  }
}

const fingerprint = ({ series, version, type, direction, message }: PlacedFinding, place: string): string =>
  createHash('sha256')
    .update(JSON.stringify([series, version, type, direction, place, message]))
    .digest('hex')
