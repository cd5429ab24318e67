// What both ways of launching promise, with real processes and real servers.
import { expect, test, vi } from 'vitest'
import { kill } from '../../../bin/launcher/child.ts'
import { holdFolder } from '../../../bin/launcher/heldFolder.ts'
import {
  folder,
  keepers,
  launchAnywhere,
  launchElsewhere,
  leavesNothing,
  never,
  register,
  schemaOf,
  withAdmin,
} from './launches.ts'

export type WayUnderTest = {
  /** What runs of a folder, keepers aside: pids, or names. */
  readonly running: (of: string) => Promise<readonly unknown[]>
  /** SIGKILL to the registry. */
  readonly killRegistry: (of: string) => Promise<void>
  /** Whether the registry has begun to make its database. */
  readonly hasDatabase: (of: string) => Promise<boolean>
  /** Leaves half a database there, as a registry does that is killed at the wrong moment. */
  readonly halveDatabase: (of: string) => Promise<void>
  /** Whether the servers end with a keeper that is killed; otherwise `errand down` ends them, or the next launch. */
  readonly endsWithKeeper: boolean
}

const patiently = { timeout: 30_000, interval: 200 }

export function keepsItsPromises(way: WayUnderTest): void {
  const { running, killRegistry, endsWithKeeper } = way
  leavesNothing(running)

  test('a launch that is killed leaves nothing running and, launched again, every topic and schema id', async () => {
    const of = await folder()
    const { kill, brokers, registryUrl } = await launchElsewhere(of)
    await withAdmin(brokers, (admin) => admin.createTopics({ topics: [{ topic: 'kept', numPartitions: 3 }] }))
    const first = await register(registryUrl, 'kept-key', { type: 'string' })
    const second = await register(registryUrl, 'kept-value', { type: 'array', items: 'long' })

    // The moment after a registration was answered the registry dies, with no time to write down what it has only promised.
    await killRegistry(of)
    await kill()
    await vi.waitFor(async () => expect(await running(of)).toEqual([]), patiently)
    await using again = await launchAnywhere({ folder: of })
    expect(await withAdmin(again.brokers, (admin) => admin.listTopics())).toEqual(['kept'])
    expect(await schemaOf(again.registryUrl, first)).toEqual({ type: 'string' })
    expect(await schemaOf(again.registryUrl, second)).toEqual({ type: 'array', items: 'long' })
    expect(await register(again.registryUrl, 'other-value', { type: 'int' })).toBeGreaterThan(Math.max(first, second))
  })

  test('a first launch that is given up while the registry makes its database costs nothing: the next one makes it anew', async () => {
    const of = await folder()
    const controller = new AbortController()
    const launching = launchAnywhere({ folder: of, signal: controller.signal })
    launching.catch(() => undefined)
    await vi.waitUntil(() => way.hasDatabase(of), { timeout: 60_000, interval: 50 })
    controller.abort('enough')
    await expect(launching).rejects.toBe('enough')
    await way.halveDatabase(of)
    await using again = await launchAnywhere({ folder: of })
    expect(await register(again.registryUrl, 'made-value', { type: 'string' })).toBeGreaterThan(0)
  })

  test('launches of one folder share a broker; the first may be killed, the last one ends it; nobody deletes its data meanwhile', async () => {
    const of = await folder()
    const [first, second] = await Promise.all([launchElsewhere(of), launchElsewhere(of)])
    expect(second.brokers).toEqual(first.brokers)
    expect(await keepers(of)).toHaveLength(1)
    await first.kill()
    const said: string[] = []
    const third = await launchAnywhere({ folder: of, onProgress: (step) => said.push(step) })
    expect(said).toEqual([expect.stringMatching(/^Using the Kafka of this folder that runs already/)])
    expect(third.brokers).toEqual(first.brokers)
    await withAdmin(third.brokers, (admin) => admin.createTopics({ topics: [{ topic: 'shared' }] }))
    await expect(holdFolder(of, never)).rejects.toThrow(
      new RegExp(`in use, by process (${second.pid} and ${process.pid}|${process.pid} and ${second.pid})`),
    )
    await third.stop()
    expect(await withAdmin(second.brokers, (admin) => admin.listTopics())).toEqual(['shared'])
    await second.kill()
    await vi.waitFor(async () => expect(await running(of)).toEqual([]), patiently)
  })

  test('every user is told of a server that dies, and of a keeper that does; what is left then is ended', async () => {
    const of = await folder()
    const first = await launchElsewhere(of)
    const second = await launchAnywhere({ folder: of })
    await killRegistry(of)
    expect(await first.ended()).toMatch(/^The schema registry has ended: (SIGKILL|exit code 137)/)
    expect(await second.ended).toMatch(/^The schema registry has ended/)
    await first.kill()
    await second.stop()
    expect(await running(of)).toEqual([])

    const third = await launchAnywhere({ folder: of })
    const before = await running(of)
    for (const pid of await keepers(of)) kill(pid, 'SIGKILL')
    expect(await third.ended).toBe('The process that keeps Kafka has gone')
    if (endsWithKeeper) await vi.waitFor(async () => expect(await running(of)).toEqual([]), patiently)
    else expect(await running(of)).toEqual(before)
    using held = await holdFolder(of, never)
    expect(await held!.endLeft(never)).toBe(!endsWithKeeper)
    expect(await running(of)).toEqual([])
  })
}
