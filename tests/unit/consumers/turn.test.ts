import { expect, test } from 'vitest'
import { readCommitMetadata } from '../../../consumers/commitMetadata.ts'
import { Partition } from '../../../consumers/partition.ts'
import { Scheduler } from '../../../consumers/scheduler.ts'
import { Turn } from '../../../consumers/turn.ts'
import { manualClock } from '../../../testing/manualClock.ts'

/** A partition whose holders have ended twice without having moved on. */
function suspicious(topic: string): Partition {
  const lane = new Scheduler({ concurrency: 1, clock: manualClock() }).lane()
  const partition = new Partition({ topic, partition: 0 }, lane, true, true)
  partition.begin(0n, { done: [], retried: [], custody: { released: false, unclean: 1 } }, 10n)
  return partition
}

function saidOf(partition: Partition): string {
  const { offset, metadata } = partition.unsaved()!
  return readCommitMetadata(offset, metadata)?.custody?.alone?.runs ? 'one runs' : 'none runs'
}

test('that a suspect has run is told before another may run, also one of another group', async () => {
  const turn = new Turn()
  const [one, other] = [suspicious('one'), suspicious('other')]
  const story: string[] = []
  const told = Promise.withResolvers<void>()
  const first = turn.run(one, 0n, {
    tell: async () => {
      story.push(saidOf(one))
      if (story.includes('ran')) await told.promise
    },
    run: async () => {
      story.push('ran')
      return { kind: 'again', afterMs: 0 }
    },
  })
  const second = () => turn.run(other, 0n, { tell: async () => undefined, run: async () => ({ kind: 'done' }) })
  await expect.poll(() => story).toEqual(['one runs', 'ran', 'none runs'])
  expect(await second()).toMatchObject({ kind: 'again' })
  told.resolve()
  await first
  expect(await second()).toEqual({ kind: 'done' })
})
