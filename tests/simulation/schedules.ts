// A system under a schedule of faults that its seed has drawn: an app of its own with slow handlers, hot keys, handlers that
// fail as they are told, at random, or because what they depend on is down for a while, events that lead to events, and records that kill whatever process handles them; processes that die, join, leave and
// stand still; appends that are refused, lost or doubled. What happened is judged by the history checker.
import { expect } from 'vitest'
import {
  type Context,
  defineApp,
  event,
  type RecordType,
  request,
  subscriber,
  UnavailableError,
} from '../../app/index.ts'
import { type Chance, seeded } from '../../process/chance.ts'
import type { Clock } from '../../process/clock.ts'
import type { Faults } from '../../testing/faults.ts'
import type { HistoryEvent, Judgement } from '../../testing/history.ts'
import { type DeadLetter, testApp } from '../../testing/index.ts'
import type { Sent } from '../../testing/sent.ts'

type Work = { readonly name: string; readonly takesMs: number; readonly failures: number; readonly kills: boolean }
const Work: RecordType<Work> = {
  name: 'simulated.Work',
  schema: {
    type: 'record',
    name: 'Work',
    namespace: 'simulated',
    fields: [
      { name: 'name', type: 'string' },
      { name: 'takesMs', type: 'int' },
      { name: 'failures', type: 'int' },
      { name: 'kills', type: 'boolean' },
    ],
  },
}

type Resources = {
  readonly clock: Clock
  readonly crash: () => Promise<never>
  readonly finished: string[]
  readonly weather: Weather
}

/** What handlers fail of without being told to. */
type Weather = {
  readonly chance: Chance
  /** The share of tries that fail. */
  readonly failing: number
  /** Of each half minute what handlers depend on is down so long. */
  readonly downMs: number
}
const worked = event('worked', Work, { key: ({ name }) => name })

const attempts = 4

async function work(
  { name, takesMs, failures, kills }: Work,
  { attempt, signal, resources }: Context<Resources>,
): Promise<void> {
  if (takesMs > 0) await resources.clock.sleep(takesMs, signal)
  if (kills) await resources.crash()
  const { clock, weather } = resources
  if (clock.now() % 30_000 < weather.downMs) throw new UnavailableError(500 + 2_000 * weather.chance())
  if (attempt <= failures) throw new Error('as it was told')
  if (attempt < attempts && weather.chance() < weather.failing) throw new Error('by chance')
  resources.finished.push(name)
}

export const simulated = defineApp({
  name: 'simulated',
  partitions: 4,
  resources: async (): Promise<Resources> => {
    throw new TypeError('a simulation gives its own')
  },
  events: [worked],
  subscribers: {
    hears: subscriber(worked, work, { timeoutMs: 5_000, retry: { attempts } }),
  },
  requests: {
    work: request(
      Work,
      Work,
      async (asked, context) => {
        await work(asked, context)
        context.send(worked, { ...asked, failures: 0, takesMs: Math.floor(asked.takesMs / 4) })
        return asked
      },
      { timeoutMs: 5_000, retry: { attempts }, orderingKey: true },
    ),
    // Without an order to keep: its longer waits leave through delay, and come back on the retry topic.
    roam: request(
      Work,
      Work,
      async (asked, context) => {
        await work(asked, context)
        return asked
      },
      { timeoutMs: 5_000, retry: { attempts, firstWaitMs: 30_000, maxWaitMs: 600_000 } },
    ),
  },
})

export type Schedule = {
  readonly records: number
  /** How many of them kill their process. */
  readonly killers: number
  readonly faults: Partial<Faults>
  readonly weather: Omit<Weather, 'chance'> & {
    /** The share of records with which a request comes that may wait elsewhere, and is not due at once. */
    readonly roaming: number
  }
}

/**
 * What a seed asks for. Where a record kills, nothing else does: one that runs alone, by chance, at two ends that it has not
 * brought about is given up as well, so that of two killers one may take an innocent record along.
 */
export function scheduleOf(seed: number): Schedule {
  const chance = seeded(seed * 7_919)
  const upTo = (most: number): number => Math.floor(chance() * (most + 1))
  const killers = chance() < 0.25 ? 1 : 0
  return {
    records: 5 + upTo(25),
    killers,
    // Drawn apart from the rest, so that a seed's faults stay what they were.
    weather: weatherOf(seeded(seed * 15_485_863)),
    faults: {
      processes: 1 + upTo(2),
      crashes: killers ? 0 : upTo(3),
      moves: upTo(3),
      stalls: killers ? 0 : upTo(2),
      maxDelayMs: upTo(200),
      refused: chance() * 0.2,
      unanswered: chance() * 0.2,
      duplicates: chance() * 0.2,
    },
  }
}

const weatherOf = (chance: Chance): Schedule['weather'] => ({
  failing: chance() < 0.5 ? 0 : chance() * 0.6,
  downMs: chance() < 0.7 ? 0 : Math.floor(chance() * 12_000),
  roaming: chance() < 0.6 ? 0 : chance() * 0.5,
})

export type Run = {
  readonly judgement: Judgement
  readonly history: readonly HistoryEvent[]
  readonly finished: readonly string[]
  /** What was found to kill its process. */
  readonly killers: readonly string[]
}

/** One run, judged. Rejects where a promise was broken. */
export async function simulate(seed: number): Promise<Run> {
  const { records, killers, faults, weather: drawn } = scheduleOf(seed)
  const weather = { ...drawn, chance: seeded(seed * 32_452_843) }
  const chance = seeded(seed * 104_729)
  const [finished, killing, roamers]: [string[], string[], Sent[]] = [[], [], []]
  const roaming = seeded(seed * 49_979_687)
  const killer = new Set(Array.from({ length: killers }, () => Math.floor(chance() * records)))
  await using errand = await testApp(simulated, {
    seed,
    faults,
    resources: (given) => ({ ...given, finished, weather }),
  })
  for (let number = 0; number < records; number += 1) {
    const kills = killer.has(number)
    const asked: Work = {
      name: `key-${Math.floor(chance() * 4)}`,
      takesMs: chance() < 0.5 ? 0 : Math.floor(2 ** (chance() * (kills ? 11 : 13))), // some take longer than their timeout
      failures: chance() < 0.2 ? 1 + Math.floor(chance() * 4) : 0,
      kills,
    }
    const ordering = chance() < 0.7 ? { orderingKey: asked.name } : {}
    const id = chance() < 0.6 ? (await errand.submit('work', asked, ordering)).id : await errand.produce(worked, asked)
    if (asked.kills) killing.push(id)
    else if (roaming() < weather.roaming)
      roamers.push(await errand.submit('roam', asked, { afterMs: Math.floor(roaming() * 40_000) }))
  }
  const judgement = await errand.settled()
  for (const { callbacks } of roamers) expect(new Set(callbacks.map(({ timestamp }) => timestamp)).size).toBe(1)
  const found = killersOf(await errand.deadLetters())
  expect(found).toEqual(killing.toSorted())
  return { judgement, history: await errand.history(), finished, killers: found }
}

/** An event that lies in the log twice kills twice. */
const killersOf = (letters: readonly DeadLetter[]): readonly string[] =>
  [...new Set(letters.filter(({ code }) => code === 'killed-its-process').map(({ id }) => id))].sort()
