// What the gate says in the end: findings that say the same of several older versions are one, and those that are waived stand
// apart. A waiver that has ended waives nothing.

import type { Series } from '../folder/folder.ts'
import type { SubjectSettings, Waiver } from '../folder/subjectSettings.ts'
import { type GateFinding, isWaivable, severities } from './finding.ts'

/** `against`: all older versions that it holds for, the latest first. The message is about the first of them. */
export type ReportFinding = Omit<GateFinding, 'against'> & { readonly against: readonly number[] }

export type GateReport = {
  /** What fails the gate: by series, then version, then severity. */
  readonly findings: readonly ReportFinding[]
  readonly waived: readonly ReportFinding[]
  /** Of versions that are released, and not waived: they stay as they are, so nobody can mend it. */
  readonly settled: readonly ReportFinding[]
  /** Waivers that fit nothing that was found, with the request type or event that they are given to. */
  readonly unused: readonly { readonly of: string; readonly waiver: Waiver }[]
  /** Series that are gone with all their versions: what ends owes nobody a version. */
  readonly retired: readonly string[]
  /** Series that the app registers nothing of, where the registry was to be asked. */
  readonly withoutSubject: readonly string[]
  readonly series: number
  readonly versions: number
}

/** What others say that is nothing against anyone. `released`: versions that are out, as `versionKey` has them. */
export type Notes = Partial<Pick<GateReport, 'retired' | 'withoutSubject'>> & {
  readonly released?: ReadonlySet<string>
}

export const versionKey = ({ series, version }: { readonly series: string; readonly version: number }): string =>
  `${series} ${version}`

/** `own` is what the versions say against each other, `more` what others say. */
export function reportOf(
  series: readonly Series[],
  { own, more }: { readonly own: readonly GateFinding[]; readonly more: readonly GateFinding[] },
  { nowMs, retired = [], withoutSubject = [], released = new Set() }: { readonly nowMs: number } & Notes,
): GateReport {
  const used = new Set<Waiver>()
  const byName = new Map(series.map((each) => [each.name, each]))
  const marked = (finding: ReportFinding): ReportFinding => {
    const fitting = waiversOf(byName.get(finding.series), finding)
    for (const each of fitting) used.add(each)
    const waiver = fitting.find((each) => !isExpired(each, nowMs)) ?? fitting[0]
    if (!waiver) return finding
    return {
      ...finding,
      waiver: { reason: waiver.reason, until: waiver.until, isExpired: isExpired(waiver, nowMs) },
    }
  }
  const isReleased = (each: GateFinding): boolean => released.has(versionKey(each))
  const findings = merged([...own.filter((each) => !isReleased(each)), ...more]).map(marked)
  const old = merged(own.filter(isReleased)).map(marked)
  const isWaived = ({ waiver }: ReportFinding): boolean => waiver?.isExpired === false
  const settings = new Map(series.map((each): [string, SubjectSettings] => [each.of, each.settings]))
  return {
    findings: findings.filter((each) => !isWaived(each)),
    waived: [...findings, ...old].filter(isWaived),
    settled: old.filter((each) => !isWaived(each)),
    unused: [...settings].flatMap(([of, { waivers }]) =>
      waivers.filter((each) => !used.has(each)).map((waiver) => ({ of, waiver })),
    ),
    retired,
    withoutSubject,
    series: series.length,
    versions: series.reduce((sum, { versions }) => sum + versions.length, 0),
  }
}

function merged(found: readonly GateFinding[]): readonly ReportFinding[] {
  const alike = new Map<string, GateFinding[]>()
  for (const finding of found) {
    const { series, version, severity, type, direction, at, against, message } = finding
    const told = against === undefined ? message : message.replaceAll(new RegExp(`\\bv${against}\\b`, 'g'), 'v?')
    const key = JSON.stringify([series, version, severity, type, direction, at, told])
    alike.set(key, [...(alike.get(key) ?? []), finding])
  }
  const rank = (each: ReportFinding): number => severities.indexOf(each.severity)
  return [...alike.values()]
    .map((same): ReportFinding => {
      const against = new Set(same.flatMap((each) => each.against ?? []))
      const sorted = [...against].sort((one, other) => other - one)
      return { ...same.find((each) => each.against === sorted[0])!, against: sorted }
    })
    .sort(
      (one, other) => compareTexts(one.series, other.series) || one.version - other.version || rank(one) - rank(other),
    )
}

const compareTexts = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0)

/** What is no schema cannot be waived: nothing could read it. */
const waiversOf = (series: Series | undefined, { version, type, at }: ReportFinding): readonly Waiver[] =>
  !isWaivable({ type })
    ? []
    : (series?.settings.waivers ?? []).filter(
        (waiver) =>
          waiver.version === version &&
          waiver.type === type &&
          (waiver.part ?? series!.part) === series!.part &&
          (waiver.at ?? at) === at,
      )

const dayMs = 86_400_000
/** It holds to the end of its last day, UTC. */
const isExpired = ({ until }: Waiver, nowMs: number): boolean => nowMs >= Date.parse(until) + dayMs
