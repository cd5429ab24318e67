import { expect, test } from 'vitest'
import { readCommitMetadata } from '../../../consumers/commitMetadata.ts'
import { Partition } from '../../../consumers/partition.ts'
import { Scheduler, type Step } from '../../../consumers/scheduler.ts'
import { Turn, type TurnOptions } from '../../../consumers/turn.ts'
import { manualClock } from '../../../testing/manualClock.ts'

/** A partition whose holders have ended twice without having moved on. */
function suspicious(topic: string): Partition {
  const lane = new Scheduler({ concurrency: 1, clock: manualClock() }).lane()
  const partition = new Partition({ topic, partition: 0 }, { lane, saysBeyond: true, process: 1 })
  partition.begin(0n, { done: [], retried: [], custody: { released: false, unclean: 1, process: 2 } }, 10n)
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
  const run = (partition: Partition, options: TurnOptions) =>
    new Promise<Step>((resolve) => turn.run(partition, 0n, options, resolve))
  const first = run(one, {
    tell: async () => {
      story.push(saidOf(one))
      if (story.includes('ran')) await told.promise
    },
    run: (onEnd) => {
      story.push('ran')
      onEnd({ kind: 'again', afterMs: 0 })
    },
  })
  const second = () => run(other, { tell: async () => undefined, run: (onEnd) => onEnd({ kind: 'done' }) })
  await expect.poll(() => story).toEqual(['one runs', 'ran', 'none runs'])
  expect(await second()).toMatchObject({ kind: 'again' })
  told.resolve()
  await first
  expect(await second()).toEqual({ kind: 'done' })
})

test('where nothing is left to do nobody is suspected, however often holders have ended there', () => {
  const lane = new Scheduler({ concurrency: 1, clock: manualClock() }).lane()
  const partition = new Partition({ topic: 'idle', partition: 0 }, { lane, saysBeyond: true, process: 1 })
  partition.begin(10n, { done: [], retried: [], custody: { released: false, unclean: 7, process: 2 } }, 10n)
  const { offset, metadata } = partition.unsaved()!
  expect(readCommitMetadata(offset, metadata)?.custody).toEqual({ released: false, unclean: 0, process: 1 })
})
