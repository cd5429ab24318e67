// Dead letters as a person reads them.
import { expect, test } from 'vitest'
import { detailLines, letterText, listLines, planLines, skipLines, verdictText } from '../../../bin/letterLines.ts'
import { endLines, operator, questionOf } from '../../../bin/letterRedrive.ts'
import { detail, groupLetters, letter, planned } from '../letters.ts'

const plan = (rest: object = {}) => ({
  group: 'workers.report',
  letters: 3,
  parked: 0,
  pastDeadline: 0,
  destinations: [{ topic: 'test.workers.report.retry', partition: 3, letters: 3 }],
  first: [planned(), planned({ does: 'park', letter: letter({ redrives: 5 }) })],
  ...rest,
})

test('a list says per group how many are open, what they have in common, and one line of each', () => {
  const empty = groupLetters({ group: 'callbacks', total: 0, open: 0, matching: 0, letters: [] })
  expect(listLines([empty, groupLetters(), { ...empty, group: 'delay' }], 'open')).toEqual([
    'workers.report   30 open of 42 letters',
    '  reason  retries-exhausted 28, undecodable 2',
    '  type    report 30',
    '  day     2026-11-29 30',
    '  schema  7 30',
    '    2026-11-29T11:02:03Z  retries-exhausted  report_1  5 attempts  no such table: flights',
    '    and 29 more',
    '  2026-11-29T11:02:03Z  redriven: 12 letters by ann@desk, {"code":"undecodable"}, action a1',
    '',
    'No letters: callbacks, delay.',
  ])
  expect(listLines([], 'open')).toEqual(['The app has no groups that give anything up.'])
})

test('a list tells apart what matches from what is open', () => {
  const [some] = listLines([groupLetters({ matching: 2 })], 'open')
  expect(some).toBe('workers.report   30 open of 42 letters   2 match')
  const [none] = listLines([groupLetters({ matching: 0, letters: [] })], 'open')
  expect(none).toBe('workers.report   30 open of 42 letters   none matches')
  const [parked] = listLines([groupLetters({ matching: 1 })], 'parked')
  expect(parked).toBe('workers.report   30 open of 42 letters   1 parked')
  const closed = groupLetters({ open: 0, matching: 0, letters: [] })
  expect(listLines([closed], 'open')[0]).toBe('workers.report   0 open of 42 letters')
  expect(listLines([closed], 'skipped')[0]).toBe('workers.report   0 open of 42 letters   none is skipped')
})

test('a line names the key where it says more than the id, the redrives, and no more of an error than a line holds', () => {
  const told = letterText(
    letter({ key: 'SEA', attempts: 1, redrives: 1, reason: { code: 'c', message: 'x'.repeat(300) } }),
  )
  expect(told).toContain('  report_1  key SEA  1 attempt, redriven once  xxx')
  expect(told.length).toBeLessThan(200)
  expect(letterText(letter({ redrives: 2, reason: { code: 'c', message: 'one\ntwo' } }))).toMatch(
    /redriven 2 times {2}one$/,
  )
})

test('what a terminal would obey is shown as it is written: anyone may write to a topic', () => {
  const evil = '\x1b[2J\x07 \u202e\x9b \u2028gone'
  const origin = { ...letter().origin, topic: evil }
  const rest = { id: evil, about: evil, type: evil, key: evil, origin, worker: evil }
  const bad = detail({
    ...{ ...rest, reason: { code: evil, message: evil, stack: evil } },
    headers: [{ name: evil, value: `${evil}\r\n` }],
    value: { kind: 'json', json: { [evil]: evil } },
  })
  const counts = [{ value: evil, letters: 1 }]
  const audits = [{ action: evil, verb: 'skip', atMs: 0, by: evil, filter: evil, letters: 1 }] as const
  const histogram = { code: counts, type: counts, day: counts, schema: counts }
  const stopped = { kind: 'stopped', because: 'trial', why: evil, action: 'a1', redriven: 0, parked: 0 } as const
  const lines = [
    ...listLines([groupLetters({ histogram, letters: [bad], audits })], 'open'),
    ...detailLines(bad),
    ...detailLines(detail({ value: { kind: 'bytes', why: evil, base64: '' } })),
    ...planLines(plan({ first: [planned({ letter: bad })] })),
    ...skipLines(plan({ first: [planned({ letter: bad })] })),
    ...endLines(stopped, 'workers.report', 1),
    verdictText({ kind: 'verdict', letter: bad, verdict: 'died', why: evil }),
  ]
  for (const line of lines) expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}]/u)
  expect(lines.join()).toContain('\\u{1b}[2J')
})

