// What blocks a commit, in words.
import { expect, test } from 'vitest'
import { type Blocking, blocking, duration } from '../../../consumers/blocking.ts'

const nowMs = Date.UTC(2030, 0, 1, 14, 2, 0)
const said = (lowest: Partial<Blocking['lowest']> = {}, rest: Partial<Blocking> = {}): string | undefined =>
  blocking({
    place: 'partition 3',
    lowest: {
      ...{ topic: 't', partition: 3, offset: 7, id: 'add_1', key: '42', attempt: 2 },
      ...{ runningSince: null, nextTryAt: null, ...lowest },
    },
    ...{ attempts: 5, full: false, paused: false, nowMs, ...rest },
  })

test('a record that waits for its next attempt is told with key, id, attempt and time', () => {
  expect(said({ nextTryAt: new Date(nowMs + 7_000) })).toBe(
    'partition 3 waits for key 42 (add_1), attempt 2 of 5, next try 14:02:07',
  )
})

test('a record that runs is told with how long, once that is worth telling', () => {
  expect(said({ attempt: 1, runningSince: new Date(nowMs - 999) })).toBeUndefined()
  expect(said({ attempt: 1, runningSince: new Date(nowMs - 34_000) })).toBe(
    'partition 3 waits for key 42 (add_1), attempt 1 of 5, running for 34 s',
  )
})

test('a key that is the id, or none, is not told twice; an unknown number of attempts is left out', () => {
  for (const key of ['add_1', null])
    expect(said({ key, runningSince: new Date(nowMs - 2_000) }, { attempts: undefined })).toBe(
      'partition 3 waits for add_1, attempt 2, running for 2 s',
    )
})

test('a paused group, a turn that has to be waited for and a full window are said', () => {
  expect(said({ attempt: 1 })).toBeUndefined()
  expect(said({ attempt: 1 }, { paused: true })).toBe(
    'partition 3 waits for key 42 (add_1), attempt 1 of 5, and the group is paused',
  )
  expect(said({ attempt: 1 }, { full: true })).toBe(
    'partition 3 waits for key 42 (add_1), attempt 1 of 5, which has to wait for its turn; it takes nothing more until then',
  )
})

test.each([
  [-5, '0 s'],
  [119_000, '119 s'],
  [300_000, '5 min'],
  [10_800_000, '3 h'],
])('%d ms are %s', (ms, text) => expect(duration(ms)).toBe(text))
