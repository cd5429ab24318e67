// I6: a released version never changes. What is there now against what a commit has, which is what was released; a version
// that moved to another file is still itself.
import type { Series } from '../folder/folder.ts'
import type { GateFinding } from './finding.ts'
import { schemaDifference } from './schemaDifference.ts'

export type ReleasedVersion = {
  readonly series: string
  readonly version: number
  readonly path: string
  readonly text: string
}

/** `from` is what the commit is called. A released file that is no JSON was never a schema: it may become one. */
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
      if (!now) return jsonOf(each.text) === undefined ? [] : [deleted(each, from)]
      if (now.text === each.text) return []
      const was = jsonOf(each.text)
      const at = was === undefined ? undefined : schemaDifference(was.json, now.schema)
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

function jsonOf(text: string): { readonly json: unknown } | undefined {
  try {
    return { json: JSON.parse(text) }
  } catch {
    return undefined
  }
}
