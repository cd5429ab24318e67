import type { Context } from 'errand'
import type { Resources } from '../resources.ts'
import type { FlightLanded } from '../schemas/generated.ts'

/** Keeps the mean and the worst delay of each airport. */
export function averages(flight: FlightLanded, { id, resources }: Context<Resources>): Promise<void> {
  return resources.averages.add(id, flight)
}
