import { expect, test } from 'vitest'
import { defaultRetry, type RetryPolicy } from '../../../app/retry.ts'
import { type Message, tries } from '../../../consumers/message.ts'
import { Partition } from '../../../consumers/partition.ts'
import { Scheduler, type Step } from '../../../consumers/scheduler.ts'
import { snapshot } from '../../../consumers/snapshot.ts'
import { newJourney } from '../../../kafka/journey.ts'
import { underChance } from '../../../process/chance.ts'
import { silentLog } from '../../../process/log.ts'
import { manualClock } from '../../../testing/manualClock.ts'

const startMs = 1_900_000_000_000
const at = { topic: 'work.retry', partition: 0 }
const record = { ...at, offset: 7n, timestampMs: startMs, key: null, value: null, headers: new Map() }

/** A copy of what has failed twice before it, in a partition whose owner before has tried it so often. */
function takenOver(attempts: number, retry: RetryPolicy) {
  const clock = manualClock(startMs)
  const scheduler = new Scheduler({ concurrency: 1, clock })
  const partition = new Partition(at, { lane: scheduler.lane(), saysBeyond: true })
  const retried = attempts > 0 ? [{ offset: 7n, attempts, firstFailedAtMs: startMs - 5_000 }] : []
  partition.begin(7n, { done: [], retried })
  const inHand = partition.take(record, null, { ...newJourney(record), attempts: 2, firstFailedAtMs: startMs - 9_000 })!
  const messages: Message[] = []
  const handle = async (message: Message) => {
    messages.push(message)
    return { kind: 'done' } as const
  }
  const run = tries({ handle, retry, logger: silentLog, clock, onDone: () => undefined })(partition, record, inHand)
  const step = (): Promise<Step> =>
    underChance(
      () => 0.999,
      () => new Promise<Step>(run),
    )
  return { messages, step, told: () => snapshot({ state: 'joined', scheduler, partitions: [partition] }) }
}

test('what has failed with the owner before waits as its policy says, in place, and then goes on counting', async () => {
  const policy = { ...defaultRetry, firstWaitMs: 1_000, maxWaitMs: 60_000 }
  const short = takenOver(1, policy)
  expect(await short.step()).toEqual({ kind: 'again', afterMs: 3_996 }) // after the third attempt of its round
  expect(await short.step()).toMatchObject({ kind: 'done' })
  expect(short.messages).toMatchObject([{ attempt: 4, firstFailedAtMs: startMs - 9_000 }])
  const long = takenOver(4, policy)
  expect(await long.step()).toEqual({ kind: 'again', afterMs: 10_000 })
})

test('a copy that nobody has tried since it came back is tried at once, and reports say which attempt that is', async () => {
  const { messages, step, told } = takenOver(0, defaultRetry)
  expect(told().partitions).toMatchObject([{ lowest: { attempt: 3 } }])
  expect(await step()).toMatchObject({ kind: 'done' })
  expect(messages).toMatchObject([{ attempt: 3, firstFailedAtMs: startMs - 9_000, journey: { attempts: 2 } }])
})
