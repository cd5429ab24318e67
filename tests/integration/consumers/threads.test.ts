// Handler threads, real ones, with the app of tests/threaded.ts.
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { expect, onTestFinished, test, vi } from 'vitest'
import { ErrandError, PermanentError, RejectedError, UnavailableError } from '../../../app/errors.ts'
import type { App } from '../../../app/index.ts'
import { defaultRetry } from '../../../app/retry.ts'
import { attempt } from '../../../consumers/attempt.ts'
import { isolationOf } from '../../../consumers/isolation.ts'
import { pipeline } from '../../../consumers/pipeline.ts'
import type { Platform } from '../../../consumers/role.ts'
import { type Call, pack, unpack } from '../../../consumers/threads/crossing.ts'
import { Threads } from '../../../consumers/threads/threads.ts'
import type { Group } from '../../../kafka/catalogue.ts'
import { systemClock } from '../../../process/clock.ts'
import { type LoggedLine, testContext } from '../../../testing/testContext.ts'
import app from '../../threaded.ts'

const program = new URL('../../../bin/handlerThread.ts', import.meta.url)
const appFile = fileURLToPath(new URL('../../threaded.ts', import.meta.url))
const never = new AbortController().signal

type Started = {
  readonly threads: Threads
  readonly logged: readonly LoggedLine[]
  readonly workers: readonly Worker[]
}

function start({ size = 1, heapMb = 256 } = {}): Started {
  const { log: logger, logged } = testContext()
  const workers: Worker[] = []
  const start = (): Worker => {
    const bindings = { thread: workers.length + 1 }
    const worker = new Worker(program, {
      workerData: { appFile, bindings },
      resourceLimits: { maxOldGenerationSizeMb: heapMb },
    })
    workers.push(worker)
    return worker
  }
  const threads = new Threads({ start, size, logger, clock: systemClock })
  onTestFinished(() => threads[Symbol.asyncDispose]())
  return { threads, logged, workers }
}

const call = (what: string, ms = 0): Call => ({
  ...{ kind: 'request', name: 'compute', input: pack({ what, ms, bytes: Buffer.from('as it was') }) },
  context: { id: what, key: null, attempt: 1, run: 1, headers: {} },
  bindings: { group: 'g', id: what, attempt: 1 },
})

/** One attempt in a thread, as the pipeline makes it. */
async function tryOnce(threads: Threads, made: Call, { timeoutMs = 20_000, graceMs = 5_000, signal = never } = {}) {
  using thread = await threads.take(signal)
  const work = (own: AbortSignal) => thread!.run(made, { signal: own, onProgress: () => undefined })
  return await attempt(work, { timeoutMs, graceMs, signal, clock: systemClock })
}

const events = (logged: readonly LoggedLine[], name: string) =>
  logged.filter(({ event }) => event === name).map(({ fields }) => fields)

test('plain data arrive as what they were', () => {
  const value = {
    buffer: Buffer.from('b'),
    bytes: new Uint8Array([1, 2]),
    floats: new Float64Array([1.5]),
    big: 2n ** 70n,
    at: new Date(7),
    map: new Map([['k', new Set([1])]]),
    nothing: [null, undefined, Number.NaN, -0],
  }
  const arrived = unpack(pack(value)) as typeof value
  expect(arrived).toStrictEqual(value)
  expect([Buffer.isBuffer(arrived.buffer), Buffer.isBuffer(arrived.bytes)]).toEqual([true, false])
  expect(() => pack({ each: () => undefined })).toThrow(expect.objectContaining({ code: 'not-cloneable' }))
})

