// Retries of a whole app in virtual time: when they come, what they hold up, and what an outage of a dependency costs.
import { expect, test } from 'vitest'
import { type Context, defineApp, type RecordType, request, UnavailableError } from '../../app/index.ts'
import type { Clock } from '../../process/clock.ts'
import { testApp } from '../../testing/index.ts'

type Text = { readonly text: string }
const Text: RecordType<Text> = {
  name: 't.Text',
  schema: { type: 'record', name: 'Text', namespace: 't', fields: [{ name: 'text', type: 'string' }] },
}

type Resources = {
  readonly clock: Clock
  /** When each try began, and which it was. */
  readonly tries: { readonly text: string; readonly atMs: number; readonly attempt: number }[]
  /** Throws where the handler is to fail. */
  readonly fail: (text: string, attempt: number) => void
}

const secondMs = 1_000
const hourMs = 3_600_000

async function work({ text }: Text, { attempt, resources }: Context<Resources>): Promise<Text> {
  resources.tries.push({ text, attempt, atMs: resources.clock.now() })
  resources.fail(text, attempt)
  return { text }
}

const app = defineApp({
  name: 'retrying',
  partitions: 2,
  resources: async (): Promise<Resources> => {
    throw new TypeError('a test gives its own')
  },
  requests: {
    short: request(Text, Text, work, {
      retry: { attempts: 6, firstWaitMs: secondMs, maxWaitMs: 8 * secondMs },
      orderingKey: true,
    }),
    hurried: request(Text, Text, work, {
      retry: { attempts: 1_000, firstWaitMs: secondMs, maxWaitMs: secondMs, withinMs: 30 * secondMs },
    }),
    picky: request(Text, Text, work, { retry: { when: (error) => !(error instanceof TypeError) } }),
    other: request(Text, Text, work),
    patient: request(Text, Text, work, { retry: { attempts: 8, firstWaitMs: hourMs, maxWaitMs: 4 * hourMs } }),
  },
})

const retrying = async (fail: Resources['fail']) => {
  const tries: Resources['tries'] = []
  const errand = await testApp(app, { resources: ({ clock }) => ({ clock, tries, fail }) })
  return Object.assign(errand, { tries })
}

const always = (): void => {
  throw new Error('no')
}

const waitsOf = (tries: Resources['tries']): readonly number[] =>
  tries.slice(1).map(({ atMs }, index) => atMs - tries[index]!.atMs)

test('each wait is drawn from none to a longest one, which doubles up to its cap; then it is a dead letter', async () => {
  await using errand = await retrying(always)
  await errand.submit('short', { text: 'a' })
  await errand.settled()
  expect(errand.tries.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4, 5, 6])
  const waits = waitsOf(errand.tries)
  for (const [index, longest] of [1, 2, 4, 8, 8].entries()) expect(waits[index]).toBeLessThanOrEqual(longest * secondMs)
  expect(Math.max(...waits)).toBeGreaterThan(secondMs) // the jitter is drawn from the seed
  expect(await errand.deadLetters()).toMatchObject([{ code: 'retries-exhausted', message: 'no' }])
})

test('a key waits for the one before it, and other keys do not', async () => {
  await using errand = await retrying((text, attempt) => (text === 'a' && attempt < 6 ? always() : undefined))
  for (const [text, orderingKey] of [
    ['a', 'k'],
    ['behind a', 'k'],
    ['b', 'l'],
  ] as const)
    await errand.submit('short', { text }, { orderingKey })
  await errand.settled()
  const order = errand.tries.filter(({ text, attempt }) => text !== 'a' || attempt === 6).map(({ text }) => text)
  expect(order).toEqual(['b', 'a', 'behind a'])
})

test('no try begins later after the first failure than the policy says', async () => {
  await using errand = await retrying(always)
  await errand.submit('hurried', { text: 'a' })
  await errand.settled()
  const [first, last] = [errand.tries[0]!, errand.tries.at(-1)!]
  expect(last.atMs - first.atMs).toBeLessThanOrEqual(30 * secondMs)
  expect(last.atMs - first.atMs).toBeGreaterThan(25 * secondMs)
  expect(await errand.deadLetters()).toMatchObject([{ code: 'retries-exhausted' }])
})

test('an error that the policy calls hopeless is a dead letter now', async () => {
  await using errand = await retrying((text) => {
    throw text === 'hopeless' ? new TypeError('no such field') : new Error('no')
  })
  await errand.submit('picky', { text: 'hopeless' })
  await errand.settled()
  expect(errand.tries).toHaveLength(1)
  expect(await errand.deadLetters()).toMatchObject([{ code: 'not-retriable', message: 'no such field' }])
})

