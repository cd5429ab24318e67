import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Slots } from '../../../consumers/callbacks/slots.ts'

const signal = new AbortController().signal

test('no more than so many hold a slot, and those that wait enter in their order', async () => {
  const run = fc.asyncProperty(
    fc.integer({ min: 1, max: 4 }),
    fc.nat(12),
    fc.scheduler(),
    async (count, users, scheduler) => {
      const slots = new Slots(count)
      const entered: number[] = []
      let [inside, most] = [0, 0]
      const all = Promise.all(
        Array.from({ length: users }, async (_, user) => {
          await slots.take(signal)
          entered.push(user)
          most = Math.max(most, ++inside)
          await scheduler.schedule(Promise.resolve())
          inside -= 1
          slots.release()
        }),
      )
      await scheduler.waitFor(all)
      expect(entered).toEqual(Array.from({ length: users }, (_, user) => user))
      expect(most).toBe(Math.min(count, users))
    },
  )
  await fc.assert(run, { numRuns: 50 })
})

test('one that gives up while it waits leaves the queue at once and takes nothing with it', async () => {
  const slots = new Slots(1)
  await slots.take(signal)
  const impatient = new AbortController()
  const left = slots.take(impatient.signal)
  const stayed = slots.take(signal)
  impatient.abort(new Error('had enough'))
  await expect(left).rejects.toThrow('had enough')
  slots.release()
  await stayed
  slots.release()
  await slots.take(signal)
})

test('a signal that has aborted already takes no slot', async () => {
  const slots = new Slots(1)
  await expect(slots.take(AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late')
  await slots.take(signal)
})
