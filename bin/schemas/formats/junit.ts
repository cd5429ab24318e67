// For CI servers that read JUnit's XML: a test suite a schema, a test a version, a failure with all that was found.
import type { Checked, PlacedFinding } from './checked.ts'

export function junit({ series, findings }: Checked): string {
  const known = new Map(series.map(({ name, versions }) => [name, new Set(versions.map(({ version }) => version))]))
  // What is gone has findings too.
  for (const { series: name, version } of findings) known.set(name, (known.get(name) ?? new Set()).add(version))
  const failed = new Map<string, PlacedFinding[]>()
  for (const finding of findings) {
    const key = `${finding.series} ${finding.version}`
    failed.set(key, [...(failed.get(key) ?? []), finding])
  }
  const tests = [...known.values()].reduce((sum, versions) => sum + versions.size, 0)
  const suites = [...known].map(([name, versions]) => {
    const cases = [...versions].sort((one, other) => one - other)
    const failures = cases.filter((version) => failed.has(`${name} ${version}`)).length
    return [
      `  <testsuite name="${attribute(name)}" tests="${cases.length}" failures="${failures}">`,
      ...cases.flatMap((version) => testCase(name, version, failed.get(`${name} ${version}`) ?? [])),
      '  </testsuite>',
    ].join('\n')
  })
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="errand schemas check" tests="${tests}" failures="${failed.size}">`,
    ...suites,
    '</testsuites>',
  ].join('\n')
}

function testCase(name: string, version: number, findings: readonly PlacedFinding[]): readonly string[] {
  const open = `    <testcase classname="${attribute(name)}" name="v${version}"`
  const [first] = findings
  if (!first) return [`${open}/>`]
  const more = findings.length === 1 ? '' : `, and ${findings.length - 1} more`
  return [
    `${open} file="${attribute(first.path)}" line="${first.line}">`,
    `      <failure type="${attribute(first.type)}" message="${attribute(`${first.type}: ${first.message}${more}`)}">`,
    escaped(findings.map(told).join('\n\n')),
    '      </failure>',
    '    </testcase>',
  ]
}

const told = ({ severity, type, path, line, column, message, causes = [], hint }: PlacedFinding): string =>
  [
    `${severity} ${type}`,
    `${path}:${line}:${column}`,
    message,
    ...causes.map((cause) => `- ${cause}`),
    ...(hint === undefined ? [] : [`To mend it: ${hint}`]),
  ].join('\n')

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/** XML 1.0 has no way to write most control characters, halves of surrogates and the last two of a plane. */
const escaped = (text: string): string =>
  text
    .toWellFormed()
    .replace(/[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replace(/[&<>"]/g, (each) => entities[each]!)

/** There a parser takes white space for one space each, but for what is written by number. */
const attribute = (text: string): string => escaped(text).replace(/[\t\n\r]/g, (each) => `&#${each.codePointAt(0)};`)
