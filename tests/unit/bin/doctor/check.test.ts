import { expect, test } from 'vitest'
import { alone, lackingRequests, releaseOf } from '../../../../bin/doctor/brokers.ts'
import { ask, type Check, type Examined, fine } from '../../../../bin/doctor/check.ts'
import { manualClock } from '../../../../testing/manualClock.ts'

const check = (question: Check['ask']): Check => ({ name: 'x', needsKafka: false, ask: question })
const clock = manualClock()
const examined = { clock } as unknown as Examined

test('a check that gets no answer is a finding after half a minute, and one that fails is one at once', async () => {
  const silent = ask(
    check(() => new Promise(() => undefined)),
    examined,
  )
  await clock.advance(30_000)
  expect(await silent).toMatchObject({ kind: 'found', findings: [{ problem: expect.stringContaining('within 30 s') }] })
  const failing = ask(
    check(() => Promise.reject(new Error('no'))),
    examined,
  )
  expect(await failing).toMatchObject({ kind: 'found', findings: [{ problem: 'no' }] })
  expect(
    await ask(
      check(async () => fine('well')),
      examined,
    ),
  ).toEqual({ kind: 'fine', says: 'well' })
})

/** Highest version of each request that matters, and the lowest of fetch. */
const served = (versions: Readonly<Record<number, number>>, fetchMin = 0) =>
  new Map(
    Object.entries({ 1: 11, ...versions }).map(([key, max]) => [Number(key), { min: key === '1' ? fetchMin : 0, max }]),
  )

test('brokers that do not serve what Errand asks are found', () => {
  expect(lackingRequests(served({ 0: 7, 1: 11, 22: 1, 28: 2, 32: 1 }))).toEqual([])
  const [finding] = lackingRequests(served({ 0: 2, 1: 11, 22: 1, 32: 1 }))
  expect(finding?.problem).toBe(
    'the brokers do not serve records as Errand writes them, transactions that move a group (delayed retries)',
  )
  expect([releaseOf(served({}, 4)), releaseOf(served({}))]).toEqual(['4.0 or newer', 'before 4.0'])
})

test('a cluster of fewer than three brokers is found, unless it is on this machine', () => {
  expect(alone(1, ['kafka.example:9092'])).toEqual([
    { problem: expect.stringContaining('one replica'), remedy: expect.stringContaining('run three brokers') },
  ])
  for (const local of ['127.0.0.1:9092', 'localhost:9092', '[::1]:9092']) expect(alone(1, [local])).toEqual([])
  expect(alone(3, ['kafka.example:9092'])).toEqual([])
})
