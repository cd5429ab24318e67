// Two versions of an app side by side, and the way back.
import { expect, inject, test, vi } from 'vitest'
import { type RealSystem, type Running, realSystem } from './realSystem.ts'

const patient = { timeout: 90_000, interval: 100 }
const before = ['--app', 'tests/adder.ts'] as const

/** Asks so many times; the ids. */
async function ask(errand: RealSystem, { url }: Running, type: string, count: number): Promise<readonly string[]> {
  const callback = { callback: { url: errand.callbackUrl } }
  const responses = await Promise.all(
    Array.from({ length: count }, (_, n) => errand.ask(url, type === 'add' ? { a: n, b: 1 } : { n }, callback, type)),
  )
  expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([202]))
  return Promise.all(responses.map(async (response) => ((await response.json()) as { id: string }).id))
}

const calledBack = ({ callbacks }: RealSystem): readonly string[] => callbacks.map(({ id }) => id)

test('a request type that comes with a rolling deploy is worked on, shown and called back while the version before still runs, and a roll-back says what it leaves', async () => {
  const errand = await realSystem(inject('system'), { app: 'tests/adderNext.ts' })
  const old = await errand.start(...before)
  const first = await ask(errand, old, 'add', 20)
  const next = await errand.start()
  const both = [...(await ask(errand, next, 'double', 40)), ...(await ask(errand, old, 'add', 40))]
  await vi.waitFor(() => expect(calledBack(errand)).toEqual(expect.arrayContaining([...first, ...both])), patient)
  for (const id of both)
    for (const { url } of [old, next])
      expect(await (await errand.get(url, `/v1/requests/${id}?wait=30`)).json()).toMatchObject({ status: 'succeeded' })
  await next.program.stop()
  const api = await errand.start('api')
  const left = await ask(errand, api, 'double', 7)
  await Promise.all([api.program.stop(), old.program.stop()])
  const rolledBack = await errand.start(...before)
  await vi.waitFor(() => {
    expect(rolledBack.lines.filter(({ event }) => event === 'requests.leftBehind')).toMatchObject([
      { type: 'double', why: expect.stringMatching(/^7 requests of the type "double" wait/) },
    ])
  }, patient)
  await errand.start()
  await vi.waitFor(() => expect(calledBack(errand)).toEqual(expect.arrayContaining([...left])), patient)
})
