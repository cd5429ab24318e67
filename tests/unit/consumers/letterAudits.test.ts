// What a list says of who has done what to a group's letters.
import { expect, test } from 'vitest'
import { manualClock } from '../../../testing/manualClock.ts'
import { all, memoryDesk, somebody } from './memoryDesk.ts'

test('a list tells who has done what to which letters, the newest first, and the last ten alone', async () => {
  const errand = await memoryDesk()
  for (let n = 0; n < 11; n += 1) {
    await errand.die({ ...errand.request(), code: `c${n}` })
    const [filter, how] = [{ code: `c${n}` }, { ...somebody, by: `b${n}` }]
    if (n < 10) await all(errand.desk.redrive('workers.add', filter, how))
    else await all(errand.desk.skip('workers.add', filter, how))
  }
  const [list] = await errand.desk.list('workers.add', {}, { limit: 0 })
  expect(list?.audits).toHaveLength(10)
  expect(list?.audits[0]).toMatchObject({ verb: 'skip', by: 'b10', filter: '{"code":"c10"}', letters: 1 })
  expect(list?.audits[9]).toMatchObject({ verb: 'redrive', by: 'b1', filter: '{"code":"c1"}', letters: 1 })
})

test('a redrive of several transactions is told once, with all that it has sent', async () => {
  const clock = manualClock()
  const errand = await memoryDesk(clock)
  for (let n = 0; n < 5; n += 1) await errand.die(errand.request())
  let hasEnded = false
  const redriving = all(errand.desk.redrive('workers.add', {}, { ...somebody, perSecond: 2 })).finally(() => {
    hasEnded = true
  })
  while (!hasEnded) await clock.advance(1_000)
  expect((await redriving).filter(({ kind }) => kind === 'redriven')).toHaveLength(3)
  const [list] = await errand.desk.list('workers.add', {}, { limit: 0 })
  expect(list?.audits).toMatchObject([{ verb: 'redrive', filter: '{}', letters: 5 }])
})
