// The event loop is really blocked here, for a little more than a second each time.
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test, vi } from 'vitest'
import { defaultRetry } from '../../../app/retry.ts'
import { type Attempted, LoopWatch } from '../../../consumers/loopWatch.ts'
import { type PipelineOptions, pipeline } from '../../../consumers/pipeline.ts'
import { systemClock } from '../../../process/clock.ts'
import { testContext } from '../../../testing/testContext.ts'

const blockingMs = 1_400

function block(): void {
  const endMs = performance.now() + blockingMs
  while (performance.now() < endMs);
}

/** A watch, and a pipeline that is watched: `handle` runs a handler through it. */
function watched(running: readonly Attempted[] = []) {
  const { log: logger, logged } = testContext()
  const loop = new LoopWatch({ logger })
  const watching = loop.start(() => running)
  onTestFinished(() => watching[Symbol.dispose]())
  const handle = (id: string, handler: () => Promise<void>) => {
    const options: PipelineOptions<unknown, void, void> = {
      ...{ group: 'g', decode: () => undefined, handler, conclude: async () => undefined, timeoutMs: 60_000 },
      ...{ retry: { ...defaultRetry, attempts: 1 }, clock: systemClock, logger, resources: undefined, loop },
    }
    const record = { topic: 't', partition: 0, offset: 0n, timestampMs: 0, key: null, value: null, headers: new Map() }
    return pipeline(options)({
      message: { record, attempt: 2, signal: new AbortController().signal },
      attributes: { id, run: 1, own: {} } as never,
    })
  }
  const said = async () => {
    await vi.waitFor(() => expect(logged).not.toEqual([]), { timeout: 5_000 })
    return logged.map(({ level, event, fields }) => ({ level, event, ...fields }))
  }
  return { handle, said, logged }
}

test('a handler that computes before its first await is named, with how long it took', async () => {
  const { handle, said } = watched([{ group: 'g', id: 'innocent', attempt: 1 }])
  const idle = handle('idle', () => sleep(2_000))
  void handle('busy', async () => {
    block()
    await sleep(3_000)
  })
  const lines = await said()
  expect(lines).toEqual([
    {
      level: 'warn',
      event: 'eventLoop.blocked',
      ...{ group: 'g', id: 'busy', attempt: 2, blockedMs: expect.any(Number) },
      why: expect.stringContaining("isolate: 'thread'"),
    },
  ])
  expect((lines[0] as { blockedMs?: number }).blockedMs).toBeGreaterThanOrEqual(blockingMs)
  await idle
})

test('one that computes after an await is among those that ended in that turn or still run', async () => {
  const running = [{ group: 'g', id: 'running', attempt: 1 }]
  const { handle, said } = watched(running)
  const busy = handle('busy', async () => {
    await sleep(5)
    block()
  })
  await Promise.all([busy, handle('ended-before', async () => undefined)])
  expect(await said()).toMatchObject([
    { event: 'eventLoop.blocked', oneOf: [{ group: 'g', id: 'busy', attempt: 2 }, ...running] },
  ])
})

test('a busy loop that turns is no blocked one', async () => {
  const { handle, logged } = watched()
  const endMs = performance.now() + 2_000
  await handle('busy', async () => {
    while (performance.now() < endMs) {
      const turnMs = performance.now() + 50
      while (performance.now() < turnMs);
      await sleep(0)
    }
  })
  await sleep(300)
  expect(logged).toEqual([])
})
