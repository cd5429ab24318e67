// The check of dead letters, over a log in memory.
import { expect, test } from 'vitest'
import { ErrandError } from '../../../../app/errors.ts'
import { ask, type Examined } from '../../../../bin/doctor/check.ts'
import { letters } from '../../../../bin/doctor/letters.ts'
import { memoryRegistry } from '../../../../schemas/registry/memoryRegistry.ts'
import { manualClock } from '../../../../testing/manualClock.ts'
import { all, type MemoryDesk, memoryDesk, somebody } from '../../consumers/memoryDesk.ts'

const examined = ({ platform }: MemoryDesk, registry: object = platform.registry): Examined =>
  ({ ...platform, kafka: platform.log, registry, appPath: 'app.ts' }) as unknown as Examined

test('each group with open letters is found: how many, how old, of what; and so are parked ones, each with its command', async () => {
  const errand = await memoryDesk(manualClock(7_200_000))
  expect(await ask(letters, examined(errand))).toEqual({ kind: 'fine', says: 'none is open' })
  for (let at = 0; at < 3; at += 1)
    await errand.die({ ...errand.request(), code: at < 2 ? 'a\x1b' : 'b', atMs: at * 1_000 })
  await errand.die({ group: 'subscribers.logs', atMs: 7_190_000, code: 'c' })
  await errand.die({ group: 'callbacks', journey: { redrives: 5 } })
  await all(errand.desk.redrive('callbacks', {}, somebody))
  expect(await ask(letters, examined(errand))).toEqual({
    kind: 'found',
    findings: [
      {
        problem: 'workers.add has 3 open dead letters, the oldest 2 h old, 2 of them a\\u{1b}',
        remedy: 'errand dead-letters list workers.add --app app.ts',
      },
      {
        problem: 'subscribers.logs has 1 open dead letter, the oldest 10 s old, 1 of them c',
        remedy: 'errand dead-letters list subscribers.logs --app app.ts',
      },
      {
        problem: 'callbacks has 1 letter parked, for having been redriven too often',
        remedy:
          'errand dead-letters list callbacks --app app.ts --state parked # then redrive or skip each by its --id',
      },
    ],
  })
})

test('without a registry it is not known what became of letters, which another check finds', async () => {
  const errand = await memoryDesk()
  await errand.die()
  await all(errand.desk.skip('workers.add', {}, somebody))
  const away = {
    ...memoryRegistry(),
    schema: async () => {
      throw new ErrandError('registry-unavailable', 'away', { retriable: true })
    },
  }
  expect(await ask(letters, examined(errand, away))).toMatchObject({ kind: 'unasked' })
})