test('a handler runs in a thread with resources of its own, opened once, and what it returns, sends, logs and reports arrives', async () => {
  const { threads, logged } = start()
  const reports: number[] = []
  using thread = await threads.take(never)
  const onProgress = ({ fraction }: { fraction: number }) => void reports.push(fraction)
  const { output, sent } = await thread!.run(call('spins', 700), { signal: never, onProgress })
  expect(output).toMatchObject({ pid: process.pid, bytes: Buffer.from('as it was') })
  expect(Buffer.isBuffer((output as { bytes: unknown }).bytes)).toBe(true)
  expect(sent).toEqual([{ event: 0, record: output }])
  expect(reports.length).toBeGreaterThan(1)
  expect(reports.length).toBeLessThan(6)
  await thread!.run(call('sleeps'), { signal: never, onProgress })
  expect(events(logged, 'resources.opened')).toEqual([{ thread: 1 }])
  const { thread: id } = output as { thread: number }
  expect(events(logged, 'work.began')).toMatchObject([
    { group: 'g', id: 'spins', attempt: 1, what: 'spins', thread: id, openedIn: id },
    { id: 'sleeps' },
  ])
})

test('an error keeps its kind, its words and where it was thrown', async () => {
  const { threads } = start()
  const thrownBy = async (what: string) => {
    const end = await tryOnce(threads, call(what))
    return end.kind === 'threw' ? end.error : end
  }
  const rejected = (await thrownBy('rejects')) as RejectedError
  expect(rejected).toBeInstanceOf(RejectedError)
  expect(rejected).toMatchObject({ code: 'will-not', message: 'this is not to be done', details: { ms: 0 } })
  expect(await thrownBy('permanent')).toBeInstanceOf(PermanentError)
  const unavailable = await thrownBy('unavailable')
  expect(unavailable).toBeInstanceOf(UnavailableError)
  expect(unavailable).toMatchObject({ afterMs: 1_234 })
  expect(await thrownBy('errand')).toMatchObject({ code: 'of-its-own' })
  const broken = (await thrownBy('broken')) as Error
  expect(broken).not.toBeInstanceOf(ErrandError)
  expect(broken).toMatchObject({
    name: 'RangeError',
    message: 'too far',
    stack: expect.stringContaining('threaded.ts'),
  })
  expect(await thrownBy('throws-text')).toBe('no error at all')
  expect(await thrownBy('returns-a-function')).toMatchObject({ code: 'not-cloneable' })
  expect(await thrownBy('sends-unlisted')).toMatchObject({ code: 'unlisted-event' })
})

test('a handler that heeds its signal ends at its timeout, and its thread is kept', async () => {
  const { threads, workers } = start()
  const began = performance.now()
  expect(await tryOnce(threads, call('sleeps', 60_000), { timeoutMs: 100 })).toEqual({ kind: 'timedOut' })
  expect(performance.now() - began).toBeLessThan(10_000)
  expect(await tryOnce(threads, call('sleeps'))).toMatchObject({ kind: 'returned' })
  expect(workers).toHaveLength(1)
})

test('a loop that never yields is ended with its thread at its timeout, and another takes its place', async () => {
  const { threads, logged, workers } = start()
  await tryOnce(threads, call('sleeps'))
  const began = performance.now()
  expect(await tryOnce(threads, call('spins', 60_000), { timeoutMs: 300, graceMs: 30_000 })).toEqual({
    kind: 'timedOut',
  })
  expect(performance.now() - began).toBeLessThan(5_000)
  expect(await tryOnce(threads, call('sleeps'))).toMatchObject({ kind: 'returned' })
  expect(workers).toHaveLength(2)
  expect(events(logged, 'thread.terminated')).toEqual([expect.objectContaining({ group: 'g', id: 'spins' })])
})

test('one that yields and ignores its signal has its grace, then its thread is ended', async () => {
  const { threads, workers } = start()
  const end = await tryOnce(threads, call('ignores-its-signal', 60_000), { timeoutMs: 100, graceMs: 1_500 })
  expect(end).toEqual({ kind: 'timedOut' })
  expect(await tryOnce(threads, call('ignores-its-signal', 400), { timeoutMs: 100 })).toMatchObject({
    kind: 'returned',
  })
  expect(workers).toHaveLength(2)
})

test.each([
  ['exits', 'process.exit, and its exit code is 7'],
  ['throws-uncaught', 'nobody caught Error: out of nowhere'],
  ['hoards', 'ran out of memory'],
])('a thread that ends because its handler %s fails that attempt alone', async (what, why) => {
  const { threads, logged } = start({ heapMb: 32 })
  const end = await tryOnce(threads, call(what))
  expect(end).toMatchObject({ kind: 'threw', error: { code: 'thread-ended', message: expect.stringContaining(why) } })
  expect(events(logged, 'thread.ended')).toEqual([expect.objectContaining({ id: what })])
  expect(await tryOnce(threads, call('sleeps'))).toMatchObject({ kind: 'returned' })
})

