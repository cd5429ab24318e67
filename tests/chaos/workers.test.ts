import { setTimeout as sleep } from 'node:timers/promises'
import { expect, inject, test } from 'vitest'
import { isLong, joined, stage } from './stage.ts'

test('one of three workers dies by SIGKILL every few seconds, each time replaced: nothing is lost, each key keeps its order, and only what was in flight or not committed is done again', async () => {
  const { kills, perSecond } = isLong ? { kills: 10, perSecond: 220 } : { kills: 2, perSecond: 100 }
  const chaos = await stage(inject('system'))
  const { url } = await chaos.errand.start('api')
  await Promise.all([chaos.work(), chaos.work(), chaos.work()])
  const count = isLong ? 30_000 : 2_500
  const asked = chaos.ask(url, { count, perSecond, keys: 300, takesMs: (number) => 20 + (number % 7) * 20 })
  for (let kill = 0; kill < kills; kill += 1) {
    await sleep(3_000 + (kill % 4) * 1_000)
    await chaos.workers.at(-3)!.program.stop('SIGKILL')
    await joined(await chaos.work())
  }
  await asked
  const { judgement } = await chaos.end(`${kills} of three workers killed`)
  expect(judgement.accepted).toBeGreaterThanOrEqual(count)
})

test('workers join and leave under load: nothing is lost, and only what was in flight as its partition moved is done again', async () => {
  const rounds = isLong ? 8 : 2
  const chaos = await stage(inject('system'))
  const { url } = await chaos.errand.start('api')
  await chaos.work()
  const asked = chaos.ask(url, {
    ...{ count: rounds * 500, perSecond: 100, keys: 100 },
    takesMs: (number) => 20 + (number % 7) * 20,
  })
  for (let round = 0; round < rounds; round += 1) {
    await chaos.work()
    await sleep(1_500)
    await chaos.workers.at(-2)!.program.stop()
    await sleep(1_000)
  }
  await asked
  // Judged already: no more than what was in flight, or had ended since the last commit, when a partition moved (I3).
  const { judgement } = await chaos.end('workers joined and left')
  expect(judgement.repeats).toBeLessThan(judgement.accepted / 20)
})

test('three of ten requests fail once or twice, and workers are killed meanwhile: each key keeps its order through all tries, and nothing is lost', async () => {
  const { kills, count } = isLong ? { kills: 6, count: 15_000 } : { kills: 2, count: 1_500 }
  const chaos = await stage(inject('system'), { failing: 3 })
  const { url } = await chaos.errand.start('api')
  await Promise.all([chaos.work(), chaos.work()])
  const asked = chaos.ask(url, { count, perSecond: 100, keys: 100, takesMs: (number) => 5 + (number % 7) * 10 })
  for (let kill = 0; kill < kills; kill += 1) {
    await sleep(3_000)
    await chaos.workers.at(-2)!.program.stop('SIGKILL')
    await joined(await chaos.work())
  }
  await asked
  const { judgement, history } = await chaos.end(`${kills} workers killed while three of ten fail at first`)
  expect(judgement.accepted).toBeGreaterThanOrEqual(count)
  expect(history.filter((event) => event.kind === 'ended' && event.how === 'again').length).toBeGreaterThan(count / 4)
})
