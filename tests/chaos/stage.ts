// A system to be shaken: the chaos app's processes on a cluster, requests that go on being asked whatever happens, and the
// judgement of it all.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, vi } from 'vitest'
import type { Cluster } from '../../bin/development.ts'
import { type Judgement, judge } from '../../testing/history.ts'
import { type RealSystem, type Running, realSystem } from '../e2e/realSystem.ts'
import { readAccepted, readTold, type Story, tellStory } from './story.ts'

/** `npm run test:chaos` sets it; without it each test is as short as it can be and still say something. */
export const isLong = process.env.ERRAND_CHAOS === 'long'

/** Generous: the machine may be busy, and a dead member counts for ten seconds. */
export const patience = { timeout: 180_000, interval: 250 }

export type Asked = {
  readonly count: number
  /** How many a second, if the API takes them. */
  readonly perSecond: number
  readonly keys: number
  readonly takesMs: (number: number) => number
}

export class Stage {
  readonly errand: RealSystem
  readonly folder: string
  /** Every worker there has been. */
  readonly workers: Running[] = []
  /** What was answered 202. */
  readonly accepted = new Set<string>()

  constructor(errand: RealSystem, folder: string) {
    this.errand = errand
    this.folder = folder
  }

  get topic(): string {
    return this.errand.system.catalogue.requests('step')
  }

  get group(): string {
    return this.errand.system.catalogue.groups.find(({ role }) => role === 'workers')!.id
  }

  /** Starts a worker, with probes where a port is given. */
  async work(...args: readonly string[]): Promise<Running> {
    const worker = await this.errand.start('workers', ...args)
    this.workers.push(worker)
    return worker
  }

  /** Asks at an even pace, each one until it is answered 202; so a refused one may lie in the log as well. */
  async ask(url: string, { count, perSecond, keys, takesMs }: Asked): Promise<void> {
    const startMs = Date.now()
    await Promise.all(
      Array.from({ length: count }, async (_, number) => {
        await sleep((number / perSecond) * 1_000 - (Date.now() - startMs))
        const data = { number, takesMs: takesMs(number) }
        for (;;) {
          const answer = await this.errand.ask(url, data, { orderingKey: `key-${number % keys}` })
          if (answer.status === 202) return void this.accepted.add(((await answer.json()) as { id: string }).id)
          expect(answer.status).toBe(503)
          await sleep(500)
        }
      }),
    )
  }

  async done(): Promise<ReadonlySet<string>> {
    return new Set((await readTold(this.folder)).flatMap(({ what, id }) => (what === 'done' ? [id] : [])))
  }

  /** Waits until all is done, stops the workers, and judges. */
  async end(name: string): Promise<Story & { readonly judgement: Judgement }> {
    const { kafka } = this.errand.system
    await vi.waitFor(async () => {
      const done = await this.done()
      expect([...this.accepted].filter((id) => !done.has(id)).length).toBe(0)
    }, patience)
    await Promise.all(this.workers.map(({ program }) => program.stop()))
    const joined = this.workers.flatMap(({ lines }) => lines.filter(({ event }) => event === 'group.joined'))
    const pids = new Map(joined.map(({ member, pid }) => [String(member), Number(pid)]))
    const story = await tellStory({ log: kafka, topic: this.topic, group: this.group, folder: this.folder, pids })
    const judgement = judge(story.history)
    const { accepted, repeats, repeatsAllowed } = judgement
    say(
      `${name}: ${accepted} records, ${repeats} repeats of ${repeatsAllowed} allowed, longest pause ${story.longestPauseMs} ms`,
    )
    const logged = await readAccepted(kafka, this.topic)
    expect([...this.accepted].filter((id) => !logged.has(id))).toEqual([]) // I2
    expect(judgement.problems).toEqual([])
    expect(story.needless).toEqual([])
    return { ...story, judgement }
  }
}

export async function stage(cluster: Cluster, { failing = 0 } = {}): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'errand-chaos-told-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const errand = await realSystem(cluster, {
    app: 'tests/chaos/app.ts',
    type: 'step',
    env: { CHAOS_FOLDER: folder, CHAOS_FAILING: String(failing), ERRAND_PROBE_PORT: '0' },
  })
  return new Stage(errand, folder)
}

export const say = (line: string): void => void process.stdout.write(`${line}\n`)

/** What `/readyz` says: `ok`, or what is not. */
export async function readiness(url: string): Promise<string> {
  const answer = await fetch(`${url}/readyz`)
  const { checks } = (await answer.json()) as { readonly checks: Readonly<Record<string, string>> }
  const failing = Object.entries(checks).filter(([, check]) => check !== 'ok')
  expect(answer.ok).toBe(failing.length === 0)
  return failing.map((each) => each.join(' ')).join(', ') || 'ok'
}

/** Resolves when a worker has its place in the group: one that was started again at once lets its dead self expire first. */
export const joined = (worker: Running): Promise<void> =>
  vi.waitFor(() => expect(worker.lines.some(({ event }) => event === 'group.joined')).toBe(true), patience)

/** Warnings and errors of a program, by name; a flood shows as a large number. */
export function complaints({ lines }: Running): Readonly<Record<string, number>> {
  const loud = lines.filter(({ level = 0 }) => level >= 40)
  return Object.fromEntries(
    [...Map.groupBy(loud, ({ event = '' }) => event)].map(([event, all]) => [event, all.length]),
  )
}
