// The example's data and resources, for its tests.
import { readFileSync } from 'node:fs'
import type { Average } from '../../../examples/flights/data/averages.ts'
import { type Resources, resources } from '../../../examples/flights/resources.ts'
import type { FlightLanded } from '../../../examples/flights/schemas/generated.ts'
import { alerts } from '../../../examples/flights/subscribers/alerts.ts'
import { archive } from '../../../examples/flights/subscribers/archive.ts'
import { averages } from '../../../examples/flights/subscribers/averages.ts'
import { testContext } from '../../../testing/index.ts'

export const flights: readonly FlightLanded[] = JSON.parse(
  readFileSync('node_modules/vega-datasets/data/flights-2k.json', 'utf8'),
)

export const open = (folder: string): Promise<Resources> =>
  resources({ env: { FLIGHTS_DATA: folder }, log: testContext().log })

/** Hands one record to all three subscribers, as three groups would. */
export async function deliver(opened: Resources, flight: FlightLanded, id: string): Promise<void> {
  const context = testContext({ id, resources: opened })
  await Promise.all([archive(flight, context), averages(flight, context), alerts(flight, context)])
}

/** What `averages` must say, reckoned in one go. */
export const expectedAverages = (landed: readonly FlightLanded[]): readonly Average[] =>
  [...Map.groupBy(landed, ({ origin }) => origin)]
    .map(([airport, its]) => ({
      airport,
      flights: its.length,
      meanDelayMinutes: its.reduce((sum, { delay }) => sum + delay, 0) / its.length,
      worstDelayMinutes: Math.max(...its.map(({ delay }) => delay)),
    }))
    .sort((one, other) => (one.airport < other.airport ? -1 : 1))
