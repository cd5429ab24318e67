import { describe, expect, test } from 'vitest'
import { attempt } from '../../../consumers/attempt.ts'
import { throttled } from '../../../consumers/progress.ts'
import { manualClock } from '../../../testing/manualClock.ts'

const never = new AbortController().signal

describe('an attempt', () => {
  test('ends as its handler does', async () => {
    const clock = manualClock()
    const options = { timeoutMs: 100, signal: never, clock }
    expect(await attempt(async () => 7, options)).toEqual({ kind: 'returned', value: 7 })
    const error = new Error('no')
    expect(await attempt(() => Promise.reject(error), options)).toEqual({ kind: 'threw', error })
    expect(
      await attempt(() => {
        throw error
      }, options),
    ).toEqual({ kind: 'threw', error })
  })

  test('a handler that heeds its signal ends at the timeout', async () => {
    const clock = manualClock()
    const running = attempt(
      (signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      { timeoutMs: 100, signal: never, clock },
    )
    await clock.advance(100)
    expect(await running).toEqual({ kind: 'timedOut' })
  })

  test('a handler that ignores its signal loses its slot after the grace period, and its late result is discarded', async () => {
    const clock = manualClock()
    const late = Promise.withResolvers<string>()
    const running = attempt(() => late.promise, { timeoutMs: 100, graceMs: 50, signal: never, clock })
    await clock.advance(149)
    await clock.advance(1)
    expect(await running).toEqual({ kind: 'timedOut' })
    late.resolve('too late')
  })

  test('a handler that still returns within the grace period has done its work', async () => {
    const clock = manualClock()
    const late = Promise.withResolvers<string>()
    const running = attempt(() => late.promise, { timeoutMs: 100, graceMs: 50, signal: never, clock })
    await clock.advance(120)
    late.resolve('done')
    expect(await running).toEqual({ kind: 'returned', value: 'done' })
  })

  test('does not begin when its message is aborted already', async () => {
    let began = false
    const work = async () => {
      began = true
    }
    const end = await attempt(work, { timeoutMs: 100, signal: AbortSignal.abort(), clock: manualClock() })
    expect({ began, end }).toEqual({ began: false, end: { kind: 'aborted' } })
  })

  test('a message whose partition has moved concludes nothing', async () => {
    const clock = manualClock()
    const outer = new AbortController()
    const running = attempt(
      (signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      { timeoutMs: 100, signal: outer.signal, clock },
    )
    outer.abort()
    expect(await running).toEqual({ kind: 'aborted' })
  })
})

describe('progress', () => {
  test('two reports a second leave, and of a burst the newest', async () => {
    const clock = manualClock()
    const sent: number[] = []
    using report = throttled(({ fraction }) => sent.push(fraction), clock)
    for (const fraction of [0.1, 0.2, 0.3]) report({ fraction })
    expect(sent).toEqual([0.1])
    await clock.advance(500)
    expect(sent).toEqual([0.1, 0.3])
    await clock.advance(500)
    report({ fraction: 0.4 })
    expect(sent).toEqual([0.1, 0.3, 0.4])
  })
})
