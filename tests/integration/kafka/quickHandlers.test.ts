// A deep partition of one key beside empty ones: what quick handlers have emptied is read on at once.
import { randomUUID } from 'node:crypto'
import { expect, inject, onTestFinished, test, vi } from 'vitest'
import { Member } from '../../../consumers/member.ts'
import { groupPositions } from '../../../consumers/positions.ts'
import { kafkajsLog } from '../../../kafka/kafkajs/log.ts'
import { systemClock } from '../../../process/clock.ts'
import { silentLog } from '../../../process/log.ts'

const windows = 40
const windowRecords = 1_000

test('a deep partition whose window quick handlers empty does not wait for the empty ones beside it', async () => {
  const log = kafkajsLog({ clientId: 'quick', kafka: inject('system'), log: silentLog })
  onTestFinished(() => log.close())
  const [topic, group] = [`quick.${randomUUID()}`, `quick.${randomUUID()}`]
  await log.admin.create([{ name: topic, partitions: 6, replicas: 1, config: {} }])
  const writer = await log.writer()
  onTestFinished(() => writer.close())
  const records = Array.from({ length: windowRecords }, () => ({
    ...{ key: Buffer.from('one'), value: Buffer.alloc(200, 'x'), headers: new Map() },
  }))
  for (let window = 0; window < windows; window += 1) await writer.append({ topic, partition: 0 }, records)
  let [handled, startedMs] = [0, 0]
  const member = new Member({
    ...{ group, topics: [topic], start: () => 'earliest', log, logger: silentLog, clock: systemClock },
    positions: groupPositions({ admin: log.admin, group, log: silentLog }),
    handle: async () => {
      startedMs ||= performance.now()
      handled += 1
      return { kind: 'done' }
    },
    onFailed: (error) => {
      throw error
    },
  })
  await member.start()
  onTestFinished(() => member.stop(1_000))
  await vi.waitFor(() => expect(handled).toBe(windows * windowRecords), { timeout: 60_000, interval: 10 })
  // A question to the empty partitions is answered after 250 ms: one a window would make ten seconds.
  expect(performance.now() - startedMs).toBeLessThan(5_000)
})
