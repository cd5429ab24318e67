import { expect, test, vi } from 'vitest'
import { metadataTooLarge } from '../../../kafka/logErrors.ts'
import { silentLog } from '../../../process/log.ts'
import { append, cluster, committed, done, join, text } from './memberBench.ts'

test('a broker that takes less metadata than is usual gets bare positions, and the log says once what that costs', async () => {
  const { cluster: shared, log } = await cluster(1)
  const strict = shared.open()
  let refused = 0
  const membership: typeof strict.membership = (options) => {
    const made = strict.membership(options)
    const commit = made.commit.bind(made)
    made.commit = async (positions) => {
      if (positions.every(({ metadata }) => metadata === '')) return commit(positions)
      refused += 1
      throw metadataTooLarge('group')
    }
    return made
  }
  const warned: string[] = []
  const logger = { ...silentLog, warn: (event: string) => void warned.push(event) }
  await append(log, 'work', 0, ['a', 'slow'], ['b', '1'], ['c', '2'])
  const slow = Promise.withResolvers<void>()
  const member = await join(
    log,
    async (message) => {
      if (text(message) === 'slow') await slow.promise
      return done
    },
    { log: { ...strict, membership }, logger: { ...logger, child: () => logger } },
  )
  await vi.waitFor(async () => expect((await committed(log)).get(0)).toBe(0))
  slow.resolve()
  await vi.waitFor(async () => expect((await committed(log)).get(0)).toBe(3))
  await member.stop(1_000)
  expect(refused).toBe(1)
  expect(warned.filter((event) => event === 'commit.bare')).toHaveLength(1)
})
