// What becomes of callbacks by what a test's receiver answers, in virtual time, through the real delay.
import { expect, test } from 'vitest'
import { standardWaitsMs } from '../../../app/callbacks.ts'
import { defineApp, type RecordType, request } from '../../../app/index.ts'
import { type IncomingCallback, type TestAppOptions, testApp } from '../../../testing/index.ts'

const Word: RecordType<{ readonly word: string }> = {
  name: 'echoing.Word',
  schema: { type: 'record', name: 'Word', namespace: 'echoing', fields: [{ name: 'word', type: 'string' }] },
}

const app = defineApp({
  name: 'echoing',
  partitions: 3,
  callbacks: { waitsMs: [1_000, 5_000] },
  requests: { echo: request(Word, Word, async (input) => input) },
})

type Receiver = NonNullable<TestAppOptions<unknown>['receiver']>

async function told(receiver: Receiver) {
  await using errand = await testApp(app, { receiver })
  const sent = await errand.submit('echo', { word: 'hello' })
  await errand.settled()
  return { sent, ...(await sent.resource()), letters: await errand.deadLetters() }
}

test('a receiver that answers at the second attempt has taken one callback, and the resource says so', async () => {
  const came: IncomingCallback[] = []
  const { sent, callback, letters } = await told((each) => (came.push(each) === 1 ? 503 : 200))
  expect(sent.callbacks).toMatchObject([{ type: 'echo.succeeded', data: { result: { word: 'hello' } } }])
  expect(came.map(({ attempt }) => attempt)).toEqual([1, 2])
  expect(came[0]?.headers).toMatchObject({ 'errand-attempts': '3' })
  expect(came[1]?.body).toEqual(came[0]?.body)
  expect([callback, letters]).toMatchObject([{ status: 'delivered', attempts: 2, lastStatusCode: 200 }, []])
})

test('a receiver that stays down gets every attempt of the schedule; then the callback has failed, and is a dead letter', async () => {
  let attempts = 0
  const { sent, status, callback, letters } = await told(() => {
    attempts += 1
    return undefined
  })
  expect([attempts, status, sent.callbacks]).toEqual([3, 'succeeded', []])
  expect(callback).toMatchObject({ status: 'failed', attempts: 3, reason: 'the connection was refused' })
  expect(callback?.nextAttemptAt).toBeUndefined()
  expect(letters).toMatchObject([{ id: `${sent.id}.1`, group: 'callbacks', code: 'callback-failed' }])
})

test('the whole schedule of Standard Webhooks is gone through, each wait between its half and its whole, none early', async () => {
  const standard = defineApp({ name: 'echoing', partitions: 3, requests: app.requests })
  const cameMs: number[] = []
  await using errand = await testApp(standard, { receiver: () => void cameMs.push(errand.clock.now()) })
  const sent = await errand.submit('echo', { word: 'hello' })
  await errand.settled()
  expect(await sent.resource()).toMatchObject({ callback: { status: 'failed', attempts: 10 } })
  for (const [index, waitMs] of standardWaitsMs.entries()) {
    const gapMs = cameMs[index + 1]! - cameMs[index]!
    expect(gapMs).toBeGreaterThanOrEqual(waitMs / 2)
    expect(gapMs).toBeLessThanOrEqual(waitMs + 250)
  }
})

test('a receiver that is gone is not asked again', async () => {
  const { callback } = await told(() => 410)
  expect(callback).toMatchObject({ status: 'failed', attempts: 1, lastStatusCode: 410 })
})

test.each([1, 2, 3, 4])(
  'while processes die, move and stand still, every client is told what it was told before, under seed %i',
  async (seed) => {
    const failed = new Set<string>()
    const receiver: Receiver = ({ body }) => {
      const isFirst = !failed.has(body.data.id)
      failed.add(body.data.id)
      return isFirst ? undefined : 204
    }
    await using errand = await testApp(app, { receiver, seed, faults: {} })
    const all = await Promise.all(Array.from({ length: 20 }, (_, n) => errand.submit('echo', { word: `word ${n}` })))
    await errand.settled() // judges that whoever was told twice was told the same
    for (const sent of all) expect(sent.callbacks.length).toBeGreaterThan(0)
    expect(failed.size).toBe(20)
    expect(await errand.deadLetters()).toEqual([])
  },
)
