// docs/testing.md, word for word: each of its blocks stands here or in the example's own tests, and does what it says.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { defineApp, type RecordType, request, UnavailableError } from '../../../app/index.ts'
import app, { flightLanded } from '../../../examples/flights/app.ts'
import { resources as opened } from '../../../examples/flights/resources.ts'
import { type IncomingCallback, judge, testApp } from '../../../testing/index.ts'

const page = readFileSync('docs/testing.md', 'utf8')
const folder = mkdtempSync(join(tmpdir(), 'flights-'))
afterAll(() => rmSync(folder, { recursive: true }))
let opening = 0
const resources: typeof opened = ({ log }) => opened({ env: { FLIGHTS_DATA: join(folder, `${++opening}`) }, log })

describe('the page', () => {
  const blocks = [...page.matchAll(/```(\w+)\n([\s\S]*?)```/g)].map(([, language, text = '']) => ({ language, text }))

  test('has only code that is run', () => {
    const run = ['tests/unit/testing/testingPage.test.ts', 'examples/flights/tests/punctuality.test.ts']
      .map((file) => readFileSync(file, 'utf8'))
      .join('\n')
    const code = blocks.filter(({ language }) => language === 'ts')
    expect(code).toHaveLength(6)
    expect(code.filter(({ text }) => !run.includes(text)).map(({ text }) => text)).toEqual([])
  })

  test('names only scripts that there are', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'))
    const named = [...page.matchAll(/npm run (test:[a-z]+)|npm (test)\b/g)].map(([, run, plain]) => run ?? plain)
    expect(named.length).toBeGreaterThan(4)
    expect(named.filter((name) => !(name! in scripts))).toEqual([])
  })

  test('shows how a run fails that does not come to an end', async () => {
    const waiting = request(Text, Text, () => Promise.reject(new UnavailableError(60_000)))
    await using errand = await testApp(defineApp({ name: 'printing', requests: { print: waiting } }), { seed: 7 })
    await errand.submit('print', { text: 'hello' })
    const shown = blocks.find(({ language }) => language === 'text')?.text.trim() ?? ''
    await expect(errand.settled()).rejects.toThrow(shown)
  })
})

type Text = { readonly text: string }
const Text: RecordType<Text> = {
  name: 'converting.Text',
  schema: { type: 'record', name: 'Text', namespace: 'converting', fields: [{ name: 'text', type: 'string' }] },
}

type Converting = { readonly convert: (text: string) => Promise<string> }
const converting = defineApp({
  name: 'converting',
  resources: async (): Promise<Converting> => ({ convert: async (text) => text }),
  requests: {
    convert: request(Text, Text, async ({ text }, { resources: { convert } }) => ({ text: await convert(text) })),
  },
})

test('a receiver that is down at first is told all the same', async () => {
  const receiver = ({ attempt }: IncomingCallback) => (attempt < 2 ? undefined : 204)
  await using errand = await testApp(app, { resources, receiver })
  const sent = await errand.submit('punctuality', { airport: 'XXX', from: '2001-01-01', to: '2001-02-01' })
  await errand.settled()
  expect(sent.callbacks).toHaveLength(1)
  expect(await sent.resource()).toMatchObject({ callback: { status: 'delivered', attempts: 2 } })
})

test('a client is told that no flight left', async () => {
  await using errand = await testApp(app, { resources })
  const sent = await errand.submit('punctuality', { airport: 'XXX', from: '2001-01-01', to: '2001-02-01' })
  await errand.settled()
  expect(sent.callbacks).toMatchObject([{ type: 'punctuality.failed', data: { error: { code: 'no-flights' } } }])
})

test.each([1, 2, 3])('whatever goes wrong, each flight counts once, under seed %i', async (seed) => {
  await using errand = await testApp(app, { resources, seed, faults: {} })
  for (const origin of ['JFK', 'ORD', 'JFK', 'JFK'])
    await errand.produce(flightLanded, {
      date: '2001/01/05 08:00',
      delay: 5,
      distance: 733,
      origin,
      destination: 'LGA',
    })
  await errand.settled()
  const sent = await errand.submit('punctuality', { airport: 'JFK', from: '2001-01-01', to: '2001-02-01' })
  await errand.settled()
  expect(sent.callbacks[0]).toMatchObject({ data: { result: { flights: 3 } } })
})

test('a text that takes all memory is given up, and no other is', async () => {
  const resources = ({ crash }: { crash: () => Promise<never> }) => ({
    convert: async (text: string) => (text === 'bomb' ? crash() : text.toUpperCase()),
  })
  await using errand = await testApp(converting, { resources })
  const bomb = await errand.submit('convert', { text: 'bomb' })
  const other = await errand.submit('convert', { text: 'hello' })
  await errand.settled()
  expect(bomb.callbacks).toMatchObject([{ type: 'convert.failed' }])
  expect(other.callbacks).toMatchObject([{ type: 'convert.succeeded', data: { result: { text: 'HELLO' } } }])
  expect(await errand.deadLetters()).toMatchObject([{ id: bomb.id, code: 'killed-its-process' }])
})

test('the checker names what was lost, and what came in the wrong order', () => {
  const { problems } = judge([
    { kind: 'accepted', id: 'first', key: 'ORD', order: 0 },
    { kind: 'accepted', id: 'second', key: 'ORD', order: 1 },
    { kind: 'began', id: 'second', owner: 'worker 1' },
    { kind: 'ended', id: 'second', owner: 'worker 1', how: 'done' },
    { kind: 'began', id: 'first', owner: 'worker 1' },
    { kind: 'gone', owner: 'worker 1' },
  ])
  expect(problems).toEqual([
    'first began after second, which came after it under the same key ORD, at worker 1',
    'first was accepted, and is lost',
  ])
})
