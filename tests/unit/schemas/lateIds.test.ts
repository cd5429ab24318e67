// Ids of schemas that are registered late, as encoders ask for them.
import { expect, test } from 'vitest'
import { LateIds } from '../../../schemas/registry/lateIds.ts'
import { manualClock } from '../../../testing/manualClock.ts'
import { testContext } from '../../../testing/testContext.ts'

const work = { name: 'Work', schema: { type: 'record', name: 'Work', fields: [] } } as const

function rig() {
  const asked: PromiseWithResolvers<number | undefined>[] = []
  const idOf = (): Promise<number | undefined> => {
    const answer = Promise.withResolvers<number | undefined>()
    asked.push(answer)
    return answer.promise
  }
  const clock = manualClock()
  const late = new LateIds({ registry: { idOf }, clock, log: testContext().log })
  return { late, asked, clock }
}

test('whoever asks while another is asking waits for the same answer', async () => {
  const { late, asked, clock } = rig()
  let answered = 0
  const both = [late.of('work-value', work), late.of('work-value', work)].map(async (asking) => {
    const id = await asking
    answered += 1
    return id
  })
  await clock.advance(0)
  expect([asked.length, answered]).toEqual([1, 0])
  asked[0]?.resolve(7)
  expect((await Promise.all(both)).map((id) => id())).toEqual([7, 7])
})

test('it is asked for again every two seconds, however many need it', async () => {
  const { late, asked, clock } = rig()
  const made = late.of('work-value', work)
  asked[0]?.resolve(undefined)
  const id = await made
  for (let again = 0; again < 10; again += 1) expect(id).toThrow('"work-value" does not hold this schema of Work yet')
  expect([late.areMissing(['work-value']), late.areMissing(['other-value']), asked.length]).toEqual([true, false, 1])
  await clock.advance(2_000)
  for (let again = 0; again < 10; again += 1) expect(id).toThrow()
  expect(asked).toHaveLength(2)
  asked[1]?.resolve(7)
  await clock.advance(0)
  expect([id(), late.areMissing(['work-value'])]).toEqual([7, false])
})
