// The role `delay` on a real broker.
import { randomUUID } from 'node:crypto'
import { expect, inject, onTestFinished, test, vi } from 'vitest'
import { delay } from '../../../consumers/delay/delay.ts'
import { purge } from '../../../consumers/purge.ts'
import type { Platform } from '../../../consumers/role.ts'
import { catalogue as catalogueOf } from '../../../kafka/catalogue.ts'
import { copyHeaders, newJourney, type Waiting } from '../../../kafka/journey.ts'
import { kafkajsLog } from '../../../kafka/kafkajs/log.ts'
import type { LogRecord } from '../../../kafka/log.ts'
import { tierFor } from '../../../kafka/tiers.ts'
import { systemClock } from '../../../process/clock.ts'
import { silentLog } from '../../../process/log.ts'
import { platformSchemas } from '../../../schemas/platform/platform.ts'
import adder from '../../adder.ts'

const records = 2_000

test('what waits is released when it is due, each record once, and what is done with is deleted', async () => {
  const log = kafkajsLog({ clientId: 'delay', kafka: inject('system'), log: silentLog })
  onTestFinished(() => log.close())
  const catalogue = catalogueOf(adder, `delay-${randomUUID()}`, platformSchemas)
  await log.admin.create(catalogue.topics.map((topic) => ({ ...topic, replicas: 1 })))
  const { retry, dead } = catalogue.groups.find(({ role }) => role === 'workers')!.failures!
  const onFailed = (error: Error): void => {
    throw error
  }
  const [running] = delay({ ...{ catalogue, log, clock: systemClock, logger: silentLog, onFailed } } as Platform)
  await running!.member.start()
  onTestFinished(() => running!.member.stop(1_000))
  const startMs = Date.now()
  const dueMs = (index: number): number => startMs + 1_000 + ((index * 617) % 8_000)
  const writer = await log.writer()
  onTestFinished(() => writer.close())
  const byTier = Map.groupBy(Array(records).keys(), (index) => tierFor(dueMs(index) - Date.now()))
  for (const [tier, all] of byTier)
    await writer.append(
      { topic: catalogue.delay(tier), partition: 0 },
      all.map((index) => {
        const to: Waiting = { dueMs: dueMs(index), to: { topic: retry, partition: index % 4 } }
        const record = { key: null, value: Buffer.from(String(index)), headers: new Map() }
        const origin = { topic: 'x', partition: 0, offset: 0n, timestampMs: 0, ...record }
        return { ...record, headers: copyHeaders(record, newJourney(origin), to) }
      }),
    )
  const released: LogRecord[] = []
  const lates: number[] = []
  const reading = new AbortController()
  onTestFinished(() => reading.abort())
  void (async () => {
    for await (const record of log.read(retry, { from: 'earliest', until: 'never', signal: reading.signal })) {
      released.push(record)
      lates.push(Date.now() - dueMs(Number(String(record.value))))
    }
  })().catch(() => undefined)
  await vi.waitFor(() => expect(released.length).toBeGreaterThanOrEqual(records), { timeout: 30_000, interval: 50 })
  expect(new Set(released.map(({ value }) => String(value))).size).toBe(records)
  expect(released).toHaveLength(records)
  expect(Math.min(...lates)).toBeGreaterThanOrEqual(0)
  lates.sort((a, b) => a - b)
  expect((await log.admin.offsets(dead)).every(({ high }) => high === 0n)).toBe(true)
  await purge({ log }, running!)()
  for (const { sources, failures } of [running!.group])
    for (const topic of [...sources, failures!.retry])
      for (const { low, high } of await log.admin.offsets(topic)) expect(low).toBe(high)
})
