import { setTimeout as sleep } from 'node:timers/promises'
import { expect, inject, test, vi } from 'vitest'
import { isLong, patience, say, stage } from './stage.ts'
import { readAccepted, readTold } from './story.ts'

/** Session 10 s, rebalance 20 s: several times both, or at least longer than both. */
const slowMs = isLong ? 70_000 : 25_000

test('a handler outlives session and rebalance timeouts, and holds up no key but its own: no rebalance, no second run, and the others of its partition go on', async () => {
  const chaos = await stage(inject('system'))
  const { url } = await chaos.errand.start('api')
  await Promise.all([chaos.work(), chaos.work()])
  await sleep(2_000) // the group has settled
  const joins = () => chaos.workers.flatMap(({ lines }) => lines.filter(({ event }) => event === 'group.joined')).length
  const before = joins()
  await chaos.ask(url, {
    ...{ count: isLong ? 6_000 : 1_500, perSecond: 100, keys: 60 },
    takesMs: (number) => (number === 7 ? slowMs : 10),
  })
  const ended = async () => (await readTold(chaos.folder)).filter(({ what }) => what === 'done')
  await vi.waitFor(async () => expect(await ended()).toHaveLength(isLong ? 6_000 : 1_500), patience)
  expect(joins()).toBe(before)
  const told = await readTold(chaos.folder)
  const accepted = await readAccepted(chaos.errand.system.kafka, chaos.topic)
  const doneAt = new Map(told.flatMap(({ id, what, atMs }) => (what === 'done' ? [[id, atMs]] : [])))
  const began = new Map(told.flatMap(({ id, what, atMs }) => (what === 'began' ? [[id, atMs]] : [])))
  const slow = [...accepted.values()].find(({ id }) => doneAt.get(id)! - began.get(id)! >= slowMs - 100)!
  const beside = [...accepted.values()].filter(
    ({ id, key, partition, atMs }) =>
      partition === slow.partition &&
      key !== slow.key &&
      atMs > began.get(slow.id)! &&
      doneAt.get(id)! < doneAt.get(slow.id)!,
  )
  const latencies = beside.map(({ id, atMs }) => doneAt.get(id)! - atMs).toSorted((a, b) => a - b)
  const at = (share: number): number => latencies[Math.floor(latencies.length * share)]!
  say(
    `a key of ${slowMs / 1_000} s: ${beside.length} others of its partition meanwhile, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, worst ${at(0.9999)} ms`,
  )
  expect(beside.length).toBeGreaterThan(50)
  expect(at(0.99)).toBeLessThan(slowMs / 2)
  const { judgement } = await chaos.end('a slow key')
  expect(judgement.repeats).toBe(0)
})
