import { setTimeout as sleep } from 'node:timers/promises'
import { expect, inject, test } from 'vitest'
import { errandAssigner } from '../../consumers/assigner.ts'
import { silentLog } from '../../process/log.ts'
import type { Running } from '../e2e/realSystem.ts'
import { joined, readiness, type Stage, say, stage } from './stage.ts'
import { longestPause, readTold } from './story.ts'

/** Of the workers that live on, from then until now. */
async function pauseOf(chaos: Stage, survivors: readonly Running[], sinceMs: number): Promise<number> {
  const pids = new Set(survivors.map(({ program }) => program.pid))
  const told = await readTold(chaos.folder)
  return longestPause(told.filter(({ pid, atMs }) => pids.has(pid) && atMs >= sinceMs))
}

/** Joins as a member did that does not look first, and leaves; resolves when the group goes on. */
async function joinBeside(chaos: Stage): Promise<void> {
  const { kafka, catalogue } = chaos.errand.system
  const { sources, failures } = catalogue.groups.find(({ id }) => id === chaos.group)!
  const nothing = () => undefined
  const membership = kafka.membership({
    ...{ group: chaos.group, topics: [...sources, failures!.retry] },
    assigner: errandAssigner({
      ...{ unitOf: 'number', log: silentLog, claims: () => ({ held: [], sinceMs: 0, busy: [] }) },
    }),
    ...{ onJoined: nothing, onRebalancing: nothing, onRecords: nothing, onFailed: nothing },
  })
  await membership.start()
  await membership.leave()
}

test('one of three workers dies by SIGKILL and is started again at once: it waits until its dead self has expired, can be stopped meanwhile, and the others go on', async () => {
  const chaos = await stage(inject('system'))
  const { url } = await chaos.errand.start('api')
  const [one, two, three] = await Promise.all([chaos.work(), chaos.work(), chaos.work()])
  await Promise.all([one, two, three].map(joined))
  const asked = chaos.ask(url, { count: 3_500, perSecond: 70, keys: 300, takesMs: () => 5 })
  await sleep(4_000)
  await three.program.stop('SIGKILL')
  const sinceMs = Date.now()
  const [again, brief] = await Promise.all([chaos.work(), chaos.work()])
  expect(await readiness(again.url)).toBe(`${chaos.group} starting`)
  await brief.program.stop() // while it waits
  expect(await brief.program.ended).toBe(0)
  expect(brief.lines.some(({ event }) => event === 'group.joined')).toBe(false)
  await joined(again)
  await sleep(2_000)
  const awaited = await pauseOf(chaos, [one, two], sinceMs)
  const told = again.lines.filter(({ event }) => event === 'group.awaited')
  expect(told).toHaveLength(1)
  await again.program.stop('SIGKILL')
  const besideMs = Date.now()
  await joinBeside(chaos)
  await sleep(2_000)
  const beside = await pauseOf(chaos, [one, two], besideMs)
  say(
    `a worker is killed and replaced at once: the others stand still for ${awaited} ms, and ${beside} ms where it does not wait`,
  )
  expect(awaited).toBeLessThan(2_500)
  expect(beside).toBeGreaterThan(5_000) // what the waiting is for
  await asked
  await chaos.end('one of three workers killed and started again at once')
})

test('a worker that is told to stop while its group waits for a dead member commits what it has done, leaves, and ends in order', async () => {
  const chaos = await stage(inject('system'))
  const { url } = await chaos.errand.start('api')
  const [one, two, three] = await Promise.all([chaos.work(), chaos.work(), chaos.work()])
  await Promise.all([one, two, three].map(joined))
  await chaos.ask(url, { count: 500, perSecond: 500, keys: 300, takesMs: () => 5 })
  await three.program.stop('SIGKILL')
  const beside = joinBeside(chaos)
  await sleep(1_500) // by now all have heard of it, and wait
  const sinceMs = Date.now()
  await one.program.stop()
  expect(await one.program.ended).toBe(0)
  const tookMs = Date.now() - sinceMs
  say(`a worker that stops while its group waits for a dead member ends after ${tookMs} ms`)
  expect(tookMs).toBeLessThan(4_000)
  expect(one.lines.filter(({ event }) => /notCommitted|notSaved|abandoned|cut/.test(event ?? ''))).toEqual([])
  await beside
  await chaos.end('one of three workers is told to stop while the group waits for a dead one')
})
