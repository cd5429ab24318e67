// The part of `npm run bench failures` on delay: how late 10,000 records of 1 to 30 s are released, and how many early, as a
// reader of committed records sees it; and what the process costs while nothing waits. It is `errand start delay`, as an
// operator runs it. Every record must be released once, or there is no figure.
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { prepareDevelopment } from '../../bin/development.ts'
import { freePort } from '../../bin/launcher/port.ts'
import type { Catalogue } from '../../kafka/catalogue.ts'
import { copyHeaders, newJourney } from '../../kafka/journey.ts'
import type { Log, NewRecord } from '../../kafka/log.ts'
import { tierFor } from '../../kafka/tiers.ts'
import { newSecret } from '../../process/keyring.ts'
import { type Served, serve } from '../ack/servers.ts'
import { type Bench, type Figure, median, rounds } from '../rounds.ts'

type Sample = {
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  readonly early: number
  readonly idleCore: number
}

const delays = { records: 10_000, warmUp: 500, shortestMs: 1_000, longestMs: 30_000 }
/** After the last is due, what does not come is lost. */
const patienceMs = 60_000
/** What ends with the last record, such as the commits of what is passed, is not idleness. */
const settlingMs = 3_000
const idleSeconds = 10
/** As `npm run bench failures` has it. */
const usualSeconds = 4
const errand = join(import.meta.dirname, '..', '..', 'bin', 'entry.js')
const app = join(import.meta.dirname, 'delayApp.ts')

export const delay: Bench = async ({ cluster, folder, repetitions, seconds, onProgress }) => {
  const namespace = `bench-${randomBytes(4).toString('hex')}`
  await using opened = new AsyncDisposableStack()
  const { system, env } = opened.use(
    await prepareDevelopment({
      ...{ app, cluster, namespace, secret: newSecret(), callbackOrigins: [], onProgress: () => undefined },
      folder: join(folder, namespace),
    }),
  )
  const port = await freePort()
  const args = [errand, 'start', 'delay', '--app', app]
  const role = opened.use(await serve({ args, port, env: { ...env, ERRAND_PROBE_PORT: String(port) }, folder }))
  const { kafka: log, catalogue } = system
  const waits = new Waits(log, catalogue)
  onProgress('Warming up')
  await waits.measure(delays.warmUp, 5_000)
  const measure = async (): Promise<Sample> => {
    const share = Math.min(1, seconds / usualSeconds) // a short bench is one of fewer and shorter delays
    const lates = await waits.measure(delays.records * share, delays.longestMs * share)
    await sleep(settlingMs)
    return { ...lates, idleCore: await busyShare(role, idleSeconds * share) }
  }
  const samples = (await rounds([{ name: 'delay', measure }], { repetitions, seconds, onProgress })).get('delay') ?? []
  report(samples)
  return {
    delayLateP99Ms: figure(samples, ({ p99Ms }) => p99Ms),
    delayEarly: figure(samples, ({ early }) => early),
    delayIdleCore: figure(samples, ({ idleCore }) => idleCore),
  }
}

/** The share of one core that it takes now. */
async function busyShare(role: Served, forSeconds: number): Promise<number> {
  const [cpuMs, startMs] = [await role.cpuMs(), performance.now()]
  await sleep(forSeconds * 1_000)
  return ((await role.cpuMs()) - cpuMs) / (performance.now() - startMs)
}

/** Puts records in the tiers, as a group does that puts them off, and sees when they are back. */
class Waits {
  readonly #log: Log
  readonly #catalogue: Catalogue
  readonly #retry: string
  readonly #partitions: number

  constructor(log: Log, catalogue: Catalogue) {
    this.#log = log
    this.#catalogue = catalogue
    this.#retry = catalogue.groups.find(({ role }) => role === 'workers')!.failures!.retry
    this.#partitions = catalogue.topics.find(({ name }) => name === this.#retry)!.partitions
  }

  async measure(records: number, longestMs: number): Promise<Omit<Sample, 'idleCore'>> {
    const ends = (await this.#log.admin.offsets(this.#retry)).map(({ partition, high }) => [partition, high] as const)
    const startMs = Date.now() + 500
    const { shortestMs } = delays
    const dueMs = Array.from({ length: records }, () =>
      Math.round(startMs + shortestMs + Math.random() * (longestMs - shortestMs)),
    )
    const lates = this.#lates(new Map(ends), dueMs, AbortSignal.timeout(longestMs + patienceMs))
    await this.#put(dueMs)
    const sorted = (await lates).toSorted((a, b) => a - b)
    const at = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1]!
    return { p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1), early: sorted.filter((late) => late < 0).length }
  }

  async #put(dueMs: readonly number[]): Promise<void> {
    const writer = await this.#log.writer()
    for (const [tier, indexes] of Map.groupBy(dueMs.keys(), (index) => tierFor(dueMs[index]! - Date.now())))
      for (let from = 0; from < indexes.length; from += 1_000)
        await writer.append(
          { topic: this.#catalogue.delay(tier), partition: 0 },
          indexes.slice(from, from + 1_000).map((index) => this.#waiting(index, dueMs[index]!)),
        )
    await writer.close()
  }

  #waiting(index: number, dueMs: number): NewRecord {
    const record = { key: Buffer.from(String(index)), value: Buffer.alloc(300, 'x'), headers: new Map() }
    const origin = {
      ...record,
      topic: this.#catalogue.requests('wait'),
      partition: 0,
      offset: BigInt(index),
      timestampMs: 0,
    }
    const to = { topic: this.#retry, partition: index % this.#partitions }
    return { ...record, headers: copyHeaders(record, newJourney(origin), { dueMs, to }) }
  }

  /** How late each is. Throws unless each comes once. */
  async #lates(
    from: ReadonlyMap<number, bigint>,
    dueMs: readonly number[],
    signal: AbortSignal,
  ): Promise<readonly number[]> {
    const lates = new Map<number, number>()
    for await (const { key } of this.#log.read(this.#retry, { from, until: 'never', signal })) {
      const index = Number(String(key))
      if (lates.has(index)) throw new Error(`record ${index} was released twice`)
      lates.set(index, Date.now() - dueMs[index]!)
      if (lates.size === dueMs.length) break
    }
    return [...lates.values()]
  }
}

function figure(samples: readonly Sample[], of: (sample: Sample) => number): Figure {
  const all = samples.map(of)
  return { median: median(all), min: Math.min(...all), max: Math.max(...all) }
}

function report(samples: readonly Sample[]): void {
  console.log('\nlate ms:       p50       p99       max   early   idle core')
  for (const { p50Ms, p99Ms, maxMs, early, idleCore } of samples)
    console.log(
      `        ${[p50Ms, p99Ms, maxMs].map((ms) => ms.toFixed(0).padStart(10)).join('')}${String(early).padStart(8)}${idleCore.toFixed(3).padStart(12)}`,
    )
}
