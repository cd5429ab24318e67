import type { Context } from 'errand'
import type { Resources } from '../resources.ts'
import type { FlightLanded } from '../schemas/generated.ts'

/** Stores each flight once. */
export function archive(flight: FlightLanded, { id, resources }: Context<Resources>): Promise<void> {
  return resources.archive.add(id, flight)
}
