// What doctor is told of letters: those that nobody has dealt with, of the newest.
import { expect, test } from 'vitest'
import { openLetters } from '../../../consumers/letters/openLetters.ts'
import { all, memoryDesk, somebody } from './memoryDesk.ts'

const signal = new AbortController().signal

test('open letters are counted with the oldest and the commonest reason; what was dealt with, and doubles, are not', async () => {
  const errand = await memoryDesk()
  const count = () => openLetters(errand.platform, errand.group('workers.add'), { most: 100, signal })
  expect(await count()).toEqual({ open: 0, parked: 0, oldestDiedAtMs: undefined, reasons: [], isPart: false })
  await errand.die({ ...errand.request(), code: 'a', atMs: 5_000 }, 2)
  await errand.die({ ...errand.request(), code: 'b', atMs: 4_000, partition: 1 })
  await errand.die({ ...errand.request(), code: 'b', atMs: 6_000, partition: 2 })
  await errand.die({ ...errand.request(), code: 'old', atMs: 1_000, journey: { redrives: 5 } })
  await errand.die({ ...errand.request(), code: 'gone', atMs: 1_000 })
  await all(errand.desk.skip('workers.add', { code: 'gone' }, somebody))
  await all(errand.desk.redrive('workers.add', { code: 'old' }, somebody))
  expect(await count()).toEqual({
    ...{ open: 3, parked: 1, oldestDiedAtMs: 4_000, isPart: false },
    reasons: [
      { value: 'b', letters: 2 },
      { value: 'a', letters: 1 },
    ],
  })
})

test('only the newest of each partition are looked at, and that is said', async () => {
  const errand = await memoryDesk()
  for (let at = 0; at < 10; at += 1) await errand.die({ ...errand.request(), atMs: at, partition: at % 2 })
  const some = await openLetters(errand.platform, errand.group('workers.add'), { most: 4, signal })
  expect(some).toMatchObject({ open: 4, oldestDiedAtMs: 6, isPart: true })
})
