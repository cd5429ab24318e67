// `errand groups` on real processes and a real broker: what it shows, and that what it tells counts without a restart.
import { expect, inject, test, vi } from 'vitest'
import type { GroupView } from '../../consumers/groupView.ts'
import { command } from './commands.ts'
import { atOnce, type RealSystem, type Running, realSystem } from './realSystem.ts'

const patient = { timeout: 60_000, interval: 250 }
const path = '/v1/ops/groups'

const errandGroups = async (errand: RealSystem, ...args: readonly string[]) => {
  const run = command('errand', ['groups', ...args, '--app', 'tests/adder.ts'], errand.env)
  return { code: await run.ended, output: run.output() }
}

async function workersOf(errand: RealSystem, url: string): Promise<GroupView> {
  const { groups } = (await (await errand.get(url, path)).json()) as { groups: GroupView[] }
  return groups.find(({ name }) => name === 'workers.add')!
}

const handledBy = ({ lines }: Running): number => lines.filter(({ event }) => event === 'request.handled').length

const askFor = (errand: RealSystem, url: string, count: number, data: object) =>
  atOnce(Array.from({ length: count }).keys(), 16, async (a) => {
    expect((await errand.ask(url, { a, b: 1, ...data })).status).toBe(202)
  })

test('two workers are shown with what they hold, a slow request is what blocks, and a member that was killed does not stay', async () => {
  const errand = await realSystem(inject('system'))
  const nobody = await errandGroups(errand, 'workers.add')
  expect(nobody).toEqual({ code: 0, output: 'workers.add   no lag   0/s   nobody runs it\n' })
  const { url } = await errand.start('api', 'status')
  const [victim] = await Promise.all([errand.start('workers'), errand.start('workers', '--concurrency', '7')])
  const { id } = (await (await errand.ask(url, { a: 1, b: 1, takesMs: 9_000 })).json()) as { id: string }
  await vi.waitFor(async () => {
    const view = await workersOf(errand, url)
    expect(view.members.map((member) => member.concurrency).sort()).toEqual([50, 7])
    expect(new Set(view.partitions.map(({ process }) => process))).toEqual(
      new Set(view.members.map(({ process }) => process)),
    )
    expect(view.blocked).toEqual([expect.stringContaining(`waits for ${id}, attempt 1 of 3, running for`)])
  }, patient)
  const shown = await errandGroups(errand, `${errand.system.catalogue.namespace}.workers.add`)
  expect([shown.code, shown.output]).toEqual([
    0,
    expect.stringMatching(/workers\.add .*2 members[\s\S]* {2}! partition \d/),
  ])
  await victim.program.stop('SIGKILL')
  await vi.waitFor(async () => {
    const states = (await workersOf(errand, url)).members.map(({ pid, state }) => [pid === victim.program.pid, state])
    expect(states).toContainEqual([true, 'silent'])
    expect(states).toContainEqual([false, 'joined'])
  }, patient)
  await vi.waitFor(
    async () => {
      const view = await workersOf(errand, url)
      expect(view.members).toHaveLength(1)
      expect(view).toMatchObject({ lag: { records: 0, seconds: 0 }, blocked: [] })
    },
    { ...patient, timeout: 90_000 },
  )
}, 200_000)

test('pause stops the work of both processes, concurrency counts at once, and resume lets them go on', async () => {
  const errand = await realSystem(inject('system'))
  const { url } = await errand.start('api', 'status')
  const workers = await Promise.all([errand.start('workers'), errand.start('workers')])
  const handled = () => workers.reduce((sum, each) => sum + handledBy(each), 0)
  const paused = await errandGroups(errand, 'pause', 'workers.add')
  expect([paused.code, paused.output]).toEqual([
    0,
    expect.stringMatching(/^workers\.add: paused(.*\n){1}(.*taken it up.*\n){2}$/),
  ])
  await askFor(errand, url, 60, { takesMs: 20 })
  await vi.waitFor(async () => expect((await workersOf(errand, url)).blocked.join()).toContain('paused'), patient)
  expect(handled()).toBe(0)
  const set = await errandGroups(errand, 'concurrency', 'workers.add', '3', '--json')
  expect(set.code).toBe(0)
  expect(JSON.parse(set.output)).toMatchObject({ name: 'workers.add', paused: true, concurrency: 3, late: [] })
  expect((await errandGroups(errand, 'resume', 'workers.add')).code).toBe(0)
  await vi.waitFor(() => expect(handled()).toBe(60), patient)
  const view = await workersOf(errand, url)
  expect(view.members.map(({ concurrency }) => concurrency)).toEqual([3, 3])
  expect(workers.flatMap(({ lines }) => lines).filter(({ event }) => event === 'group.controlled').length).toBe(6)
}, 120_000)

test('what cannot be is refused with the reason', async () => {
  const errand = await realSystem(inject('system'))
  const refusals = [
    [['nobody'], 'the app has no group "nobody"; its groups: workers.add'],
    [['pause', 'status'], 'status only follows the log'],
    [['concurrency', 'workers.add', '0'], 'a whole number from 1 to 10000'],
  ] as const
  for (const [args, why] of refusals)
    expect(await errandGroups(errand, ...args)).toEqual({ code: 2, output: expect.stringContaining(why) })
})
