// Dead letters made up for tests of what shows them.
import type { Letter } from '../../consumers/letters/letter.ts'
import type { GroupLetters, LetterDetail } from '../../consumers/letters/letterList.ts'
import type { PlannedLetter } from '../../consumers/letters/redrivePlan.ts'

export const diedAtMs = Date.parse('2026-11-29T11:02:03.456Z')

export const letter = (rest: Partial<Letter> = {}): Letter => ({
  id: 'workers.report/test.requests.report/3/17/1',
  group: 'workers.report',
  about: 'report_1',
  type: 'report',
  run: 1,
  redrives: 0,
  key: 'report_1',
  reason: { code: 'retries-exhausted', message: 'no such table: flights', stack: 'at one\nat two' },
  attempts: 5,
  attemptsBefore: 0,
  firstFailedAtMs: diedAtMs - 5_000,
  diedAtMs,
  origin: { topic: 'test.requests.report', partition: 3, offset: 17n },
  at: { topic: 'test.workers.report.dead', partition: 3, offset: 2n },
  schemaId: 7,
  worker: 'host-1/4711',
  valueBytes: 25,
  state: 'open',
  ...rest,
})

export const detail = (rest: Partial<LetterDetail> = {}): LetterDetail => ({
  ...letter(),
  headers: [
    { name: 'ce_id', value: 'report_1' },
    { name: 'errand-seal', value: 'base64:AAEC' },
  ],
  value: { kind: 'json', record: 'test.Report', json: { airport: 'SEA' } },
  ...rest,
})

export const groupLetters = (rest: Partial<GroupLetters> = {}): GroupLetters => ({
  group: 'workers.report',
  total: 42,
  open: 30,
  matching: 30,
  letters: [letter()],
  histogram: {
    code: [
      { value: 'retries-exhausted', letters: 28 },
      { value: 'undecodable', letters: 2 },
    ],
    type: [{ value: 'report', letters: 30 }],
    day: [{ value: '2026-11-29', letters: 30 }],
    schema: [{ value: '7', letters: 30 }],
  },
  audits: [
    { action: 'a1', verb: 'redrive', atMs: diedAtMs, by: 'ann@desk', filter: '{"code":"undecodable"}', letters: 12 },
  ],
  ...rest,
})

export const planned = (rest: Partial<PlannedLetter> = {}): PlannedLetter => ({
  letter: letter(),
  does: 'send',
  to: { topic: 'test.workers.report.retry', partition: 3 },
  run: 2,
  pastDeadline: false,
  ...rest,
})
