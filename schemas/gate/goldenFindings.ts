// What golden payloads have to say: whether bytes that were once written are still read as what they were, by every version
// that could read them. What can change that is an edited schema, another default, or the codec itself.

import { isDeepStrictEqual } from 'node:util'
import type { SchemaVersion, Series } from '../folder/folder.ts'
import { isAvro, mustRead, type Reading, readingAs } from '../golden/golden.ts'
import { type GoldenCases, type GoldenProblem, goldenPath, parseGolden, pointerTo } from '../golden/goldenFile.ts'
import { escapedToken } from '../json/pointerToken.ts'
import type { GateFinding } from './finding.ts'

/**
 * `DECODE_CHANGED`: bytes are read as something else than the file says, or no longer. `GOLDEN_MISSING`: a file, or what a
 * version reads in it. `GOLDEN_BROKEN`: a file that says nothing, as it is broken. A series that has no file at all owes none:
 * it is a draft, or its app keeps none.
 */
export const goldenFindings = (series: Series): readonly GateFinding[] =>
  series.versions.some(({ golden }) => golden !== undefined)
    ? series.versions.flatMap((version) => ofVersion(series, version))
    : []

function ofVersion(series: Series, writer: SchemaVersion): readonly GateFinding[] {
  const { path, version, golden } = writer
  if (golden === undefined) return isAvro(writer) ? [fileMissing(series.name, writer)] : []
  const parsed = parseGolden(goldenPath(path), golden, version)
  if (parsed.kind === 'invalid') return parsed.problems.map((problem) => fileBroken(series.name, writer, problem))
  const { cases } = parsed
  const known = new Set(series.versions.map((each) => each.version))
  const gone = new Set(
    [...cases.values()].flatMap(({ readAs }) => [...readAs.keys()]).filter((each) => !known.has(each)),
  )
  return [
    ...(cases.size === 0 ? [fileMissing(series.name, writer)] : []),
    ...[...gone].map((reader) => readerGone(series.name, writer, reader, cases)),
    ...series.versions.flatMap((reader) => asReadBy(series.name, writer, reader, cases)),
  ]
}

const generateHint = 'run: errand schemas generate, and commit what it writes'

function fileMissing(series: string, { path, version }: SchemaVersion): GateFinding {
  const message = `v${version} has no golden payloads (${goldenPath(path)}), so nobody would notice when what it wrote is read as something else.`
  return { severity: 'golden', type: 'GOLDEN_MISSING', series, version, path, at: '/', message, hint: generateHint }
}

function fileBroken(series: string, writer: SchemaVersion, { pointer: at, message }: GoldenProblem): GateFinding {
  const hint = 'mend it by hand, or take it back from version control'
  return {
    ...common(series, writer, writer.version),
    ...{ type: 'GOLDEN_BROKEN', at, message: `The golden payloads are broken: ${at} ${message}.`, hint },
  }
}

function readerGone(series: string, writer: SchemaVersion, reader: number, cases: GoldenCases): GateFinding {
  const [name] = [...cases].find(([, { readAs }]) => readAs.has(reader))!
  const message = `v${reader}, which read golden payloads of v${writer.version}, is gone.`
  const hint = `put v${reader} back: a released version stays; if it never was released, delete what is said of it in ${goldenPath(writer.path)}`
  return { ...common(series, writer, reader), type: 'DECODE_CHANGED', at: pointerTo(name, reader), message, hint }
}

/** What is the same of every finding about a reader of a file. The newer of the two versions brought it. */
const common = (series: string, writer: SchemaVersion, reader: number) => ({
  severity: 'golden' as const,
  series,
  version: Math.max(writer.version, reader),
  ...(reader === writer.version ? {} : { against: Math.min(writer.version, reader) }),
  ...(reader === writer.version
    ? {}
    : { direction: reader > writer.version ? ('backward' as const) : ('forward' as const) }),
  path: goldenPath(writer.path),
})