test('an outage of a minute, told by UnavailableError, burns no attempt of hundreds of requests and calls the handler a handful of times; another type goes on', async () => {
  await using errand = await retrying((text) => {
    if (errand.clock.now() < untilMs && text !== 'other')
      throw new UnavailableError(10 * secondMs, 'the bank is closed')
  })
  const untilMs = errand.clock.now() + 60 * secondMs
  const sent = await Promise.all(
    Array.from({ length: 300 }, (_, number) => errand.submit('hurried', { text: `${number}` })),
  )
  await errand.submit('other', { text: 'other' })
  await errand.settled()
  const during = errand.tries.filter(({ text, atMs }) => text !== 'other' && atMs < untilMs)
  expect(during.length).toBeLessThanOrEqual(50 + 6) // what ran at once when it began, and a trial every ten seconds
  expect(new Set(errand.tries.map(({ attempt }) => attempt))).toEqual(new Set([1]))
  expect(errand.tries.find(({ text }) => text === 'other')!.atMs).toBeLessThan(untilMs)
  expect(sent.every(({ callbacks }) => callbacks[0]?.type === 'hurried.succeeded')).toBe(true)
  expect(await errand.deadLetters()).toEqual([])
})

test('waits of hours are kept through delay, in which nothing is held; attempts go on counting, and the client sees one request', async () => {
  await using errand = await retrying((_, attempt) => (attempt < 8 ? always() : undefined))
  const sent = await errand.submit('patient', { text: 'a' }, { withinMs: 30 * hourMs })
  await errand.settled()
  expect(errand.tries.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  const waits = waitsOf(errand.tries)
  for (const [index, longest] of [1, 2, 4, 4, 4, 4, 4].entries())
    expect(waits[index]).toBeLessThanOrEqual(longest * hourMs + secondMs)
  expect(Math.max(...waits)).toBeGreaterThan(hourMs)
  expect(sent.callbacks).toMatchObject([{ type: 'patient.succeeded', data: { run: 1 } }])
  expect(await sent.resource()).toMatchObject({ status: 'succeeded', attempt: 8, run: 1 })
})

test('a deadline ends what waits in delay', async () => {
  await using errand = await retrying(always)
  const deadlineMs = errand.clock.now() + hourMs
  const sent = await errand.submit('patient', { text: 'a' }, { withinMs: hourMs })
  await errand.settled()
  expect(sent.callbacks).toMatchObject([{ type: 'patient.expired' }])
  expect(errand.tries.every(({ atMs }) => atMs < deadlineMs)).toBe(true)
  expect(Date.parse((await sent.resource()).finishedAt!) - deadlineMs).toBeLessThan(secondMs)
  expect(await errand.deadLetters()).toEqual([])
})

test('attempts that are used up after hours in delay end in a dead letter', async () => {
  await using errand = await retrying(always)
  const sent = await errand.submit('patient', { text: 'a' })
  await errand.settled()
  expect(errand.tries).toHaveLength(8)
  expect(await errand.deadLetters()).toMatchObject([{ id: sent.id, code: 'retries-exhausted', message: 'no' }])
})

test.each([
  ['in place', 5 * secondMs],
  ['through delay', 6 * 24 * hourMs],
])('a request that is not to run at once waits for its time %s, and then runs', async (_, afterMs) => {
  await using errand = await retrying(() => undefined)
  const dueMs = errand.clock.now() + afterMs
  const sent = await errand.submit('other', { text: 'a' }, { afterMs })
  await errand.submit('other', { text: 'at once' })
  expect(await sent.resource()).toMatchObject({ attempt: 0 })
  while ((await sent.resource()).runAt === undefined) await errand.clock.sleep(10)
  expect(await sent.resource()).toMatchObject({ status: 'scheduled', runAt: new Date(dueMs).toISOString() })
  await errand.settled()
  const [first, second, ...others] = errand.tries
  expect([first!.text, second!.text, others.length]).toEqual(['at once', 'a', 0])
  expect(second!.atMs).toBeGreaterThanOrEqual(dueMs)
  expect(second!.atMs).toBeLessThan(dueMs + secondMs)
  expect(second!.attempt).toBe(1)
  expect(sent.callbacks).toMatchObject([{ type: 'other.succeeded' }])
})
