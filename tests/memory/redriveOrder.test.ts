// Redriven records beside the group's new ones, in virtual time: two members, many keys, and a handler that is mended meanwhile.
import { expect, onTestFinished, test } from 'vitest'
import type { App } from '../../app/app.ts'
import { type Context, defineApp, event, PermanentError, type RecordType, subscriber } from '../../app/index.ts'
import { applyTopics } from '../../bin/topics.ts'
import { letterDesk } from '../../consumers/letters/letterDesk.ts'
import { subscribers } from '../../consumers/subscribers/subscribers.ts'
import { catalogue as catalogueOf } from '../../kafka/catalogue.ts'
import type { Log } from '../../kafka/log.ts'
import { memoryCluster } from '../../kafka/memory/log.ts'
import { seeded } from '../../process/chance.ts'
import { newSecret, parseKeyring } from '../../process/keyring.ts'
import { silentLog } from '../../process/log.ts'
import { Producer } from '../../producers/producer.ts'
import { Codec } from '../../schemas/codec.ts'
import { platformSchemas } from '../../schemas/platform/platform.ts'
import { memoryRegistry } from '../../schemas/registry/memoryRegistry.ts'
import { manualClock } from '../../testing/manualClock.ts'
import { all, recordsOf, somebody } from '../unit/consumers/memoryDesk.ts'

type Step = { readonly key: string; readonly n: number }
type Run = Step & { readonly fromMs: number; toMs: number; readonly isRedriven: boolean }

const Step: RecordType<Step> = {
  name: 't.Step',
  schema: {
    ...{ type: 'record', name: 'Step', namespace: 't' },
    fields: [
      { name: 'key', type: 'string' },
      { name: 'n', type: 'int' },
    ],
  },
}
const stepped = event('stepped', Step, { key: ({ key }) => key })

/** Members of one subscriber on a cluster of their own; each attempt takes 1 to 20 ms. */
async function walking(seed: number) {
  const clock = manualClock(1_000)
  const random = seeded(seed)
  const runs: Run[] = []
  const broken = new Set<number>()
  let isMended = false
  const handle = async ({ key, n }: Step, { signal }: Context): Promise<void> => {
    const run = { key, n, fromMs: clock.now(), toMs: Number.POSITIVE_INFINITY, isRedriven: isMended && broken.has(n) }
    runs.push(run)
    await clock.sleep(1 + Math.floor(random() * 20), signal)
    run.toMs = clock.now()
    if (isMended || n % 3 > 0) return
    broken.add(n)
    throw new PermanentError('not yet')
  }
  const app = defineApp({
    ...{ name: 't', partitions: 2, events: [stepped] },
    subscribers: { walker: subscriber(stepped, handle, { from: 'earliest' }) },
  }) as App
  const catalogue = catalogueOf(app, 'ns', platformSchemas)
  const registry = memoryRegistry()
  for (const { name, schema } of catalogue.subjects) await registry.register(name, schema)
  const cluster = memoryCluster({ clock })
  const own = { app, catalogue, clock, keyring: parseKeyring(newSecret(), 'ns'), logger: silentLog }
  const platformOn = (log: Log) => {
    const producer = new Producer({ kafka: log, log: silentLog, clock })
    return { ...own, log, producer, codec: new Codec({ registry }), onFailed: () => undefined }
  }
  const platforms = [0, 1, 2].map(() => platformOn(cluster.open()))
  const [desk, ...members] = platforms as [(typeof platforms)[0], ...typeof platforms]
  await applyTopics(desk.log.admin, catalogue, { allowSingleReplica: true })
  /** Lets time pass until this is so. */
  const until = async (isSo: () => Promise<boolean> | boolean): Promise<void> => {
    for (let ms = 0; ms < 60_000; ms += 5) {
      if (await isSo()) return
      await clock.advance(5)
    }
    throw new Error('it did not come to that')
  }
  const groups = members.flatMap((each) => subscribers(each, {}, new Set()))
  const started = Promise.all(groups.map(({ member }) => member.start()))
  let isStarted = false
  void started.then(() => {
    isStarted = true
  })
  await until(() => isStarted)
  onTestFinished(async () => {
    for (const { member } of groups) void member.stop(1)
    for (let step = 0; step < 200; step += 1) await clock.advance(50)
    for (const { producer, log } of platforms) {
      await producer.close()
      await log.close()
    }
  })
  const encode = await desk.codec.encoder(`${catalogue.event('stepped')}-value`, Step)
  const [{ failures }] = catalogue.groups as unknown as [{ failures: { dead: string; retry: string } }]
  return {
    ...{ runs, broken, until, failures },
    desk: letterDesk(desk),
    records: (topic: string) => recordsOf(desk.log, topic),
    mend: () => {
      isMended = true
    },
    walk: async (from: number, to: number): Promise<void> => {
      for (let n = from; n < to; n += 1) {
        const key = `k${Math.floor(random() * 6)}`
        const record = { key: Buffer.from(key), value: encode({ key, n }), headers: new Map() }
        await desk.producer.send(catalogue.event('stepped'), record, { kind: 'key' })
      }
    },
  }
}

test.each([1, 2, 3])(
  'of one key source and redriven records never run at the same time, and redriven ones keep their order (I3), seed %i',
  async (seed) => {
    const errand = await walking(seed)
    await errand.walk(0, 150)
    await errand.until(async () => (await errand.records(errand.failures.dead)).length === 50)
    errand.mend()
    await errand.walk(150, 250)
    const redriving = all(errand.desk.redrive('subscribers.walker', {}, { ...somebody, perSecond: 200 }))
    await errand.walk(250, 400)
    await errand.until(
      () => errand.runs.length === 450 && errand.runs.every(({ toMs }) => toMs < Number.POSITIVE_INFINITY),
    )
    expect((await redriving).at(-1)).toMatchObject({ kind: 'done', redriven: 50 })
    const byKey = Map.groupBy(errand.runs, ({ key }) => key)
    expect(byKey.size).toBe(6)
    for (const runs of byKey.values()) {
      for (const [at, run] of runs.entries()) expect(run.fromMs).toBeGreaterThanOrEqual(runs[at - 1]?.toMs ?? 0)
      const redriven = runs.filter(({ isRedriven }) => isRedriven).map(({ n }) => n)
      expect(redriven).toEqual(redriven.toSorted((a, b) => a - b))
      const others = runs.filter(({ isRedriven }) => !isRedriven).map(({ n }) => n)
      expect(others).toEqual(others.toSorted((a, b) => a - b))
    }
    const mixed = errand.runs.findIndex(({ isRedriven }) => isRedriven)
    expect(
      errand.runs.slice(mixed).some(({ isRedriven }) => !isRedriven),
      'both kinds ran side by side',
    ).toBe(true)
  },
)
