import { getEventListeners } from 'node:events'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { manualClock } from '../../../testing/manualClock.ts'

const delays = fc.array(fc.nat(1_000), { maxLength: 30 })

describe('a manual clock', () => {
  test('wakes everyone who is due in the order of their times, each at its own', async () => {
    await fc.assert(
      fc.asyncProperty(delays, fc.nat(1_000), fc.nat(1e12), async (delaysMs, byMs, startMs) => {
        const clock = manualClock(startMs)
        const woken: { atMs: number; index: number }[] = []
        delaysMs.forEach((delayMs, index) => {
          clock.after(delayMs, () => woken.push({ atMs: clock.now() - startMs, index }))
        })
        await clock.advance(byMs)
        const due = delaysMs.map((atMs, index) => ({ atMs, index })).filter(({ atMs }) => atMs <= byMs)
        expect(woken).toEqual(due.toSorted((one, other) => one.atMs - other.atMs || one.index - other.index))
        expect(clock.now()).toBe(startMs + byMs)
      }),
    )
  })

  test('leaps to who waits for long; who waits for little is woken then, and once', async () => {
    const clock = manualClock()
    const woken: string[] = []
    const again = (): Disposable =>
      clock.after(250, () => {
        woken.push(`little ${clock.now()}`)
        again()
      })
    again()
    expect(await clock.leap(1_000)).toBe(false)
    const over = clock.after(5_000, () => woken.push('never'))
    clock.after(3_600_000, () => woken.push(`long ${clock.now()}`))
    over[Symbol.dispose]()
    expect(await clock.leap(1_000)).toBe(true)
    expect(woken).toEqual(['little 3600000', 'long 3600000'])
    await clock.advance(250)
    expect(woken.at(-1)).toBe('little 3600250')
  })

  test('moves as far in many steps as in one', async () => {
    await fc.assert(
      fc.asyncProperty(delays, fc.array(fc.nat(300), { minLength: 1, maxLength: 8 }), async (delaysMs, steps) => {
        const wokenBy = async (moves: readonly number[]) => {
          const clock = manualClock()
          const atMs: number[] = []
          for (const delayMs of delaysMs) clock.after(delayMs, () => atMs.push(clock.now()))
          for (const move of moves) await clock.advance(move)
          return [clock.now(), ...atMs]
        }
        expect(await wokenBy(steps)).toEqual(await wokenBy([steps.reduce((sum, step) => sum + step, 0)]))
      }),
    )
  })

  test('wakes who begins to wait while it moves, when that time falls within', async () => {
    const clock = manualClock()
    const atMs: number[] = []
    const tick = async (): Promise<void> => {
      for (;;) {
        await clock.sleep(30)
        atMs.push(clock.now())
      }
    }
    void tick()
    await clock.advance(100)
    expect(atMs).toEqual([30, 60, 90])
    await clock.advance(20)
    expect(atMs).toEqual([30, 60, 90, 120])
  })

  test('moves by the sum when it is moved twice at once', async () => {
    const clock = manualClock()
    await Promise.all([clock.advance(10), clock.advance(20)])
    expect(clock.now()).toBe(30)
  })

  test('does not wake what was disposed of', async () => {
    const clock = manualClock()
    const woken: string[] = []
    const timer = clock.after(10, () => woken.push('disposed'))
    clock.after(5, () => timer[Symbol.dispose]())
    await clock.advance(20)
    expect(woken).toEqual([])
  })

  test('rejects a sleeper with the signal’s reason, and leaves no listener behind', async () => {
    const clock = manualClock()
    const { signal, abort } = abortable()
    const slept = clock.sleep(10, signal)
    await clock.advance(10)
    await slept
    const sleeping = clock.sleep(10, signal)
    const reason = new Error('enough')
    abort(reason)
    await expect(sleeping).rejects.toBe(reason)
    await expect(clock.sleep(0, signal)).rejects.toBe(reason)
    expect(getEventListeners(signal, 'abort')).toEqual([])
    await clock.advance(100)
  })

  test('does not move back', async () => {
    await expect(manualClock().advance(-1)).rejects.toThrow('time does not move by -1 ms')
  })
})

const abortable = () => {
  const controller = new AbortController()
  return { signal: controller.signal, abort: (reason: Error) => controller.abort(reason) }
}
