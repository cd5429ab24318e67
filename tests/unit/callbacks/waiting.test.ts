// Callbacks that wait, on the log in memory, in virtual time.
import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { PostOutcome } from '../../../consumers/callbacks/outcome.ts'
import { copyHeaders, newJourney, readJourney } from '../../../kafka/journey.ts'
import { type ManualClock, manualClock } from '../../../testing/manualClock.ts'
import { answering, callbacksBench } from './callbacksBench.ts'

const startMs = Date.UTC(2026, 0, 1)
const taken: PostOutcome = { kind: 'delivered', statusCode: 204 }
const down: PostOutcome = { kind: 'failed', reason: 'the connection was refused' }
const [healthy, dead] = ['https://healthy.example/', 'https://dead.example/']

/** Lets virtual time pass until this holds; fails after `withinMs` of it. */
async function until(clock: ManualClock, condition: () => boolean | Promise<boolean>, withinMs: number): Promise<void> {
  const endMs = clock.now() + withinMs
  for (;;) {
    for (let turns = 0; turns < 4; turns += 1) await turn()
    if (await condition()) return
    if (clock.now() > endMs) throw new Error(`not within ${withinMs} virtual ms`)
    await clock.advanceToNext()
  }
}

/** Lets so much time pass, and does not go through every quarter of a second of it. */
async function pass(clock: ManualClock, byMs: number): Promise<void> {
  const endMs = clock.now() + byMs
  using _end = clock.after(byMs, () => undefined)
  while (clock.now() < endMs) {
    await clock.leap(2_500)
    await clock.advance(500)
    for (let turns = 0; turns < 4; turns += 1) await turn()
  }
}

test('a callback that fails leaves the partition at once, and comes back on the schedule, within its bounds', async () => {
  const clock = manualClock(startMs)
  const waitsMs = [5_000, 60_000, 300_000]
  const bench = await callbacksBench({ clock, waitsMs })
  const receiver = answering(clock, () => down)
  await bench.start(receiver)
  await bench.result(dead)
  await until(clock, async () => receiver.posted.length === 1 && (await bench.left()) === 0, 1_000)
  await until(clock, async () => (await bench.records('bench.callbacks.dead')).length === 1, 3_600_000)
  const { posted } = receiver
  expect(posted).toHaveLength(4)
  const deliveries = await bench.deliveries()
  for (const [index, waitMs] of waitsMs.entries()) {
    const [{ at, nextAttemptAt }, next] = [deliveries[index]!, posted[index + 1]!]
    const nextMs = nextAttemptAt!.getTime()
    expect(nextMs - at.getTime()).toBeGreaterThanOrEqual(waitMs / 2)
    expect(nextMs - at.getTime()).toBeLessThanOrEqual(waitMs)
    expect(next.atMs - nextMs).toBeGreaterThanOrEqual(0)
    expect(next.atMs - nextMs).toBeLessThanOrEqual(1)
  }
  expect(new Set(posted.map(({ id, body }) => `${id} ${body}`)).size).toBe(1)
  expect(deliveries.map(({ status, attempt }) => [status, attempt])).toEqual([
    ['delivering', 1],
    ['delivering', 2],
    ['delivering', 3],
    ['failed', 4],
  ])
})

test('a receiver that was down for an hour gets its callbacks when it is back, each as it was, and no other waited for it', async () => {
  const clock = manualClock(startMs)
  const bench = await callbacksBench({ clock, waitsMs: [5_000, 300_000, ...Array(4).fill(1_800_000)] })
  const backMs = startMs + 3_600_000
  const receiver = answering(clock, ({ url }) => (url === healthy || clock.now() >= backMs ? taken : down))
  await bench.start(receiver)
  const ids: string[] = []
  for (let index = 0; index < 20; index += 1) ids.push(await bench.result(dead, index % 4))
  const told = (url: string) => receiver.posted.filter((each) => each.url === url)
  for (let sent = 0; clock.now() < backMs; sent += 1) {
    const atMs = clock.now()
    await bench.result(healthy, sent % 4)
    await until(clock, () => told(healthy).length === sent + 1, 1_000)
    expect(told(healthy).at(-1)!.atMs - atMs).toBe(0)
    await pass(clock, 300_000)
  }
  const takenAfter = () => new Set(told(dead).flatMap(({ atMs, id }) => (atMs >= backMs ? [id] : [])))
  for (let minutes = 0; takenAfter().size < ids.length && minutes < 60; minutes += 1) await pass(clock, 60_000)
  expect([...takenAfter()].sort()).toEqual(ids.map((id) => `${id}.1`).sort())
  const bodies = new Map<string, Set<string>>()
  for (const { id, body } of told(dead)) bodies.set(id, (bodies.get(id) ?? new Set()).add(body.toString()))
  expect([...bodies.values()].every(({ size }) => size === 1)).toBe(true)
  expect(await bench.records('bench.callbacks.dead')).toEqual([])
}, 60_000)

