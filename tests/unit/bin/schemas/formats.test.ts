// One report in each format that machines read: what it holds, and that nothing in a schema can break out of it.
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { checkedOf } from '../../../../bin/schemas/formats/checked.ts'
import { github } from '../../../../bin/schemas/formats/github.ts'
import { junit } from '../../../../bin/schemas/formats/junit.ts'
import { sarifLog } from '../../../../bin/schemas/formats/sarif.ts'
import type { GateFinding } from '../../../../schemas/gate/finding.ts'
import { checkSeries } from '../../../../schemas/gate/gate.ts'
import { record, series } from '../../schemas/gate/series.ts'

const nowMs = Date.parse('2027-03-31T12:00:00Z')
const hostile = 'a<b>&"c\'\n::error::x,y:z%\r\u0000\ud800]]>é'
const origin = { name: 'origin', type: 'string' }
const gate = { name: 'gate', type: 'string' }
const landed = { 1: record(origin), 2: record(origin, gate), 3: record(origin, gate, { ...gate, name: 'more' }) }
const waiver = { version: 3, type: 'READER_FIELD_MISSING_DEFAULT_VALUE', reason: 'agreed', until: '2027-03-31' }
const odd: GateFinding = {
  severity: 'registry',
  type: 'MISSING',
  series: 'flight.landed',
  version: 1,
  path: 'schemas/flight.landed/v1.avsc',
  at: '/',
  message: hostile,
  causes: [hostile],
  hint: hostile,
}

const checked = (...more: readonly GateFinding[]) => {
  const all = [series(landed, { settings: { waivers: [waiver] } }), series({ 1: record() }, { name: 'a & b' })]
  return checkedOf(all, checkSeries(all, { nowMs, more }), nowMs)
}

describe('JUnit', () => {
  test('has a test for each version, and a failure with all that was found', () => {
    const xml = junit(checked(odd))
    expect(xml.match(/<testcase [^>]*>/g)).toEqual([
      '<testcase classname="flight.landed" name="v1" file="schemas/flight.landed/v1.avsc" line="1">',
      '<testcase classname="flight.landed" name="v2" file="schemas/flight.landed/v2.avsc" line="1">',
      '<testcase classname="flight.landed" name="v3"/>',
      '<testcase classname="a &amp; b" name="v1"/>',
    ])
    expect(xml).toContain('<testsuites name="errand schemas check" tests="4" failures="2">')
    expect(xml).toContain('<testsuite name="flight.landed" tests="3" failures="2">')
    expect(xml).toMatch(/<failure type="READER_FIELD_MISSING_DEFAULT_VALUE" message="READER_FIELD[^>]*&quot;gate&quot;/)
  })
  test('has a test for a version that is gone', () => {
    expect(junit(checked({ ...odd, series: 'gone', version: 4 }))).toContain(
      '<testcase classname="gone" name="v4" file=',
    )
  })
  test('is XML whatever it is about', () => {
    const xml = junit(checked(odd))
    expect(xml).toContain('c\'&#10;::error::x,y:z%&#13;\ufffd\ufffd]]&gt;é">') // as an attribute
    expect(xml).toContain("a&lt;b&gt;&amp;&quot;c'\n::error::x,y:z%\r\ufffd\ufffd]]&gt;é")
    expect(xml.replaceAll(/<\/?(?:\?xml|testsuites?|testcase|failure)(?: \w+="[^"<]*")*\??\/?>/g, '')).not.toMatch(
      /[<>]/,
    )
  })
})

describe('GitHub', () => {
  test('has an annotation for each finding, at its place, from where it was checked out', () => {
    const lines = github(checked(), join(process.cwd(), 'schemas')).split('\n')
    expect(lines).toEqual([
      expect.stringMatching(
        /^::error file=flight\.landed\/v2\.avsc,line=1,col=\d+,title=flight\.landed v2%3A READER_FIELD_MISSING_DEFAULT_VALUE::v2's record .*%0AGive the field "gate" a default in v2\.$/,
      ),
      '1 finding in 1 of 2 schemas (4 versions), 1 waived',
    ])
  })
  test('has no character that a terminal would obey, and says which it is', () => {
    const told = github(checked({ ...odd, message: 'a\u001b[31m\u2028\u202e\nb' }), process.cwd())
    expect(told).toContain('a\\u{1b}[31m\\u{2028}\\u{202e}%0Ab')
    expect(github(checked({ ...odd, series: '\u001b]0;' }), process.cwd())).not.toContain('\u001b')
  })
  test('takes no order from a schema', () => {
    const lines = github(checked({ ...odd, series: hostile, path: `schemas/${hostile}` }), process.cwd()).split(
      /[\r\n]/,
    )
    expect(lines.filter((line) => line.startsWith('::'))).toHaveLength(2)
    expect(lines).toHaveLength(3)
    const [properties] = /^::error (.*?)::/.exec(lines[0]!)!.slice(1)
    expect(properties!.split(',')).toHaveLength(4)
  })
})

describe('SARIF', () => {
  const log = (...more: readonly GateFinding[]) => sarifLog(checked(...more), process.cwd())
  const [run] = log(odd).runs

  test('is of version 2.1.0, and every result has a rule, a level, a place and a message', () => {
    expect(log()).toMatchObject({ version: '2.1.0', $schema: expect.stringContaining('sarif-schema-2.1.0.json') })
    const rules = run!.tool.driver.rules.map(({ id }) => id)
    expect(rules).toEqual(['registry/MISSING', 'compatibility/READER_FIELD_MISSING_DEFAULT_VALUE'])
    for (const result of run!.results) {
      expect(rules[result.ruleIndex]).toBe(result.ruleId)
      expect(result).toMatchObject({ level: 'error', message: { text: expect.any(String) } })
      const [{ physicalLocation }] = result.locations as never as [(typeof result.locations)[number]]
      expect(physicalLocation.artifactLocation.uri).toMatch(/^schemas\/flight\.landed\/v\d\.avsc$/)
      expect(physicalLocation.region).toEqual({ startLine: 1, startColumn: expect.any(Number) })
    }
  })
  test('shows what is waived as suppressed, with the reason', () => {
    expect(run!.results.map(({ suppressions }) => suppressions)).toEqual([
      undefined,
      undefined,
      [{ kind: 'external', status: 'accepted', justification: 'agreed' }],
    ])
  })
  test('knows a finding again when a field before it moves it, and each by a print of its own', () => {
    const prints = (fields: readonly object[]) => {
      const all = [series({ 1: record(origin), 2: record(...(fields as [])) })]
      return sarifLog(checkedOf(all, checkSeries(all, { nowMs }), nowMs), '.').runs[0]!.results.map(
        ({ partialFingerprints }) => partialFingerprints['errandFinding/v1'],
      )
    }
    const more = { ...gate, name: 'more' }
    const [first, second] = prints([origin, gate, more])
    expect(prints([gate, origin, more])).toEqual([first, second])
    expect(first).not.toBe(second)
  })
  test('writes paths as URIs', () => {
    const { results } = log({ ...odd, path: 'schemas/a b/ü#1.avsc' }).runs[0]!
    expect(results[0]!.locations[0]!.physicalLocation.artifactLocation.uri).toBe('schemas/a%20b/%C3%BC%231.avsc')
  })
})