function asReadBy(
  series: string,
  writer: SchemaVersion,
  reader: SchemaVersion,
  cases: GoldenCases,
): readonly GateFinding[] {
  const changed = new Map<string, string>()
  const missing: string[] = []
  const read = readingAs(reader.schema, writer.schema)
  const isOwed = once(() => mustRead(reader, writer))
  for (const [name, { body, readAs }] of cases) {
    if (!body || !readAs.has(reader.version)) {
      if (body ? isOwed() && read(body).kind === 'read' : reader === writer) missing.push(name)
      continue
    }
    const change = changeOf(read(body), readAs.get(reader.version))
    if (change) changed.set(name, change)
  }
  return [
    ...(changed.size === 0 ? [] : [decodeChanged(series, writer, reader, changed)]),
    ...(missing.length === 0 ? [] : [readerMissing(series, writer, reader, missing)]),
  ]
}

const once = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

function readerMissing(
  series: string,
  writer: SchemaVersion,
  reader: SchemaVersion,
  names: readonly string[],
): GateFinding {
  const message = `What v${reader.version} reads in golden payloads of v${writer.version} (${listed(names)}) is not written down.`
  return {
    ...common(series, writer, reader.version),
    ...{ type: 'GOLDEN_MISSING', at: pointerTo(names[0]!), message, hint: generateHint },
  }
}

/** `changed`: by the name of the payload, how. */
function decodeChanged(
  series: string,
  writer: SchemaVersion,
  reader: SchemaVersion,
  changed: ReadonlyMap<string, string>,
): GateFinding {
  const [[name, change]] = [...changed] as [[string, string]]
  const versions = reader === writer ? `v${writer.version}` : `v${writer.version} and v${reader.version}`
  const [they, none] = reader === writer ? ['it was', 'it was never'] : ['they were', 'neither was ever']
  return {
    ...common(series, writer, reader.version),
    type: 'DECODE_CHANGED',
    at: pointerTo(name, reader.version),
    message: `Bytes that v${writer.version} wrote (${listed([...changed.keys()])}) are not read as v${reader.version} as they were: ${change}.`,
    hint: `put ${versions} back as ${they}, and make the change a new version; where ${none} released, delete ${goldenPath(writer.path)} and run: errand schemas generate`,
  }
}

const listed = (names: readonly string[]): string =>
  `"${names[0]}"${names.length === 1 ? '' : ` and ${names.length - 1} more`}`

/** In words; undefined where nothing has changed. */
function changeOf(reading: Reading, expected: unknown): string | undefined {
  if (reading.kind === 'unreadable') return reading.reason.replace(/\.$/, '')
  const text = JSON.stringify(reading.form)
  if (text === JSON.stringify(expected)) return undefined // nearly always, and ten times as fast as what follows
  const form: unknown = JSON.parse(text)
  if (isDeepStrictEqual(form, expected)) return undefined
  const { pointer, was, is } = firstDifference(expected, form, '')
  return `${pointer || '/'} was ${shown(was)} and is ${shown(is)}`
}

type Difference = { readonly pointer: string; readonly was: unknown; readonly is: unknown }

function firstDifference(was: unknown, is: unknown, pointer: string): Difference {
  if (typeof was !== 'object' || typeof is !== 'object' || was === null || is === null) return { pointer, was, is }
  if (Array.isArray(was) !== Array.isArray(is)) return { pointer, was, is }
  const [before, after] = [new Map(Object.entries(was)), new Map(Object.entries(is))]
  for (const key of new Set([...before.keys(), ...after.keys()]))
    if (!isDeepStrictEqual(before.get(key), after.get(key)))
      return firstDifference(before.get(key), after.get(key), `${pointer}/${escapedToken(key)}`)
  return { pointer, was, is }
}

function shown(json: unknown): string {
  const text = json === undefined ? 'absent' : JSON.stringify(json)
  return text.length > 60 ? `${text.slice(0, 59)}…` : text
}
