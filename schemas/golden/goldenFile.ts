// Golden payloads: bytes that a version of a schema has written, and what they are read as, in the JSON form of HTTP (json.ts).
// They lie beside the version, `v1.golden.json` beside `v1.avsc`:
//
//   { "cases": { "sample": { "avro": "<base64 of the body>", "readAs": { "v1": …, "v2": … } } } }
//
// An author adds a case with what it is read as in its own version alone, `{ "readAs": { "v1": … } }`.

import { isObject } from '../compatibility/schemaGraph.ts'
import { parseText } from '../json/jsonText.ts'
import { escapedToken } from '../json/pointerToken.ts'

export type GoldenCase = {
  /** The body, without the registry's frame; absent until `errand schemas generate` writes it. */
  readonly body?: Buffer
  /** By the reader's version. */
  readonly readAs: ReadonlyMap<number, unknown>
}

/** By name. */
export type GoldenCases = ReadonlyMap<string, GoldenCase>

/** `schemas/flight.landed/v1.avsc` → `schemas/flight.landed/v1.golden.json` */
export const goldenPath = (avsc: string): string => avsc.replace(/\.avsc$/, '.golden.json')

export type ParsedGolden =
  | { readonly kind: 'valid'; readonly cases: GoldenCases }
  | { readonly kind: 'invalid'; readonly problems: readonly GoldenProblem[] }

/** `message` completes a sentence about what `pointer` points at in the file. */
export type GoldenProblem = { readonly pointer: string; readonly message: string }

/** The cases of the file that belongs to `version`. */
export function parseGolden(path: string, text: string, version: number): ParsedGolden {
  const problems: GoldenProblem[] = []
  const report = (pointer: string, message: string): void => void problems.push({ pointer, message })
  const cases = new Map<string, GoldenCase>()
  try {
    const json = parseText(path, text)
    if (!isObject(json) || !isObject(json.cases) || Object.keys(json).length > 1)
      report('/', 'must be an object with nothing but "cases", an object')
    else
      for (const [name, each] of Object.entries(json.cases))
        cases.set(name, caseOf(each, pointerTo(name), version, report))
  } catch (error) {
    report('/', `is no JSON: ${(error as Error).message}`)
  }
  return problems.length === 0 ? { kind: 'valid', cases } : { kind: 'invalid', problems }
}

type Report = (pointer: string, message: string) => void

/** Where a case, or what it is read as, stands in the file: a JSON Pointer. */
export const pointerTo = (name: string, reader?: number): string =>
  `/cases/${escapedToken(name)}${reader === undefined ? '' : `/readAs/v${reader}`}`

function caseOf(json: unknown, pointer: string, version: number, report: Report): GoldenCase {
  const { avro, readAs = {}, ...others } = isObject(json) ? json : { others: json }
  if (!isObject(json) || Object.keys(others).length > 0 || !isObject(readAs)) {
    report(pointer, 'must be an object with "avro" and "readAs" and nothing else')
    return { readAs: new Map() }
  }
  const body = typeof avro === 'string' ? Buffer.from(avro, 'base64') : undefined
  if (avro !== undefined && body?.toString('base64') !== avro) report(`${pointer}/avro`, 'must be base64')
  if (avro === undefined && !Object.hasOwn(readAs, `v${version}`))
    report(pointer, `must have "avro", or what it is in its own version, "readAs": { "v${version}": … }`)
  const forms = new Map<number, unknown>()
  for (const [key, form] of Object.entries(readAs)) {
    const [, digits] = /^v([1-9]\d*)$/.exec(key) ?? []
    if (digits === undefined) report(`${pointer}/readAs`, 'must have versions as its keys, such as "v1"')
    else forms.set(Number(digits), form)
  }
  return { ...(body ? { body } : {}), readAs: forms }
}

/** A line for each reader, so that a new one is a line in a diff. */
export function printGolden(cases: GoldenCases): string {
  const entries = [...cases].map(([name, { body, readAs }]) => {
    const forms = [...readAs].toSorted(([one], [other]) => one - other)
    const lines = forms.map(([version, form]) => `        "v${version}": ${onOneLine(form)}`)
    const avro = body ? `      "avro": ${JSON.stringify(body.toString('base64'))},\n` : ''
    return `    ${JSON.stringify(name)}: {\n${avro}      "readAs": {\n${lines.join(',\n')}\n      }\n    }`
  })
  return `{\n  "cases": {\n${entries.join(',\n')}\n  }\n}\n`
}

const onOneLine = (json: unknown): string => JSON.stringify(json, null, 1).replaceAll(/\n */g, ' ')
