// What anyone may have written to a topic, on its way to a person's terminal.
import { expect, test } from 'vitest'
import { groupLines } from '../../../bin/groupLines.ts'
import { logLine } from '../../../bin/logLine.ts'

const evil = 'k\u001b[31mEVIL\u001b]0;owned\u0007'

test('a log line escapes what a terminal would obey', () => {
  const line = logLine(JSON.stringify({ level: 40, time: '2030-01-01T00:00:00.000Z', event: 'x', reason: evil }))
  expect(line).toContain('reason=k\\u{1b}[31mEVIL')
  expect(line).not.toContain('\u001b')
})

test('the lines of groups escape it too', () => {
  const group = {
    ...{
      name: 'workers.x',
      group: 's.workers.x',
      perSecond: 0,
      members: [],
      blocked: [`partition 0 waits for ${evil}`],
    },
    ...{ lag: { records: 0, seconds: null }, control: { paused: false, concurrency: null } },
  }
  expect(groupLines([group as never]).join('\n')).not.toContain('\u001b')
})
