// How punctual were the flights from an airport? Reads the archive and reckons.
import { type Context, RejectedError } from 'errand'
import type { Resources } from '../resources.ts'
import type { PunctualityInput, PunctualityResult } from '../schemas/generated.ts'
import { drawDelays } from './delayChart.ts'

const day = /^\d{4}-\d{2}-\d{2}$/

export async function punctuality(
  { airport, from, to }: PunctualityInput,
  context: Context<Resources>,
): Promise<PunctualityResult> {
  const { resources, progress } = context
  if (!day.test(from) || !day.test(to)) throw new RejectedError('not-a-day', 'from and to are days such as 2001-01-31')
  const flights = resources.archive.at(airport, from, to)
  if (flights.length === 0) throw new RejectedError('no-flights', `no flight left ${airport} in that time`)
  progress(0.2, `${flights.length} flights`)
  const latestFirst = flights.toSorted((one, other) => other.delayMinutes - one.delayMinutes)
  const delays = latestFirst.map(({ delayMinutes }) => delayMinutes).reverse()
  progress(0.4, 'drawing')
  const svg = await drawDelays(delays, { title: `${airport}, ${from} to ${to}`, signal: context.signal })
  return {
    flights: flights.length,
    meanDelayMinutes: delays.reduce((sum, delay) => sum + delay, 0) / delays.length,
    p50: percentile(delays, 50),
    p95: percentile(delays, 95),
    worst: latestFirst.slice(0, 5),
    svg,
  }
}

/** Nearest rank: the least of the sorted numbers that `percent` of 100 do not exceed. */
const percentile = (sorted: readonly number[], percent: number): number =>
  sorted[Math.ceil((percent / 100) * sorted.length) - 1]!
