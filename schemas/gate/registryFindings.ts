// What a registry holds against a folder of schemas, or the folder against it: versions that the folder does not have, another
// level, deletions that new versions are no longer held against, and another verdict on the latest version than ours. That the
// latest is not registered is nothing against it, if the registry would take it: `errand schemas register` does that.
import type { CompatibilityLevel } from '../../app/record.ts'
import { evolutionFindings } from '../compatibility/evolution.ts'
import { parseSchema } from '../compatibility/schemaParser.ts'
import { isCompatibilityLevel } from '../compatibility.ts'
import type { SchemaVersion, Series } from '../folder/folder.ts'
import type { RegisteredVersion, RegistryJudgement } from '../registry/registry.ts'
import type { Found, GateFinding } from './finding.ts'
import { schemaDifference } from './schemaDifference.ts'

/** A subject as the registry has it. */
export type RegisteredSubject = {
  readonly name: string
  /** Its versions and its level are others' business. */
  readonly isTakenOver: boolean
  /** The oldest first. */
  readonly versions: readonly RegisteredVersion[]
  /** Its own; undefined where the default counts. */
  readonly level: string | undefined
  readonly defaultLevel: string
  /** Of the folder's latest version. */
  readonly judgement: RegistryJudgement | undefined
}

/** Nothing where the registry has no version: whatever comes first is taken. */
export function registryFindings(series: Series, subject: RegisteredSubject): readonly GateFinding[] {
  if (subject.versions.length === 0) return []
  const latest = series.versions.at(-1)!
  const own = subject.isTakenOver ? [] : [...levelFindings(series, subject), ...unknownVersions(series, subject)]
  const told = [...own, ...judgements(latest, subject)].map((found) => ({ found, of: latest }))
  return [...deletedVersions(series, subject), ...told].map(({ found, of: { version, path } }) => ({
    ...found,
    ...{ series: series.name, version, path },
  }))
}

const found = (type: string, message: string, rest: Partial<Found> = {}): Found => ({
  ...{ severity: 'registry', type, at: '/', message },
  ...rest,
})

/** What is not shown is known by its number alone. */
const isSame = (one: SchemaVersion, { version, content }: RegisteredVersion): boolean =>
  content ? schemaDifference(one.schema, content.schema) === undefined : one.version === version

const placeOf = (name: string, { version, content }: RegisteredVersion): string =>
  `ersion ${version} of the subject ${name}${content ? `, id ${content.id}` : ''}`

function levelFindings({ settings }: Series, { name, level, defaultLevel }: RegisteredSubject): readonly Found[] {
  const wanted = settings.compatibility
  if ((level ?? defaultLevel) === wanted) return []
  const has =
    level === undefined
      ? `has no level of its own, so that the registry's default counts, which is ${defaultLevel}`
      : `has the level ${level} in the registry`
  return [
    found('LEVEL_DIFFERS', `The subject ${name} ${has}; subject.json says ${wanted}.`, {
      hint: `set it with errand schemas register, or write "compatibility": "${level ?? defaultLevel}" in subject.json.`,
    }),
  ]
}

const unknownVersions = ({ versions }: Series, { name, versions: registered }: RegisteredSubject): readonly Found[] =>
  registered
    .filter((each) => !each.isDeleted && !versions.some((one) => isSame(one, each)))
    .map((each) =>
      found(
        'VERSION_UNKNOWN',
        `V${placeOf(name, each)}, is none of the versions in the folder: somebody has registered it from elsewhere, and records may be written with it.`,
        {
          hint: 'put it into the folder as a version of its own, or delete it in the registry if nothing was written with it.',
        },
      ),
    )

/** Of versions of the folder: others that were deleted are nobody's. */
const deletedVersions = ({ versions }: Series, { name, versions: registered }: RegisteredSubject) =>
  versions.flatMap((of: SchemaVersion) => {
    const same = registered.filter((each) => isSame(of, each))
    const [deleted] = same
    if (!deleted || !same.every(({ isDeleted }) => isDeleted)) return []
    const message = `v${of.version} is deleted in the registry (v${placeOf(name, deleted)}): its records can still be read, but new versions are not held against it there, and it cannot be written with.`
    const hint = 'register it again if anything was ever written with it, or delete its file if nothing was.'
    return [{ found: found('SOFT_DELETED', message, { hint }), of }]
  })

/** The registry's verdict beside ours: on the same versions, at the level that counts there. */
function judgements(
  latest: SchemaVersion,
  { name, versions, level, defaultLevel, judgement }: RegisteredSubject,
): readonly Found[] {
  const counting = level ?? defaultLevel
  const live = versions.filter(({ isDeleted }) => !isDeleted)
  if (!judgement || !isCompatibilityLevel(counting)) return []
  const against = breaks(latest, live, counting)
  const theirs = judgement.messages.length > 0 ? judgement.messages : ['it gives no reason']
  const causes = (texts: readonly string[]) => ({ causes: texts })
  if (judgement.isCompatible && against.length > 0)
    return [
      found(
        'REGISTRY_DISAGREES',
        `The registry would take v${latest.version} as the next version of ${name} at the level ${counting}, and it breaks what Errand checks there.`,
        causes(against),
      ),
    ]
  if (judgement.isCompatible || live.some((each) => isSame(latest, each))) return []
  return against.length > 0
    ? [
        found(
          'VERSION_REFUSED',
          `The registry would refuse v${latest.version} as the next version of ${name} at the level ${counting}.`,
          {
            ...causes([...theirs.map((text) => `the registry: ${text}`), ...against]),
            hint: 'compare it with the versions that the registry holds, which may be others than those in the folder.',
          },
        ),
      ]
    : [
        found(
          'REGISTRY_DISAGREES',
          `The registry would refuse v${latest.version} as the next version of ${name} at the level ${counting}, and Errand finds nothing against it.`,
          causes(theirs),
        ),
      ]
}

/** Older versions by the registry's numbers. */
function breaks(
  latest: SchemaVersion,
  live: readonly RegisteredVersion[],
  level: CompatibilityLevel,
): readonly string[] {
  const older = live.flatMap((each) =>
    each.content && !isSame(latest, each) ? [{ version: each.version, parsed: parseSchema(each.content.schema) }] : [],
  )
  return evolutionFindings({ version: latest.version, parsed: parseSchema(latest.schema) }, older, level).map(
    (finding) => `against the registry's v${finding.version}: ${finding.message}`,
  )
}
