import { getEventListeners } from 'node:events'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { systemClock } from '../../../process/clock.ts'

const dayMs = 86_400_000

describe('the system clock', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
  afterEach(() => void vi.useRealTimers())

  test('acts once, after the delay and not before', () => {
    const action = vi.fn()
    systemClock.after(100, action)
    vi.advanceTimersByTime(99)
    expect(action).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1_000)
    expect(action).toHaveBeenCalledOnce()
  })

  test('does not act once it has been disposed of', () => {
    const action = vi.fn()
    systemClock.after(100, action)[Symbol.dispose]()
    vi.advanceTimersByTime(1_000)
    expect(action).not.toHaveBeenCalled()
    expect(vi.getTimerCount()).toBe(0)
  })

  test('keeps a delay that is longer than a timer can be', () => {
    const action = vi.fn()
    const disposed = vi.fn()
    systemClock.after(60 * dayMs, action)
    const timer = systemClock.after(60 * dayMs, disposed)
    vi.advanceTimersByTime(60 * dayMs - 1)
    expect(action).not.toHaveBeenCalled()
    timer[Symbol.dispose]()
    vi.advanceTimersByTime(1)
    expect(action).toHaveBeenCalledOnce()
    expect(disposed).not.toHaveBeenCalled()
  })
})

describe('sleeping', () => {
  test('ends after its time', async () => {
    const beganMs = performance.now()
    await systemClock.sleep(20, new AbortController().signal)
    expect(performance.now() - beganMs).toBeGreaterThan(18)
  })

  test('ends with the signal’s own reason, and leaves no listener behind', async () => {
    const controller = new AbortController()
    const sleeping = systemClock.sleep(60 * dayMs, controller.signal)
    const reason = new Error('enough')
    controller.abort(reason)
    await expect(sleeping).rejects.toBe(reason)
    await expect(systemClock.sleep(0, controller.signal)).rejects.toBe(reason)
    expect(getEventListeners(controller.signal, 'abort')).toEqual([])
  })
})
