// What lies beside the versions of a request type or an event, in `subject.json`: whose they are, what a new version owes to
// the ones before it, and which findings were accepted, by whom and until when.
import { ErrandError } from '../../app/errors.ts'
import type { CompatibilityLevel } from '../../app/record.ts'
import { isObject, type Json } from '../compatibility/schemaGraph.ts'
import { isCompatibilityLevel } from '../compatibility.ts'

export type SubjectSettings = {
  readonly compatibility: CompatibilityLevel
  readonly owner?: string
  readonly waivers: readonly Waiver[]
}

/** A finding that is known and accepted for a time. All of `version`, `type`, `at` and `part` that are given must fit it. */
export type Waiver = {
  /** The version that brought it. */
  readonly version: number
  /** A finding's type, such as `FIELD_DROPPED`. */
  readonly type: string
  /** `input` or `result` of a request type; absent: of either. */
  readonly part?: string
  /** The finding's place, a JSON Pointer; absent: wherever it is. */
  readonly at?: string
  readonly reason: string
  /** The last day that it holds, UTC: 2027-03-31. */
  readonly until: string
}

/**
 * New versions must read what every older one wrote. Not plain `BACKWARD`, which looks at the latest version only: retry
 * and dead-letter topics keep records without limit, so a redrive may bring version 1 to a reader of version 5.
 */
export const defaultLevel: CompatibilityLevel = 'BACKWARD_TRANSITIVE'

export const defaultSettings: SubjectSettings = { compatibility: defaultLevel, waivers: [] }

/** Throws `invalid-settings` with every problem, each with its JSON Pointer. `path` is the file to name. */
export function parseSettings(path: string, json: unknown): SubjectSettings {
  const problems: string[] = []
  const settings = settingsOf(json, (pointer, message) => problems.push(`${path}: ${pointer || '/'} ${message}`))
  if (problems.length > 0) throw new ErrandError('invalid-settings', problems.join('\n'))
  return settings
}

type Report = (pointer: string, message: string) => void

function settingsOf(json: unknown, report: Report): SubjectSettings {
  if (!isObject(json)) {
    report('', 'must be an object')
    return defaultSettings
  }
  refuseOthers(json, '', ['compatibility', 'owner', 'waivers'], report)
  const { compatibility = defaultLevel, owner, waivers = [] } = json
  if (!isCompatibilityLevel(compatibility))
    report('/compatibility', 'must be NONE, BACKWARD, FORWARD or FULL, or one of the last three with _TRANSITIVE')
  if (owner !== undefined && !isText(owner)) report('/owner', 'must be text')
  if (!Array.isArray(waivers)) report('/waivers', 'must be a list')
  return {
    compatibility: compatibility as CompatibilityLevel,
    ...(owner === undefined ? {} : { owner: owner as string }),
    waivers: Array.isArray(waivers) ? waivers.map((each, index) => waiverOf(each, `/waivers/${index}`, report)) : [],
  }
}

const isText = (json: unknown): boolean => typeof json === 'string' && json.trim() !== ''

function waiverOf(json: unknown, pointer: string, report: Report): Waiver {
  if (!isObject(json)) {
    report(pointer, 'must be an object')
    return {} as Waiver
  }
  refuseOthers(json, pointer, ['version', 'type', 'part', 'at', 'reason', 'until'], report)
  const { version, type, part, at, reason, until } = json
  if (!Number.isInteger(version) || (version as number) < 1)
    report(`${pointer}/version`, 'must be a version, such as 2')
  if (!isText(type)) report(`${pointer}/type`, "must be a finding's type, such as FIELD_DROPPED")
  if (part !== undefined && !isText(part)) report(`${pointer}/part`, 'must be text, such as input')
  if (at !== undefined && !isText(at)) report(`${pointer}/at`, 'must be a JSON Pointer, such as /fields/2')
  if (!isText(reason)) report(`${pointer}/reason`, 'must say why')
  if (!isDay(until)) report(`${pointer}/until`, 'must be the last day that it holds, such as 2027-03-31')
  return json as Waiver
}

const isDay = (json: unknown): boolean =>
  typeof json === 'string' &&
  /^\d{4}-\d\d-\d\d$/.test(json) &&
  !Number.isNaN(Date.parse(json)) &&
  new Date(json).toISOString().startsWith(json)

function refuseOthers(json: Json, pointer: string, known: readonly string[], report: Report): void {
  for (const key of Object.keys(json))
    if (!known.includes(key)) report(`${pointer}/${key}`, `is not known here; there are ${known.join(', ')}`)
}
