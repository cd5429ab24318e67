// Two versions of schemas at run time: producers and consumers of both, at once, in processes of their own.
import { expect, inject, test, vi } from 'vitest'
import { type RealSystem, type Running, realSystem } from './realSystem.ts'

const patient = { timeout: 90_000, interval: 1_000 }

/** What a handler of one version gets of what the other, or its own, has written. */
const golden = {
  'v1 by v1': { writer: 'v1', pilot: 'Ann' },
  'v1 by v2': { writer: 'v1', gate: '?' },
  'v2 by v1': { writer: 'v2', pilot: 'nobody' },
  'v2 by v2': { writer: 'v2', gate: 'D7' },
}
/** A client is told a result as it was written, whoever renders it (I5). */
const told = { v1: { remark: 'fine' }, v2: { wind: 3 } }
const ways = Object.keys(golden).sort()

type Told = { readonly by: 'v1' | 'v2'; readonly got: string }
const wayOf = ({ by, got }: { readonly by: string; readonly got: string }): string =>
  `${(JSON.parse(got) as { writer: string }).writer} by ${by}`

async function ask(errand: RealSystem, { url }: Running, data: object): Promise<void> {
  const all = await Promise.all(Array.from({ length: 8 }, (_, n) => errand.ask(url, { flight: `KL${n}`, ...data })))
  expect(new Set(all.map(({ status }) => status))).toEqual(new Set([202]))
}

test('requests, events and results of v1 and v2 are read by both, each with its own fields, while both run', async () => {
  const env = { ERRAND_SCHEMAS: 'register' } // who comes second registers what only he writes
  const errand = await realSystem(inject('system'), { app: 'tests/landerNext.ts', type: 'land', env })
  const [old, next] = await Promise.all([errand.start('--app', 'tests/lander.ts'), errand.start()])
  expect(old.lines.filter(({ event }) => event === 'schema.registered')).toHaveLength(3)
  expect(next.lines.filter(({ event }) => event === 'schema.registered')).toHaveLength(0)
  const answers = (): readonly Told[] => errand.callbacks.map(({ result }) => result as Told)
  const seen = (): readonly Told[] =>
    [old, next].flatMap(({ lines }) => lines.filter(({ event }) => event === 'landed.seen') as unknown as Told[])
  await vi.waitFor(async () => {
    await ask(errand, old, { writer: 'v1', pilot: 'Ann' })
    await ask(errand, next, { writer: 'v2', gate: 'D7' })
    expect([...new Set(answers().map(wayOf))].sort()).toEqual(ways)
    expect([...new Set(seen().map(wayOf))].sort()).toEqual(ways)
  }, patient)
  for (const { by, got, ...rest } of answers()) {
    expect(JSON.parse(got)).toEqual({
      flight: expect.stringMatching(/^KL\d$/),
      ...golden[wayOf({ by, got }) as keyof typeof golden],
    })
    expect(rest).toEqual(told[by])
  }
  for (const each of seen()) expect(JSON.parse(each.got)).toMatchObject(golden[wayOf(each) as keyof typeof golden])
  expect([old, next].flatMap(({ lines }) => lines.filter(({ event }) => event === 'record.deadLettered'))).toEqual([])
})
