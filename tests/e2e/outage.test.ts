import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { launch, type System } from '../../bin/launcher/launcher.ts'
import { atOnce, realSystem } from './realSystem.ts'

async function cluster(brokers: 1 | 3): Promise<System> {
  const folder = await mkdtemp(join(tmpdir(), 'errand-outage-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const launched = await launch({ folder, kafkaPort: 0, registryPort: 0, brokers })
  onTestFinished(() => launched.stop())
  return launched
}

test('three brokers, one restarted cleanly while 5,000 requests go in: every 202 is in the log (I2)', async () => {
  const brokers = await cluster(3)
  const errand = await realSystem(brokers)
  const topic = errand.system.catalogue.requests('add')
  expect((await errand.system.kafka.admin.describe([topic])).get(topic)).toMatchObject({ replicas: 3 })
  const { url } = await errand.start('api')
  const accepted = new Set<string>()
  let answered = 0
  const restarted = vi
    .waitFor(() => expect(answered).toBeGreaterThan(500), { timeout: 60_000 })
    .then(() => brokers.restartBroker(1))
  await atOnce(Array.from({ length: 5_000 }).keys(), 64, async (a) => {
    const response = await errand.ask(url, { a, b: 1 }, a % 3 === 0 ? { orderingKey: `k${a % 50}` } : {})
    answered += 1
    const { id } = (await response.json()) as { id: string }
    if (response.status === 202) accepted.add(id)
    else expect(response.status).toBe(503)
  })
  await restarted
  const logged = new Set<string>()
  for await (const { headers } of errand.system.kafka.read(topic, { from: 'earliest' }))
    logged.add(headers.get('ce_id')![0]!.toString())
  expect([...accepted].filter((id) => !logged.has(id))).toEqual([])
  expect(accepted.size).toBeGreaterThan(4_500)
})

test('without Kafka a request is answered 503 with Retry-After and never 202; when Kafka is back, so is the API', async () => {
  const brokers = await cluster(1)
  const errand = await realSystem(brokers)
  const { url } = await errand.start('api')
  expect((await errand.ask(url, { a: 1, b: 1 })).status).toBe(202)
  await brokers.restartBroker(0)
  await vi.waitFor(async () => expect((await errand.ask(url, { a: 1, b: 1 })).status).toBe(202), {
    timeout: 60_000,
    interval: 500,
  })
  await brokers.stop()
  const refused = await errand.ask(url, { a: 2, b: 2 })
  expect(refused.status).toBe(503)
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(refused.headers.get('content-type')).toContain('application/problem+json')
})
