import { describe, expect, test } from 'vitest'
import { ErrandError } from '../../../app/errors.ts'
import { dispatcher } from '../../../consumers/callbacks/dispatcher.ts'
import type { PostOutcome } from '../../../consumers/callbacks/post.ts'
import type { Message } from '../../../consumers/message.ts'
import type { Cause } from '../../../consumers/verdict.ts'
import type { Signing } from '../../../process/clients.ts'
import { silentLog } from '../../../process/log.ts'
import type { Delivery } from '../../../schemas/platform/generated.ts'
import { manualClock } from '../../../testing/manualClock.ts'

const active: Signing & { readonly kind: 'active' } = {
  kind: 'active',
  secrets: [`whsec_${Buffer.alloc(32, 1).toString('base64')}`],
}
const answer = {
  id: 'req_1',
  run: 1,
  type: 'report',
  outcome: 'succeeded',
  finishedAtMs: 0,
  envelope: { client: 'acme' },
} as const
const claim = {
  id: 'req_1',
  run: 1,
  partition: 0,
  offset: 4n,
  url: 'https://example.com/hook',
  body: Buffer.from('{}'),
  claimedAtMs: 0,
}
const record = {
  topic: 'results',
  partition: 0,
  offset: 4n,
  timestampMs: 0,
  key: null,
  value: null,
  headers: new Map(),
}

/** Dispatches until it is done, as the member would; time passes as it is told to wait, and `takesMs` an attempt. */
async function deliver(
  outcomes: (attempt: number) => PostOutcome,
  {
    takesMs = 0,
    signing = () => active,
    record: recordingOf,
  }: { takesMs?: number; signing?: (attempt: number) => Signing; record?: () => Promise<void> } = {},
) {
  const clock = manualClock()
  const startMs = clock.now()
  const recorded: Delivery[] = []
  const letters: Cause[] = []
  const sent: {
    readonly atMs: number
    readonly headers: Readonly<Record<string, string>>
    readonly body: Buffer
    readonly timeoutMs: number
  }[] = []
  const dispatch = dispatcher({
    clients: { signing: async () => signing(message.attempt) },
    poster: {
      post: async ({ headers, body, timeoutMs = 0 }) => {
        sent.push({ atMs: clock.now() - startMs, headers, body, timeoutMs })
        await clock.advance(takesMs)
        return outcomes(sent.length)
      },
      close: () => Promise.resolve(),
    },
    deliveries: { record: recordingOf ?? (async (_, delivery) => void recorded.push(delivery)) },
    letters: { write: async (_, cause) => void letters.push(cause) },
    clock,
    logger: silentLog,
  })
  let message: Message = { record, attempt: 1, signal: new AbortController().signal }
  for (let attempt = 1; ; attempt += 1) {
    message = { ...message, attempt }
    const step = await dispatch(message, answer, claim)
    if (step.kind === 'done') return { recorded, letters, sent }
    await clock.advance(step.afterMs)
  }
}

const failed = (rest: object = {}): PostOutcome => ({
  kind: 'failed',
  reason: 'it answered 500',
  statusCode: 500,
  ...rest,
})

describe('a callback', () => {
  test('that is taken is sent once, and recorded', async () => {
    const { recorded, letters, sent } = await deliver(() => ({ kind: 'delivered', statusCode: 204 }))
    expect([sent.length, letters]).toEqual([1, []])
    expect(recorded).toMatchObject([{ status: 'delivered', attempt: 1, statusCode: 204, nextAttemptAt: null }])
  })

  test('that nobody takes is tried five times within thirty seconds, then failed and a dead letter', async () => {
    const { recorded, letters, sent } = await deliver(() => failed())
    expect(sent.map(({ atMs }) => atMs)).toEqual([0, 500, 1_500, 3_500, 7_500])
    expect(recorded.map(({ status }) => status)).toEqual([
      'delivering',
      'delivering',
      'delivering',
      'delivering',
      'failed',
    ])
    expect(recorded.map(({ nextAttemptAt }) => nextAttemptAt !== null)).toEqual([true, true, true, true, false])
    expect(letters).toMatchObject([{ code: 'callback-failed' }])
    expect(sent.map(({ headers }) => headers['webhook-id'])).toEqual(Array(5).fill('req_1.1'))
  })

  test('to a receiver that hangs ends within thirty seconds all the same', async () => {
    const { sent, recorded } = await deliver(() => failed(), { takesMs: 4_500 })
    const last = sent.at(-1)!
    expect(last.atMs + last.timeoutMs).toBeLessThanOrEqual(30_000)
    expect(recorded.at(-1)).toMatchObject({ status: 'failed' })
  })

  test('waits for as long as the receiver asks, within the schedule', async () => {
    const { sent } = await deliver((attempt) =>
      attempt === 1 ? failed({ retryAfterMs: 3_000 }) : { kind: 'delivered', statusCode: 200 },
    )
    expect(sent.map(({ atMs }) => atMs)).toEqual([0, 3_000])
  })

  test('whose receiver asks for a minute is still tried five times', async () => {
    const { sent, letters } = await deliver(() => failed({ retryAfterMs: 60_000 }))
    expect([sent.length, letters.length]).toEqual([5, 1])
  })

  test('that was sent but cannot be recorded for good is not sent again', async () => {
    const refusing = async () => {
      throw new ErrandError('append-refused', 'never')
    }
    const { sent } = await deliver(() => ({ kind: 'delivered', statusCode: 200 }), { record: refusing })
    expect(sent).toHaveLength(1)
  })

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