test('one letter is told as a whole', () => {
  const dealt = {
    kind: 'redriven',
    at: new Date('2026-11-29T12:00:00Z'),
    by: 'ann@desk',
    action: 'a1',
    edited: false,
  } as const
  const text = detailLines(detail({ state: 'redriven', dealt, attemptsBefore: 5, redrives: 1, run: 2 })).join('\n')
  expect(text).toBe(
    [
      'letter    workers.report/test.requests.report/3/17/1',
      'group     workers.report',
      'about     report_1, type report, run 2, redriven once',
      'state     redriven 2026-11-29T12:00:00.000Z by ann@desk, action a1',
      'reason    retries-exhausted: no such table: flights',
      'attempts  5, and 5 in rounds before, the first failed 2026-11-29T11:01:58.456Z',
      'given up  2026-11-29T11:02:03.456Z by host-1/4711',
      'key       report_1',
      'from      test.requests.report, partition 3, offset 17',
      'lies in   test.workers.report.dead, partition 3, offset 2',
      'value     25 bytes, schema 7',
      '  {',
      '    "airport": "SEA"',
      '  }',
      'stack',
      '  at one',
      '  at two',
      'headers',
      '  ce_id: report_1',
      '  errand-seal: base64:AAEC',
    ].join('\n'),
  )
  const bytes = detail({ value: { kind: 'bytes', why: 'schema 9 is not known', base64: 'AAEC' } })
  expect(detailLines(bytes)).toContain('  not readable: schema 9 is not known')
})

test('a dry run says how many go where, what is parked, and what is too late', () => {
  expect(planLines(plan({ parked: 1, pastDeadline: 2 }))).toEqual([
    'workers.report: 3 letters would go',
    '  3 to test.workers.report.retry, partition 3',
    '  1 letter redriven too often would be parked instead; --id sends one all the same',
    '  2 of them past their deadline: they would end as expired',
    expect.stringMatching(/^ {4}run 2 {2}2026-11-29T11:02:03Z /),
    expect.stringMatching(/^ {4}parked {2}2026-11-29T11:02:03Z /),
    '    and 2 more',
  ])
  expect(planLines(plan({ letters: 0, first: [] }))).toEqual(['workers.report: no open letter matches.'])
  expect(skipLines(plan({ parked: 1 }))).toEqual([
    'workers.report: 4 letters would be closed',
    ...[letterText(letter()), letterText(letter({ redrives: 5 }))].map((line) => `    ${line}`),
    '    and 2 more',
  ])
})

test('the question says what will happen', () => {
  expect(questionOf(plan({ pastDeadline: 1 }), { first: 1, isEdited: false })).toBe(
    '3 letters of workers.report will be sent to it again, 1 first and the rest if that goes well.\n' +
      '  1 of them past their deadline: they would end as expired\n' +
      'Redrive 3 letters? (yes/no) ',
  )
  expect(questionOf(plan({ letters: 1 }), { first: 1, isEdited: true })).toBe(
    '1 letter, edited, of workers.report will be sent to it again.\nRedrive 1 letter? (yes/no) ',
  )
})

test('the end says what went, what is left, and what to do', () => {
  const counts = { action: 'a1', redriven: 2, parked: 1 }
  expect(endLines({ kind: 'done', ...counts }, 'workers.report', 2)).toEqual([
    'workers.report: 2 letters redriven, 1 parked',
    '  action a1',
  ])
  const stopped = { kind: 'stopped', because: 'aborted', why: 'it was told to stop', ...counts } as const
  expect(endLines(stopped, 'workers.report', 9)).toEqual([
    'workers.report: 2 letters redriven, 1 parked, 7 left open; stopped: it was told to stop',
    '  action a1',
    '  → the same command goes on where it was',
  ])
})

test('every verdict is a sentence', () => {
  const told = (['succeeded', 'handled', 'rejected', 'died', 'putOff', 'none'] as const).map((verdict) =>
    verdictText({ kind: 'verdict', letter: letter(), verdict }),
  )
  expect(new Set(told).size).toBe(6)
  expect(told[3]).toBe('trial: report_1 was given up again')
})

test('the operator is a user on a host', () => {
  expect(operator()).toMatch(/^[^@\s]+@[^@\s]+$/)
})
