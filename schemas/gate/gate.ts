// The gate over a folder of schemas: what is to be said of each version, as if it were released today. Each is compared with the
// older ones that its subject's level asks for, and parsed once.
import type { AvroSchema, CompatibilityLevel } from '../../app/record.ts'
import {
  comparedWith,
  type EvolutionFinding,
  evolutionFindings,
  invalidVersion,
  levels,
} from '../compatibility/evolution.ts'
import { parsedSchema } from '../compatibility/schemaParser.ts'
import type { SchemaVersion, Series } from '../folder/folder.ts'
import type { Found, GateFinding } from './finding.ts'
import { type GateReport, type Notes, reportOf } from './gateReport.ts'
import { goldenFindings } from './goldenFindings.ts'
import { httpFindings } from './httpFindings.ts'
import { meaningFindings } from './meaningFindings.ts'
import { placeName } from './placeName.ts'
import { runtimeFindings } from './runtimeFindings.ts'
import { schemaFindings } from './schemaFindings.ts'
import { shapeFindings } from './shapeFindings.ts'
import type { VersionPair } from './versionPair.ts'

export type CheckOptions = {
  /** What decides whether a waiver still holds. */
  readonly nowMs: number
  /** What others hold against the same folder: git, a registry. */
  readonly more?: readonly GateFinding[]
  readonly notes?: Notes
  /** Called after each series with how many have been checked. */
  readonly onChecked?: (count: number) => void
}

/** Everything that the folder says against itself, and `more`, with the waivers applied. */
export function checkSeries(
  series: readonly Series[],
  { nowMs, more = [], notes = {}, onChecked }: CheckOptions,
): GateReport {
  const own: GateFinding[] = []
  const golden: GateFinding[] = []
  for (const [index, each] of series.entries()) {
    own.push(...seriesFindings(each))
    golden.push(...goldenFindings(each))
    onChecked?.(index + 1)
  }
  return reportOf(series, { own, more: [...golden, ...more] }, { nowMs, ...notes })
}

/** What is to be said of two schemas beyond Avro's own rules, pair by pair. */
const pairFindings = [runtimeFindings, shapeFindings, meaningFindings, httpFindings]

/** Of all versions of one series, each told with the version that brought it, and each older version that it is about. */
function seriesFindings(series: Series): readonly GateFinding[] {
  const { compatibility: level } = series.settings
  const versions = series.versions.map((each) => {
    const schema = ownCopy(each.schema)
    return { ...each, schema, parsed: parsedSchema(schema) }
  })
  const findings: GateFinding[] = []
  let before = new Set<string>()
  for (const [index, next] of versions.entries()) {
    if (next.parsed.kind === 'invalid') {
      findings.push(gateFinding(series, next, ofEvolution(invalidVersion(next.version, next.parsed))))
      before = new Set()
      continue
    }
    const older = versions.slice(0, index).filter(({ parsed }) => parsed.kind === 'valid')
    const own = schemaFindings(next).map((found) => gateFinding(series, next, found))
    const compared = [
      ...evolutionFindings(next, older, level).map((found) =>
        gateFinding(series, next, ofEvolution(found), versionOf(older, found.version)),
      ),
      ...comparedWith(older, level).flatMap((each) =>
        foundBetween(series.part, each, next, level).map((found) => gateFinding(series, next, found, each)),
      ),
    ]
    const keyed = compared.map((finding) => ({ finding, key: keyOf(finding, versions) }))
    findings.push(...own, ...keyed.filter(({ key }) => !before.has(key)).map(({ finding }) => finding))
    before = new Set(keyed.map(({ key }) => key))
  }
  return findings
}

/** What is compiled of a schema is kept for as long as the object is there: of this one, until its series has been checked. */
const ownCopy = (schema: AvroSchema): AvroSchema =>
  typeof schema === 'object' && !Array.isArray(schema) ? { ...schema } : schema

function foundBetween(
  part: string,
  older: SchemaVersion,
  newer: SchemaVersion,
  level: CompatibilityLevel,
): readonly Found[] {
  const pair: VersionPair = { part, older, newer, directions: levels[level].directions }
  return pairFindings.flatMap((findings) => findings(pair))
}

/** Of two versions it is told where it is written in the new one, whichever of them reads. */
const ofEvolution = (found: EvolutionFinding): Found => ({
  severity: 'compatibility',
  type: found.type,
  at: (found.direction === 'forward' ? found.inWriter : found.inReader) ?? found.at,
  ...(found.direction ? { direction: found.direction } : {}),
  message: found.message,
  ...(found.hint === undefined ? {} : { hint: found.hint }),
  ...(found.causes.length === 0 ? {} : { causes: found.causes.map(({ message }) => message) }),
})

const gateFinding = (
  series: Series,
  { version, path }: SchemaVersion,
  found: Found,
  older?: SchemaVersion,
): GateFinding => ({
  ...found,
  series: series.name,
  version,
  ...(older ? { against: older.version } : {}),
  path,
})

const versionOf = <T extends SchemaVersion>(versions: readonly T[], number: number): T =>
  versions.find(({ version }) => version === number)!

/**
 * The same for what the version before it was already told: what v2 breaks is v2's, though v3 still has it. Places go by
 * names, since a new field moves the others.
 */
function keyOf(finding: GateFinding, versions: readonly SchemaVersion[]): string {
  const { severity, type, direction, version, against, at, message } = finding
  const { schema } = versionOf(versions, version)
  const told = message.replaceAll(new RegExp(`\\bv${version}\\b`, 'g'), 'v?')
  return JSON.stringify([severity, type, direction, against, placeName(schema, at), told])
}