test('there are never more threads than said; who waits for one loses nothing of its time, and gives up with its signal', async () => {
  const { threads, workers } = start({ size: 2 })
  const moved = new AbortController()
  const ends = Promise.all(Array.from({ length: 6 }, () => tryOnce(threads, call('sleeps', 600), { timeoutMs: 1_000 })))
  const waiting = tryOnce(threads, call('sleeps'), { signal: moved.signal }).catch(() => 'gave up')
  moved.abort()
  expect(await waiting).not.toMatchObject({ kind: 'returned' })
  expect((await ends).map(({ kind }) => kind)).toEqual(new Array(6).fill('returned'))
  expect(workers).toHaveLength(2)
})

test('to the pipeline it is a handler like any other, and as many run at once as there are threads', async () => {
  const { threads, logged, workers } = start()
  const group = { id: 'g', name: 'compute', role: 'workers' } as Group
  const isolation = isolationOf({ app: app as App, threads, concurrency: 50 } as Platform, group)!
  expect(isolation.concurrency).toBe(1)
  expect(isolationOf({ app: app as App, threads } as Platform, { ...group, name: 'wait' })).toBeUndefined()
  expect(isolationOf({ app: app as App } as Platform, group)).toBeUndefined()
  const reports: number[] = []
  const handle = pipeline<unknown, unknown, unknown>({
    ...{ group: 'g', enter: isolation.enter, resources: undefined, clock: systemClock, logger: testContext().log },
    decode: () => ({ what: 'spins', ms: 300, bytes: Buffer.from('b') }),
    handler: () => Promise.reject(new Error('never in place')),
    conclude: async (output, sent) => ({ output, sent: sent.map(({ event }) => event.name) }),
    ...{ timeoutMs: 1_000, retry: { ...defaultRetry, attempts: 1 } },
  })
  const record = { topic: 't', partition: 0, offset: 0n, timestampMs: 0, key: null, value: null, headers: new Map() }
  const tries = [1, 2, 3, 4].map((number) =>
    handle({
      message: { record, attempt: number, signal: never },
      attributes: { id: 'a', run: 1, own: {} } as never,
      onProgress: ({ fraction }) => reports.push(fraction),
    }),
  )
  const succeeded = { kind: 'succeeded', value: { output: { bytes: Buffer.from('b') }, sent: ['computed'] } }
  expect(await Promise.all(tries)).toMatchObject([succeeded, succeeded, succeeded, succeeded])
  expect(events(logged, 'work.began').map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4])
  expect([workers.length, reports.length > 3]).toEqual([1, true])
})

test('at the end idle threads close their resources, busy ones are ended, and none is left', async () => {
  const { threads, logged, workers } = start({ size: 2 })
  const ends = [tryOnce(threads, call('spins', 60_000)), tryOnce(threads, call('sleeps'))]
  await ends[1]
  await vi.waitFor(() => expect(events(logged, 'work.began')).toHaveLength(2), { timeout: 10_000 })
  const exits = workers.map((worker) => new Promise((resolve) => worker.once('exit', resolve)))
  await threads[Symbol.asyncDispose]()
  await Promise.all(exits)
  expect(events(logged, 'resources.closed')).toHaveLength(1)
  expect(await ends[0]).toMatchObject({ kind: 'threw' })
  await expect(threads.take(never)).rejects.toMatchObject({ code: 'threads-closed' })
})

test('an app that cannot be loaded is said to whoever wanted the thread', async () => {
  const { log: logger } = testContext()
  const start = () => new Worker(program, { workerData: { appFile: '/nowhere.ts', bindings: {} } })
  await using threads = new Threads({ start, size: 1, logger, clock: systemClock })
  for (const _ of [1, 2])
    await expect(threads.take(never)).rejects.toMatchObject({ message: expect.stringContaining('/nowhere.ts') })
})
