// What the handlers share, opened once a process, in the folder FLIGHTS_DATA (default `.errand/flights`). Any number of
// processes may have it open at once.
import { join } from 'node:path'
import type { ResourcesInput } from 'errand'
import { AlertLog } from './data/alertLog.ts'
import { Archive } from './data/archive.ts'
import { Averages } from './data/averages.ts'
import { Database } from './data/database.ts'

export type Resources = AsyncDisposable & {
  readonly archive: Archive
  readonly averages: Averages
  readonly alertLog: AlertLog
}

export async function resources({ env, log }: ResourcesInput): Promise<Resources> {
  const folder = env.FLIGHTS_DATA || '.errand/flights'
  const database = new Database(join(folder, 'flights.sqlite'))
  log.info('flights.opened', { folder })
  return {
    archive: new Archive(database),
    averages: new Averages(database),
    alertLog: new AlertLog(database, join(folder, 'alerts.log')),
    [Symbol.asyncDispose]: () => database.close(),
  }
}
