// The operator's view and controls, on a whole system in memory: what is shown is what members tell through the log.
import { expect, test, vi } from 'vitest'
import { control } from '../../consumers/controls.ts'
import type { GroupView } from '../../consumers/groupView.ts'
import { developmentClient } from '../../process/clients.ts'
import { systemClock } from '../../process/clock.ts'
import { type MemorySystem, memorySystem } from './memorySystem.ts'

const patient = { timeout: 9_000, interval: 50 }
const path = '/v1/ops/groups'

async function workersOf(errand: MemorySystem, url: string): Promise<GroupView> {
  const { groups } = (await (await errand.get(url, path)).json()) as { groups: GroupView[] }
  return groups.find(({ name }) => name === 'workers.add')!
}

const tell = (errand: MemorySystem, url: string, verb: string, init: RequestInit = { method: 'POST' }) =>
  fetch(`${url}${path}/workers.add/${verb}`, {
    ...init,
    headers: {
      authorization: `Bearer ${developmentClient(errand.system.keyring).apiKey}`,
      'content-type': 'application/json',
    },
  })

const ask = async (errand: MemorySystem, url: string, data: object): Promise<string> =>
  ((await (await errand.ask(url, { data: { a: 1, b: 2, ...data } })).json()) as { id: string }).id

const statusOf = async (errand: MemorySystem, url: string, id: string): Promise<string> =>
  ((await (await errand.get(url, `/v1/requests/${id}`)).json()) as { status: string }).status

test('a slow request is shown as what its member works on and as what blocks, and nothing any more when it is done', async () => {
  const errand = await memorySystem()
  const { url } = await errand.start()
  const id = await ask(errand, url, { takesMs: 3_500 })
  await vi.waitFor(async () => {
    const view = await workersOf(errand, url)
    expect(view.members).toMatchObject([{ state: 'joined', running: 1, working: [{ id, attempt: 1, attempts: 3 }] }])
    expect(view.lag.records).toBe(1)
    expect(view.lag.seconds).toBeGreaterThan(0)
    expect(view.blocked).toEqual([expect.stringMatching(new RegExp(`waits for ${id}, attempt 1 of 3, running for`))])
  }, patient)
  await vi.waitFor(async () => {
    const view = await workersOf(errand, url)
    expect(view).toMatchObject({ lag: { records: 0, seconds: 0 }, blocked: [], members: [{ running: 0, working: [] }] })
  }, patient)
})

test('a paused group starts nothing, says so, and goes on when it is resumed; a process that starts meanwhile is paused too', async () => {
  const errand = await memorySystem()
  const { url } = await errand.start(['api', 'status'])
  expect(await (await tell(errand, url, 'pause')).json()).toMatchObject({ paused: true, concurrency: null })
  await errand.start(['workers'])
  const id = await ask(errand, url, {})
  await vi.waitFor(async () => {
    const view = await workersOf(errand, url)
    expect(view.control.paused).toBe(true)
    expect(view.blocked).toEqual([expect.stringMatching(/attempt 1 of 3, and the group is paused/)])
  }, patient)
  expect(await statusOf(errand, url, id)).toBe('queued')
  expect((await tell(errand, url, 'resume')).status).toBe(202)
  await vi.waitFor(async () => expect(await statusOf(errand, url, id)).toBe('succeeded'), patient)
})

test('concurrency is changed while a process runs, and taken back', async () => {
  const errand = await memorySystem()
  const { url } = await errand.start()
  const set = (concurrency: unknown) =>
    tell(errand, url, 'concurrency', { method: 'PUT', body: JSON.stringify({ concurrency }) })
  const shown = async () => (await workersOf(errand, url)).members.map((member) => member.concurrency)
  expect((await set(7)).status).toBe(202)
  await vi.waitFor(async () => expect(await shown()).toEqual([7]), patient)
  expect((await set(null)).status).toBe(202)
  await vi.waitFor(async () => expect(await shown()).toEqual([50]), patient)
  expect((await errand.records(errand.system.catalogue.controls)).at(-1)).toMatchObject({ value: null })
})

test('a control that makes no sense is ignored, and the next one counts', async () => {
  const errand = await memorySystem()
  const { system } = errand
  const options = { ...system, log: system.kafka, logger: system.log, clock: systemClock }
  const workers = system.catalogue.groups.find(({ role }) => role === 'workers')!
  await control(options, workers, { concurrency: 0 })
  const { url } = await errand.start()
  const shown = async () => (await workersOf(errand, url)).members.map((member) => member.concurrency)
  await vi.waitFor(async () => expect(await shown()).toEqual([50]), patient)
  await control(options, workers, { concurrency: 3 })
  await vi.waitFor(async () => expect(await shown()).toEqual([3]), patient)
})

test('a process that stops takes its member out of the view; the lag of a group that nobody runs is read from the log', async () => {
  const errand = await memorySystem()
  const { url } = await errand.start(['api', 'status'])
  const worker = await errand.start(['workers'])
  await vi.waitFor(async () => expect((await workersOf(errand, url)).members).toHaveLength(1), patient)
  await worker.stop()
  await ask(errand, url, {})
  const view = await workersOf(errand, url)
  expect(view.members).toEqual([])
  expect(view.blocked).toEqual(['no process runs this group'])
  expect(view.lag).toEqual({ records: 1, seconds: expect.any(Number) })
})
