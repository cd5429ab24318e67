// The role `delay` on a real broker.
import { randomUUID } from 'node:crypto'
import { expect, inject, onTestFinished, test, vi } from 'vitest'
import { delay } from '../../../consumers/delay/delay.ts'
import { purge } from '../../../consumers/purge.ts'
import type { Platform } from '../../../consumers/role.ts'
import { catalogue as catalogueOf, topicsOf } from '../../../kafka/catalogue.ts'
import { kafkajsLog } from '../../../kafka/kafkajs/log.ts'
import { systemClock } from '../../../process/clock.ts'
import { silentLog } from '../../../process/log.ts'
import { platformSchemas } from '../../../schemas/platform/platform.ts'
import adder from '../../adder.ts'
import { putOff, watchReleased } from '../../delaying.ts'

const records = 2_000

test('what waits is released when it is due, each record once, and what is done with is deleted', async () => {
  const log = kafkajsLog({ clientId: 'delay', kafka: inject('system'), log: silentLog })
  onTestFinished(() => log.close())
  const catalogue = catalogueOf(adder, `delay-${randomUUID()}`, platformSchemas)
  await log.admin.create(catalogue.topics.map((topic) => ({ ...topic, replicas: 1 })))
  const onFailed = (error: Error): void => {
    throw error
  }
  const platform = { ...{ catalogue, log, clock: systemClock, logger: silentLog, onFailed } } as Platform
  const running = delay(platform)[0]!
  await running.member.start()
  onTestFinished(() => running.member.stop(1_000))
  const startMs = Date.now()
  const dueMs = Array.from({ length: records }, (_, index) => startMs + 1_000 + ((index * 617) % 8_000))
  const reading = new AbortController()
  onTestFinished(() => reading.abort())
  const released = watchReleased(log, catalogue, reading.signal)
  await putOff(log, catalogue, dueMs)
  const isAll = () => expect(released.length).toBeGreaterThanOrEqual(records)
  await vi.waitFor(isAll, { timeout: 40_000, interval: 50 })
  expect(released.map(({ index }) => index).toSorted((a, b) => a - b)).toEqual([...dueMs.keys()])
  for (const { index, atMs } of released) expect(atMs).toBeGreaterThanOrEqual(dueMs[index]!)
  const purgeNow = purge(platform, running)
  await vi.waitFor(
    async () => {
      await purgeNow()
      for (const topic of topicsOf(running.group))
        for (const { low, high } of await log.admin.offsets(topic)) expect(low).toBe(high)
    },
    { timeout: 10_000, interval: 250 },
  )
  const { dead } = running.group.failures!
  expect((await log.admin.offsets(dead)).every(({ high }) => high === 0n)).toBe(true)
})
