// I6: a released version never changes. What is there now against what a commit has, which is what was released; a version
// that moved to another file is still itself.
import type { Series } from '../folder/folder.ts'
import type { GateFinding } from './finding.ts'
import { schemaDifference } from './schemaDifference.ts'

export type ReleasedVersion = {
  readonly series: string
  readonly version: number
  readonly path: string
  /** Undefined where it is none. */
  readonly text: string | undefined
}

/** `from` is what the commit is called. */
export function releasedFindings(
  series: readonly Series[],
  released: readonly ReleasedVersion[],
  from: string,
): readonly GateFinding[] {
  const byName = new Map(series.map((each) => [each.name, each.versions]))
  const highest = new Map<string, number>()
  for (const each of released) highest.set(each.series, Math.max(each.version, highest.get(each.series) ?? 0))
  const known = new Set(released.map((each) => `${each.series} ${each.version}`))
  return [
    ...released.flatMap((each) => {
      const now = byName.get(each.series)?.find(({ version }) => version === each.version)
      if (now && now.text === each.text) return []
      const was = jsonOf(each.text)
      if (!was) return [unreadable(each, now?.path ?? each.path, from)]
      if (!now) return [deleted(each, from)]
      const at = schemaDifference(was.json, now.schema)
      return at === undefined ? [] : [changed(each, now.path, at, from, highest.get(each.series)!)]
    }),
    ...series.flatMap(({ name, versions }) =>
      versions
        .filter(({ version }) => version < (highest.get(name) ?? 0) && !known.has(`${name} ${version}`))
        .map(({ version, path }) => inserted(name, version, path, highest.get(name)!, from)),
    ),
  ]
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
    return text === undefined ? undefined : { json: JSON.parse(text) }
  } catch {
    return undefined
  }
}
