import { expect, test } from 'vitest'
import type { Clock } from '../../../process/clock.ts'
import { Deadlines } from '../../../producers/deadlines.ts'
import { Parcel } from '../../../producers/parcel.ts'

/** Timers that fire when the test says so, as early as it likes. */
function handTimers() {
  const timers: { action: () => void; isSet: boolean }[] = []
  const clock: Clock = {
    now: () => 0,
    sleep: () => Promise.reject(new Error('nobody sleeps here')),
    after: (_delayMs, action) => {
      const timer = { action, isSet: true }
      timers.push(timer)
      const unset = (): void => {
        timer.isSet = false
      }
      return { [Symbol.dispose]: unset }
    },
  }
  return { clock, timers }
}

const parcel = (): Parcel => {
  const made = new Parcel('topic', { key: null, value: null, headers: new Map() }, { kind: 'turn' }, () => undefined)
  made.answer.catch(() => undefined)
  return made
}

test('sends of one deadline share a timer, which goes when the last of them has ended in time', () => {
  const { clock, timers } = handTimers()
  const deadlines = new Deadlines(clock)
  const [one, other] = [deadlines.add(parcel(), 100), deadlines.add(parcel(), 100)]
  expect(timers).toHaveLength(1)
  one()
  one()
  expect(timers[0]!.isSet).toBe(true)
  other()
  expect(timers[0]!.isSet).toBe(false)
})

test('what ends late, after its timer was early, leaves a new deadline of the same time alone', async () => {
  const { clock, timers } = handTimers()
  const deadlines = new Deadlines(clock)
  const early = deadlines.add(parcel(), 100)
  timers[0]!.action()
  const waits = parcel()
  deadlines.add(waits, 100)
  early()
  expect(timers.map(({ isSet }) => isSet)).toEqual([false, true])
  timers[1]!.action()
  await expect(waits.answer).rejects.toMatchObject({ code: 'outcome-unknown' })
})