test('a callback whose schedule ran out is a letter; its redriven copy is sent at once, the same, under the next number', async () => {
  const clock = manualClock(startMs)
  const bench = await callbacksBench({ clock, waitsMs: [1_000, 1_000] })
  let isUp = false
  const receiver = answering(clock, () => (isUp ? taken : down))
  await bench.start(receiver)
  await bench.result(dead, 2)
  await until(clock, async () => (await bench.records('bench.callbacks.dead')).length === 1, 10_000)
  const [letter] = await bench.records('bench.callbacks.dead')
  const { origin } = readJourney(letter!)
  expect(origin).toEqual({ topic: 'bench.results', partition: 2, offset: 0n })
  isUp = true
  await clock.advance(1_000)
  await bench.store.purge(clock.now()) // as long after: the claim is gone, and the copy claims anew
  const journey = { ...newJourney(letter!), origin, redrives: 1, attemptsBefore: 3 }
  const { key, value } = letter!
  const atMs = clock.now()
  await bench.append('bench.callbacks.retry', 2, { key, value, headers: copyHeaders(letter!, journey) })
  await until(clock, () => receiver.posted.length === 4, 1_000)
  const [first, last] = [receiver.posted[0]!, receiver.posted[3]!]
  expect(last.atMs).toBe(atMs)
  expect([last.id, last.body]).toEqual([first.id, first.body])
  expect(last.headers).toMatchObject({ 'errand-attempt': '4', 'errand-attempts': '6' })
  await until(clock, async () => (await bench.deliveries()).length === 4, 1_000)
  expect((await bench.deliveries()).at(-1)).toMatchObject({ status: 'delivered', attempt: 4 })
})

test('a result that is older than all that is kept is called back where a letter of it is redriven, and nowhere else', async () => {
  const clock = manualClock(startMs)
  const bench = await callbacksBench({ clock, waitsMs: [] })
  const receiver = answering(clock, () => taken)
  await bench.start(receiver)
  await bench.result(healthy, 0, 30 * 86_400_000) // copied back into the topic by somebody
  await until(clock, async () => (await bench.left()) === 0, 1_000)
  expect(receiver.posted).toEqual([])
  const [result] = await bench.records('bench.results')
  const headers = copyHeaders(result!, { ...newJourney(result!), redrives: 1, attemptsBefore: 1 })
  await bench.append('bench.callbacks.retry', 0, { key: result!.key, value: result!.value, headers })
  await until(clock, () => receiver.posted.length === 1, 1_000)
})

test('a copy that says it is of something else than a result is called back to nobody', async () => {
  const clock = manualClock(startMs)
  const bench = await callbacksBench({ clock, waitsMs: [1_000] })
  const receiver = answering(clock, () => taken)
  await bench.result(healthy, 0)
  const [result] = await bench.records('bench.results')
  const { key, value, headers } = result!
  await bench.append('bench.callbacks.retry', 0, { key, value, headers })
  const elsewhere = copyHeaders(result!, { ...newJourney(result!), origin: { topic: 'x', partition: 0, offset: 0n } })
  await bench.append('bench.callbacks.retry', 0, { key, value, headers: elsewhere })
  await bench.start(receiver)
  await until(clock, async () => (await bench.left()) === 0, 2_000)
  expect(receiver.posted).toHaveLength(1)
})

test('a process that is killed between an attempt and its commit: the callback is sent again, the same', async () => {
  const clock = manualClock(startMs)
  const bench = await callbacksBench({ clock, waitsMs: [60_000] })
  const hung = Promise.withResolvers<PostOutcome>()
  const first = answering(clock, () => hung.promise)
  const victim = await bench.start(first)
  await bench.result(dead)
  await until(clock, () => first.posted.length === 1, 1_000)
  victim.kill()
  hung.resolve(taken) // it has been taken, and nobody can say so any more
  const second = answering(clock, () => taken)
  await bench.start(second)
  await until(clock, async () => second.posted.length === 1 && (await bench.left()) === 0, 60_000)
  const [before, after] = [first.posted[0]!, second.posted[0]!]
  expect([after.id, after.body]).toEqual([before.id, before.body])
  expect([before, after].map(({ headers }) => headers['errand-attempt'])).toEqual(['1', '1'])
})

test('a copy of a callback that has been delivered meanwhile is not sent again; one that was redriven is', async () => {
  const clock = manualClock(startMs)
  const bench = await callbacksBench({ clock, waitsMs: [60_000] })
  const receiver = answering(clock, () => down)
  await bench.start(receiver)
  const id = await bench.result(dead)
  await until(clock, async () => (await bench.left()) === 0 && receiver.posted.length === 1, 1_000)
  const delivered = { status: 'delivered', attempt: 1, atMs: clock.now() } as const
  await bench.store.project([{ id, run: 1, kind: 'delivered', delivered }], []) // by a double of it
  const [result] = await bench.records('bench.results')
  await until(clock, async () => (await bench.records('bench.callbacks.retry')).length === 1, 61_000)
  await until(clock, async () => (await bench.left()) === 0, 1_000)
  expect(receiver.posted).toHaveLength(1)
  const headers = copyHeaders(result!, { ...newJourney(result!), redrives: 1, attemptsBefore: 2 })
  await bench.append('bench.callbacks.retry', 0, { key: result!.key, value: result!.value, headers })
  await until(clock, () => receiver.posted.length === 2, 1_000)
})
