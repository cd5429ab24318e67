import type { Context } from 'errand'
import type { Resources } from '../resources.ts'
import type { FlightLanded } from '../schemas/generated.ts'

const lateMinutes = 120

/** Writes flights that are more than two hours late to the alert log. */
export async function alerts(flight: FlightLanded, { id, resources }: Context<Resources>): Promise<void> {
  if (flight.delay > lateMinutes) await resources.alertLog.add(id, flight)
}
