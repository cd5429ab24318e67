// I6: a released version never changes. What is there now against what a commit has, which is what was released; a version
// that moved to another file is still itself. Nor is what would tell of a change taken away with it: the level, golden payloads.
import { dirname, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { CompatibilityLevel } from '../../app/record.ts'
import { asksForLess } from '../compatibility/evolution.ts'
import { type SchemaVersion, type Series, settingsFile } from '../folder/folder.ts'
import { type GoldenCase, goldenPath, parseGolden, pointerTo } from '../golden/goldenFile.ts'
import { exactJson } from '../json/exactJson.ts'
import type { GateFinding } from './finding.ts'
import { versionKey } from './gateReport.ts'
import { schemaDifference } from './schemaDifference.ts'

export type ReleasedVersion = {
  readonly series: string
  readonly version: number
  readonly path: string
  /** Undefined where it is none. */
  readonly text: string | undefined
  /** What its subject asked for then. */
  readonly level: CompatibilityLevel
  /** The text of its golden payloads. */
  readonly golden?: string
}

/** `from` is what the commit is called. A series that is gone as a whole has ended, and is `retiredSeries`'. */
export function releasedFindings(
  series: readonly Series[],
  released: readonly ReleasedVersion[],
  from: string,
): readonly GateFinding[] {
  const byName = new Map(series.map((each) => [each.name, each.versions]))
  const highest = new Map<string, number>()
  for (const each of released) highest.set(each.series, Math.max(each.version, highest.get(each.series) ?? 0))
  const known = new Set(released.map(versionKey))
  return [
    ...released.flatMap((each) => {
      const there = byName.get(each.series)
      if (!there) return []
      const now = there.find(({ version }) => version === each.version)
      if (now && now.text === each.text) return []
      const was = jsonOf(each.text)
      if (!was) return [unreadable(each, now?.path ?? each.path, from)]
      if (!now) return [deleted(each, from)]
      const at = schemaDifference(was.json, exactJson(now.text))
      return at === undefined ? [] : [changed(each, now.path, at, from, highest.get(each.series)!)]
    }),
    ...released.flatMap((each) => {
      const now = byName.get(each.series)?.find(({ version }) => version === each.version)
      return now ? goldenChanges(each, now, from) : []
    }),
    ...series.flatMap((each) => {
      const last = released.find(({ series: name, version }) => name === each.name && version === highest.get(name))
      return last && asksForLess(each.settings.compatibility, last.level) ? [lowered(each, last.level, from)] : []
    }),
    ...series.flatMap(({ name, versions }) =>
      versions
        .filter(
          ({ version }) => version < (highest.get(name) ?? 0) && !known.has(versionKey({ series: name, version })),
        )
        .map(({ version, path }) => inserted(name, version, path, highest.get(name)!, from)),
    ),
  ]
}

/** By name, sorted. */
export function retiredSeries(series: readonly Series[], released: readonly ReleasedVersion[]): readonly string[] {
  const there = new Set(series.map(({ name }) => name))
  return [...new Set(released.map((each) => each.series))].filter((name) => !there.has(name)).sort()
}

const changed = (
  { series, version }: ReleasedVersion,
  path: string,
  at: string,
  from: string,
  highest: number,
): GateFinding => ({
  severity: 'released',
  type: 'CHANGED',
  series,
  version,
  path,
  at,
  message: `v${version} is not what it is at ${from}: records that were written with it would be read with another schema.`,
  hint: `Put v${version} back as it was, and make the change in a new v${highest + 1}. Only docs and layout may change.`,
})

const deleted = ({ series, version, path }: ReleasedVersion, from: string): GateFinding => ({
  severity: 'released',
  type: 'DELETED',
  series,
  version,
  path,
  at: '/',
  message: `v${version} is there at ${from}, and is gone: topics may hold records of it, which nothing here is checked against then.`,
  hint: `Put ${path} back; if it came to ${from} after this branch began, merge that first.`,
})

const unreadable = ({ series, version }: ReleasedVersion, path: string, from: string): GateFinding => ({
  severity: 'released',
  type: 'UNREADABLE',
  series,
  version,
  path,
  at: '/',
  message: `v${version} is no JSON at ${from}, so nobody can tell whether it is still what it was.`,
  hint: `See that nothing was written with another schema than v${version} is now, and waive this; or put it back.`,
})

/** The same change may have broken what the level no longer asks for. */
function lowered({ name, versions, settings }: Series, was: CompatibilityLevel, from: string): GateFinding {
  const { version, path } = versions.at(-1)!
  const message = `The compatibility of ${name} is ${settings.compatibility}, and was ${was} at ${from}: what that asked for, and this does not, is no longer looked at, v${version} included.`
  const hint = `Put "compatibility": "${was}" back, and waive by itself what v${version} breaks; or waive this.`
  return {
    ...{ severity: 'released', type: 'LEVEL_LOWERED', series: name, version, at: '/compatibility', message, hint },
    path: join(dirname(path), settingsFile),
  }
}

/** Nobody would see that bytes are read as something else where what they were read as changes with it. What is broken says so. */
function goldenChanges({ series, golden = '', version }: ReleasedVersion, now: SchemaVersion, from: string) {
  if (golden === '' || golden === now.golden) return []
  const path = goldenPath(now.path)
  const was = parseGolden(path, golden, version)
  const is = now.golden === undefined ? undefined : parseGolden(path, now.golden, version)
  if (was.kind === 'invalid' || is?.kind === 'invalid') return []
  const [name, ...more] = [...was.cases].filter(([key, each]) => !isKept(each, is?.cases.get(key))).map(([key]) => key)
  if (name === undefined) return []
  const which = `"${name}"${more.length === 0 ? '' : ` and ${more.length} more`}`
  const finding: GateFinding = {
    ...{ severity: 'released', type: 'GOLDEN_CHANGED', series, version, path, at: pointerTo(name) },
    message: `Golden payloads of v${version} (${which}) are not what they are at ${from}: they are how anyone sees that bytes are read as something else.`,
    hint: `Put them back; if what reads them is meant to read something else, waive this.`,
  }
  return [finding]
}

/** Its bytes, and what every version read in them. More may be said of it. */
const isKept = (was: GoldenCase, is: GoldenCase | undefined): boolean =>
  is !== undefined &&
  (was.body === undefined || is.body?.equals(was.body) === true) &&
  [...was.readAs].every(([reader, form]) => is.readAs.has(reader) && isDeepStrictEqual(is.readAs.get(reader), form))

const inserted = (series: string, version: number, path: string, highest: number, from: string): GateFinding => ({
  severity: 'released',
  type: 'NOT_LATEST',
  series,
  version,
  path,
  at: '/',
  message: `v${version} is new, and v${highest} is already there at ${from}: what is latest would not be what came last.`,
  hint: `Make it v${highest + 1}.`,
})

function jsonOf(text: string | undefined): { readonly json: unknown } | undefined {
  try {
    return text === undefined ? undefined : { json: exactJson(text) }
  } catch {
    return undefined
  }
}
