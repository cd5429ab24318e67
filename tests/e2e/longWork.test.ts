// Work that takes long, on a real broker and in real processes: the drain, threads, and the event loop.
import { expect, inject, test, vi } from 'vitest'
import { type RealSystem, type Running, realSystem } from './realSystem.ts'

const patient = { timeout: 90_000, interval: 100 }

const threaded = (): Promise<RealSystem> =>
  realSystem(inject('system'), { app: 'tests/threaded.ts', type: 'compute', env: { THREADED_TIMEOUT_MS: '20000' } })

/** Its id. */
async function ask({ apiKey, callbackUrl }: RealSystem, url: string, type: string, data: object): Promise<string> {
  const answer = await fetch(`${url}/v1/requests/${type}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ data, callback: { url: callbackUrl } }),
  })
  expect(answer.status).toBe(202)
  return ((await answer.json()) as { id: string }).id
}

const logged = ({ lines }: Running, name: string) => lines.filter(({ event }) => event === name)

const calledBack = ({ callbacks }: RealSystem, id: string) =>
  vi.waitFor(() => {
    const found = callbacks.find((each) => each.id === id)
    expect(found).toBeDefined()
    return found!
  }, patient)

async function stopped({ program }: Running): Promise<{ readonly code: number | string; readonly tookMs: number }> {
  const startMs = performance.now()
  await program.stop()
  return { code: await program.ended, tookMs: performance.now() - startMs }
}

test.each([
  ['wait', 'sleeps'],
  ['compute', 'spins'],
])(
  'SIGTERM with a handler that takes longer than the grace period (%s %s): it is told through its signal, or ended with its thread, the process ends in time, and another one does it again',
  async (type, what) => {
    const errand = await threaded()
    const { url } = await errand.start('api', 'callbacks', 'delay')
    const workers = await Promise.all([errand.start('workers'), errand.start('workers')])
    const id = await ask(errand, url, type, { what, ms: 7_000 })
    const began = () => workers.filter((worker) => logged(worker, 'work.began').length > 0)
    await vi.waitFor(() => expect(began()).toHaveLength(1), patient)
    const [first] = began()
    const second = workers.find((worker) => worker !== first)!
    const { code, tookMs } = await stopped(first!)
    expect(code).toBe(0)
    expect(tookMs).toBeLessThan(9_000) // 3 s of grace, 2 s to abort, the rest to flush, commit and leave
    const { type: told, result } = await calledBack(errand, id)
    expect(told).toBe(`${type}.succeeded`)
    expect((result as { pid: number }).pid).toBe(second.program.pid)
    await vi.waitFor(() => expect(logged(second, 'work.began')).toMatchObject([{ id, attempt: 1 }]), patient)
    expect((await stopped(second)).code).toBe(0)
  },
)

test('a handler whose thread dies has failed, its process lives, and threads do what comes next', async () => {
  const errand = await threaded()
  const { url } = await errand.start('api', 'callbacks', 'delay')
  const worker = await errand.start('workers', 'subscribers')
  const dies = await ask(errand, url, 'compute', { what: 'exits' })
  expect((await calledBack(errand, dies)).type).toBe('compute.failed')
  const rejected = await ask(errand, url, 'compute', { what: 'rejects' })
  const goes = await ask(errand, url, 'compute', { what: '', bytes: 'AAH/' })
  expect((await calledBack(errand, rejected)).type).toBe('compute.failed')
  const { result } = await calledBack(errand, goes)
  expect(result).toMatchObject({ pid: worker.program.pid, bytes: 'AAH/' })
  expect((result as { thread: number }).thread).toBeGreaterThan(0)
  const handled = (request: string) => logged(worker, 'request.handled').filter(({ id }) => id === request)
  await vi.waitFor(
    () =>
      expect(handled(dies)).toMatchObject([
        { attempt: 1, ended: 'again', code: 'thread-ended' },
        { attempt: 2, ended: 'gaveUp', code: 'retries-exhausted' },
      ]),
    patient,
  )
  await vi.waitFor(() => expect(handled(rejected)).toMatchObject([{ ended: 'rejected' }]), patient)
  await vi.waitFor(() => expect(logged(worker, 'computed.followed')).toMatchObject([{ isMainThread: false }]), patient)
  expect((await stopped(worker)).code).toBe(0)
  const closed = () => logged(worker, 'resources.closed').map(({ thread }) => thread !== undefined)
  await vi.waitFor(() => expect(new Set(closed())).toEqual(new Set([true, false])), patient)
})

test('a handler that blocks the event loop is logged with its id, and one in a thread is not', async () => {
  const errand = await threaded()
  const { url } = await errand.start('api', 'callbacks', 'delay')
  const worker = await errand.start('workers')
  const calm = await ask(errand, url, 'compute', { what: 'spins', ms: 1_500 })
  await calledBack(errand, calm)
  const blocking = await ask(errand, url, 'wait', { what: 'spins', ms: 1_500 })
  const later = await ask(errand, url, 'wait', { what: 'spins-later', ms: 1_500 })
  await Promise.all([calledBack(errand, blocking), calledBack(errand, later)])
  const group = `${errand.system.catalogue.namespace}.workers.wait`
  await vi.waitFor(() => {
    const lines = logged(worker, 'eventLoop.blocked')
    expect(lines).toContainEqual(expect.objectContaining({ group, id: blocking, attempt: 1, level: 40 }))
    expect(lines).toContainEqual(
      expect.objectContaining({ oneOf: expect.arrayContaining([{ group, id: later, attempt: 1 }]) }),
    )
    expect(JSON.stringify(lines)).not.toContain(calm)
  }, patient)
})
