// One callback through the dispatcher, to its end: what was sent, recorded and given up.
import { expect } from 'vitest'
import { standardWaitsMs } from '../../../app/callbacks.ts'
import { dispatcher } from '../../../consumers/callbacks/dispatcher.ts'
import type { PostOutcome } from '../../../consumers/callbacks/outcome.ts'
import type { Message } from '../../../consumers/message.ts'
import { journeyAfter, type PutOff } from '../../../consumers/postpone.ts'
import type { Cause } from '../../../consumers/verdict.ts'
import type { Journey } from '../../../kafka/journey.ts'
import { underChance } from '../../../process/chance.ts'
import type { Signing } from '../../../process/clients.ts'
import { silentLog } from '../../../process/log.ts'
import type { Delivery } from '../../../schemas/platform/generated.ts'
import { manualClock } from '../../../testing/manualClock.ts'

export const active: Signing & { readonly kind: 'active' } = {
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
export const record = {
  topic: 'results',
  partition: 0,
  offset: 4n,
  timestampMs: 0,
  key: null,
  value: null,
  headers: new Map(),
}

/** Dispatches until nothing is put off any more; time passes to when the copy is due, and `takesMs` an attempt. */
export async function deliver(
  outcomes: (attempt: number) => PostOutcome,
  {
    takesMs = 0,
    signing = () => active,
    record: recordingOf,
    waitsMs = standardWaitsMs,
    journey,
    random = 1,
    postpone = async () => undefined,
  }: {
    takesMs?: number
    signing?: (attempt: number) => Signing
    record?: () => Promise<void>
    waitsMs?: readonly number[]
    journey?: Journey
    random?: number
    postpone?: () => Promise<void>
  } = {},
) {
  const clock = manualClock()
  const startMs = clock.now()
  const recorded: Delivery[] = []
  const letters: Cause[] = []
  const putOff: PutOff[] = []
  const sent: {
    readonly atMs: number
    readonly headers: Readonly<Record<string, string>>
    readonly body: Buffer
  }[] = []
  const dispatch = dispatcher({
    clients: { signing: async () => signing(message.attempt) },
    poster: {
      post: async ({ headers, body }) => {
        sent.push({ atMs: clock.now() - startMs, headers, body })
        await clock.advance(takesMs)
        return outcomes(sent.length)
      },
      close: () => Promise.resolve(),
    },
    deliveries: { record: recordingOf ?? (async (_, delivery) => void recorded.push(delivery)) },
    letters: { write: async (_, cause) => void letters.push(cause) },
    postpone: async (_, off) => {
      await postpone()
      putOff.push(off)
    },
    waitsMs,
    clock,
    logger: silentLog,
  })
  let message: Message = { record, attempt: 1, signal: new AbortController().signal, ...(journey && { journey }) }
  for (let before = 0; ; before = putOff.length) {
    expect(
      await underChance(
        () => random,
        () => dispatch(message, answer, claim),
      ),
    ).toEqual({ kind: 'done' })
    const last = putOff.at(-1)
    if (!last || putOff.length === before) return { recorded, letters, sent, putOff }
    await clock.advance(last.dueMs - clock.now())
    const { attempts } = journeyAfter(message, last.counted, clock.now())
    message = { ...message, attempt: attempts + 1 }
  }
}

export const failed = (rest: object = {}): PostOutcome => ({
  kind: 'failed',
  reason: 'it answered 500',
  statusCode: 500,
  ...rest,
})
