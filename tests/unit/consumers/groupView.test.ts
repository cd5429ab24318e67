// What an operator is shown of a group, from what its processes have told.
import { expect, test } from 'vitest'
import { groupLines, ranges } from '../../../bin/groupLines.ts'
import { type GroupViewOptions, groupView } from '../../../consumers/groupView.ts'
import type { MemberReport } from '../../../consumers/memberReports.ts'
import type { Group } from '../../../kafka/catalogue.ts'

const nowMs = Date.UTC(2030, 0, 1, 14, 2, 0)
const group: Group = {
  ...{ role: 'workers', name: 'add', id: 'stage.workers.add', sources: ['stage.requests.add'] },
  failures: { retry: 'stage.workers.add.retry', dead: 'stage.workers.add.dead', state: 'stage.workers.add.dead.state' },
}
const slow = {
  ...{ topic: 'stage.requests.add', partition: 0, offset: 7, id: 'add_1', key: '42', attempt: 2 },
  ...{ runningSince: new Date(nowMs - 34_000), nextTryAt: null },
}

const report = (process: string, partition: number, rest: Partial<MemberReport> = {}): MemberReport => ({
  ...{ process, host: 'h', pid: 1, startedAt: new Date(nowMs - 60_000), at: new Date(nowMs - 1_000), isSilent: false },
  groups: [
    {
      ...{ group: group.id, state: 'joined', paused: false, concurrency: 50, running: 1, perSecond: 4.25 },
      partitions: [
        {
          topic: slow.topic,
          partition,
          position: 7,
          inHand: 5,
          full: false,
          oldestAt: new Date(nowMs - 40_000),
          lowest: partition === 0 ? slow : null,
        },
      ],
      working: partition === 0 ? [slow] : [],
      heldUntil: null,
    },
  ],
  ...rest,
})

const lag = (partition: number, end: bigint, oldestAtMs?: number) => ({
  ...{ topic: slow.topic, partition, position: 7n, end, oldestAtMs },
})

/** Of the retry topic, in which nothing is. */
const retryLag = { ...lag(0, 7n), topic: 'stage.workers.add.retry' }

const viewOf = (rest: Partial<GroupViewOptions> = {}) =>
  groupView({
    ...{ group, control: undefined, attempts: 5, nowMs },
    reports: [report('h/1/a', 0), report('h/2/b', 1)],
    lags: [lag(0, 12n, nowMs - 40_000), lag(1, 7n), retryLag],
    ...rest,
  })

test('it shows members, lag in records and seconds, throughput, what is worked on and what blocks', () => {
  expect(viewOf()).toMatchObject({
    name: 'workers.add',
    lag: { records: 5, seconds: 40 },
    perSecond: 8.6,
    members: [
      {
        process: 'h/1/a',
        state: 'joined',
        working: [{ id: 'add_1', key: '42', attempt: 2, attempts: 5, seconds: 34 }],
      },
      { process: 'h/2/b', working: [] },
    ],
    partitions: [
      { process: 'h/1/a', lag: 5 },
      { process: 'h/2/b', lag: 0 },
      { topic: retryLag.topic, process: null, lag: 0 },
    ],
    blocked: ['partition 0 waits for key 42 (add_1), attempt 2 of 5, running for 34 s'],
  })
})

test('a member that has fallen silent works on nothing, holds nothing, and is named where its partitions stand still', () => {
  const silent = report('h/1/a', 0, { isSilent: true, at: new Date(nowMs - 8_000) })
  const view = viewOf({ reports: [silent, report('h/2/b', 1)] })
  expect(view.members.map(({ state, working }) => [state, working.length])).toEqual([
    ['silent', 0],
    ['joined', 0],
  ])
  expect(view.blocked).toEqual(['partition 0: held by nobody now: h/1/a has told nothing for 8 s'])
  expect(view.perSecond).toBe(4.3)
})

test('a group that nobody runs says so', () => {
  expect(viewOf({ reports: [] }).blocked).toEqual(['no process runs this group'])
  expect(viewOf({ reports: [], lags: [lag(0, 7n), retryLag] })).toMatchObject({
    lag: { records: 0, seconds: 0 },
    blocked: [],
  })
})

test('partition numbers are told as ranges', () => {
  expect(ranges([5, 0, 2, 1, 8, 7, 3, 10])).toBe('0-3 5 7-8 10')
  expect(ranges([])).toBe('')
})

test('for a person it is a few lines', () => {
  const silent = report('h/3/c', 1, { isSilent: true, at: new Date(nowMs - 8_000) })
  const view = viewOf({
    control: { paused: true, concurrency: 20, at: new Date(nowMs) },
    reports: [report('h/1/a', 0), silent],
  })
  expect(groupLines([view])).toEqual([
    'workers.add   lag 5 records, the oldest 40 s old   4.3/s   1 member   PAUSED   concurrency set to 20',
    '  h/1/a   joined   1 of 50 at once   4.3/s   stage.requests.add 0',
    '      add_1  key 42  attempt 2 of 5  for 34 s',
    '  h/3/c   silent since 14:01:52: it has died, or cannot reach Kafka',
    '  ! partition 0 waits for key 42 (add_1), attempt 2 of 5, running for 34 s',
  ])
})

test('a member that waits for a dependency says so, and until when', () => {
  const held = (heldUntilMs: number): MemberReport => {
    const { groups, ...rest } = report('h/1/a', 1)
    return { ...rest, groups: groups.map((each) => ({ ...each, heldUntil: new Date(heldUntilMs) })) }
  }
  const view = viewOf({ reports: [held(nowMs + 7_000)] })
  expect(view.members).toMatchObject([{ heldUntil: '2030-01-01T14:02:07.000Z' }])
  expect(groupLines([view])).toContain('  ! h/1/a waits for a dependency until 14:02:07')
  expect(viewOf({ reports: [held(nowMs - 1)] }).blocked).toContain(
    'h/1/a waits for a dependency, until one record has been tried',
  )
})

test('a topic that is not there is told of', () => {
  expect(viewOf({ lags: [lag(0, 12n), lag(1, 7n)] }).blocked).toContain(
    'the topic stage.workers.add.retry is not there; the group works on without it',
  )
})
