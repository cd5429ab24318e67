import { describe, expect, test } from 'vitest'
import { standardWaitsMs } from '../../../app/callbacks.ts'
import { ErrandError } from '../../../app/errors.ts'
import { newJourney } from '../../../kafka/journey.ts'
import type { Signing } from '../../../process/clients.ts'
import { active, deliver, failed, record } from './delivering.ts'

describe('a callback', () => {
  test('that is taken is sent once, and recorded', async () => {
    const { recorded, letters, sent } = await deliver(() => ({ kind: 'delivered', statusCode: 204 }))
    expect([sent.length, letters]).toEqual([1, []])
    expect(recorded).toMatchObject([{ status: 'delivered', attempt: 1, statusCode: 204, nextAttemptAt: null }])
  })

  test('that nobody takes is tried on the schedule of Standard Webhooks, then failed and a dead letter', async () => {
    const { recorded, letters, sent, putOff } = await deliver(() => failed())
    const gapsMs = sent.slice(1).map(({ atMs }, index) => atMs - sent[index]!.atMs)
    expect(gapsMs).toEqual(standardWaitsMs)
    expect([sent[0]?.atMs, sent.length]).toEqual([0, 10])
    expect(putOff.every(({ counted }) => counted)).toBe(true)
    expect(recorded.map(({ status }) => status)).toEqual([...Array(9).fill('delivering'), 'failed'])
    expect(recorded.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    expect(recorded.map(({ nextAttemptAt }) => nextAttemptAt?.getTime() ?? null)).toEqual([
      ...putOff.map(({ dueMs }) => dueMs),
      null,
    ])
    expect(letters).toMatchObject([{ code: 'callback-failed' }])
    expect(sent.map(({ headers }) => headers['webhook-id'])).toEqual(Array(10).fill('req_1.1'))
  })

  test('is told which attempt it is, of how many, and before when there is none', async () => {
    const { sent } = await deliver(() => failed(), { waitsMs: [200, 1_000] })
    expect(
      sent.map(({ headers }) =>
        ['errand-attempt', 'errand-attempts', 'errand-next-attempt'].map((name) => headers[name]),
      ),
    ).toEqual([
      ['1', '3', '1970-01-01T00:00:00.200Z'],
      ['2', '3', '1970-01-01T00:00:01.200Z'],
      ['3', '3', undefined],
    ])
  })

  test('is tried again after half of each wait at the earliest, from when the attempt has ended', async () => {
    const { sent } = await deliver(() => failed(), { takesMs: 15_000, random: 0 })
    const gapsMs = sent.slice(1).map(({ atMs }, index) => atMs - sent[index]!.atMs - 15_000)
    expect(gapsMs).toEqual(standardWaitsMs.map((waitMs) => waitMs / 2))
  })

  test('waits for as long as the receiver asks, up to an hour, and never for less than the schedule says', async () => {
    const asked = async (retryAfterMs: number, waitMs: number) => {
      const { sent } = await deliver(
        (attempt) => (attempt === 1 ? failed({ retryAfterMs }) : { kind: 'delivered', statusCode: 200 }),
        { waitsMs: [waitMs] },
      )
      return sent[1]?.atMs
    }
    expect(await asked(60_000, 5_000)).toBe(60_000)
    expect(await asked(1_000, 5_000)).toBe(5_000)
    expect(await asked(86_400_000, 5_000)).toBe(3_600_000)
    expect(await asked(60_000, 7_200_000)).toBe(7_200_000)
  })

  test('that is crowded out is put off, and that is no attempt', async () => {
    const { sent, putOff, recorded } = await deliver((time) =>
      time < 3 ? { kind: 'crowded', afterMs: 4_000 } : { kind: 'delivered', statusCode: 200 },
    )
    expect(putOff).toEqual([
      { dueMs: 4_000, counted: false },
      { dueMs: 8_000, counted: false },
    ])
    expect(sent.map(({ headers }) => headers['errand-attempt'])).toEqual(['1', '1', '1'])
    expect(recorded).toMatchObject([{ attempt: 1, status: 'delivered' }])
  })

  test('that was redriven begins a round anew, and goes on counting', async () => {
    const journey = { ...newJourney(record), redrives: 1, attemptsBefore: 10 }
    const { sent, recorded, letters } = await deliver(() => failed(), { journey, waitsMs: [200, 1_000] })
    expect(sent.map(({ atMs }) => atMs)).toEqual([0, 200, 1_200])
    expect(recorded.map(({ attempt }) => attempt)).toEqual([11, 12, 13])
    expect(sent.map(({ headers }) => [headers['errand-attempt'], headers['errand-attempts']])).toEqual([
      ['11', '13'],
      ['12', '13'],
      ['13', '13'],
    ])
    expect(letters).toMatchObject([{ code: 'callback-failed' }])
  })

  test('that has had more attempts than there are by now gets this one more', async () => {
    const journey = { ...newJourney(record), attempts: 5 }
    const { sent, recorded } = await deliver(() => failed(), { journey, waitsMs: [] })
    expect([sent.length, recorded.at(-1)?.status]).toEqual([1, 'failed'])
  })

  test('that was sent but cannot be recorded for good is not sent again', async () => {
    const refusing = async () => {
      throw new ErrandError('append-refused', 'never')
    }
    const { sent } = await deliver(() => ({ kind: 'delivered', statusCode: 200 }), { record: refusing })
    expect(sent).toHaveLength(1)
  })

  test.each([failed(), { kind: 'crowded', afterMs: 4_000 } as const])(
    'that its tier refuses for good is failed and a dead letter, and is not sent again: $kind',
    async (outcome) => {
      const postpone = async () => {
        throw new ErrandError('append-refused', 'never')
      }
      const { sent, recorded, letters } = await deliver(() => outcome, { postpone })
      expect(sent).toHaveLength(1)
      expect(recorded.at(-1)).toMatchObject({ status: 'failed', attempt: 1, nextAttemptAt: null })
      expect(letters).toEqual([{ code: 'append-refused', message: 'never' }])
    },
  )

  test('to a URL that is gone or not allowed is not tried again', async () => {
    expect((await deliver(() => ({ kind: 'gone' }))).recorded).toMatchObject([{ status: 'failed', statusCode: 410 }])
    expect((await deliver(() => ({ kind: 'blocked', reason: 'private' }))).recorded).toMatchObject([
      { status: 'blocked', reason: 'private' },
    ])
  })

  test('of a client that has been revoked is not sent any more, and says so', async () => {
    const signing = (attempt: number): Signing => (attempt < 3 ? active : { kind: 'revoked' })
    const { sent, recorded, letters } = await deliver(() => failed(), { signing })
    expect(sent).toHaveLength(2)
    expect(recorded.map(({ status }) => status)).toEqual(['delivering', 'delivering', 'disabled'])
    expect([recorded.at(-1)?.reason, letters]).toEqual(['the client has been revoked', []])
  })

  test.each(['unknown', 'unreadable'] as const)(
    'of a client that is %s waits for it, and then is a dead letter',
    async (kind) => {
      const never = await deliver(() => failed(), { signing: () => ({ kind }) })
      expect([never.sent, never.recorded.at(-1)?.status]).toEqual([[], 'failed'])
      expect(never.letters).toMatchObject([{ code: 'callback-failed' }])
      const soon = await deliver(() => ({ kind: 'delivered', statusCode: 200 }), {
        signing: (attempt) => (attempt === 1 ? { kind } : active),
      })
      expect([soon.sent.length, soon.letters]).toEqual([1, []])
    },
  )

  test('whose secret is replaced between two attempts is the same but for its signatures (I5)', async () => {
    const both: Signing = {
      kind: 'active',
      secrets: [`whsec_${Buffer.alloc(32, 2).toString('base64')}`, active.secrets[0]],
    }
    const { sent } = await deliver((attempt) => (attempt === 1 ? failed() : { kind: 'delivered', statusCode: 200 }), {
      signing: (attempt) => (attempt === 1 ? active : both),
    })
    const [first, second] = sent.map(({ headers }) => headers)
    expect(second?.['webhook-id']).toBe(first?.['webhook-id'])
    expect(sent[1]?.body).toEqual(sent[0]?.body)
    expect([first, second].map((headers) => headers?.['webhook-signature']?.split(' ').length)).toEqual([1, 2])
  })
})
