// The store in one SQLite file, for the processes of one host: any number of them read and write it at once.
import type { DatabaseSync } from 'node:sqlite'
import { type Clock, systemClock } from '../../process/clock.ts'
import type { Store } from '../store.ts'
import { type Claims, claimsIn } from './claims.ts'
import { clientsIn } from './clients.ts'
import { connect, durably, transact } from './connection.ts'
import { storeClosed, storeFailure } from './failure.ts'
import { positionsIn } from './positions.ts'
import { readIdentity } from './schema.ts'
import { type Views, viewsIn } from './views.ts'
import { Watch } from './watch.ts'

export type SqliteStoreOptions = {
  /** Created with its folder where missing. It must lie on a local disk: SQLite's WAL shares memory between processes. */
  readonly file: string
  readonly clock?: Clock
}

/**
 * Opens the store in `file`. Throws `store-corrupt`, `store-unwritable`, `store-foreign`, `store-newer` or `store-busy`,
 * each with the file and what to do; so do the store's functions, and `store-closed` after `close`.
 */
export async function openSqliteStore({ file, clock = systemClock }: SqliteStoreOptions): Promise<Store> {
  const database = await connect(file, clock)
  try {
    return storeIn(database, file, clock)
  } catch (error) {
    database.close()
    throw storeFailure(file, error)
  }
}

function storeIn(database: DatabaseSync, file: string, clock: Clock): Store {
  const views = viewsIn(database, clock)
  const positions = positionsIn(database)
  const claims = claimsIn(database)
  const clients = clientsIn(database)
  const dataVersion = database.prepare('PRAGMA data_version')
  const watch = new Watch({ ...views, version: () => Number(dataVersion.get()?.data_version) }, clock)
  const write = <T>(action: () => T): T => transact(database, action)
  const purge = purging({ views, claims, watch, write, clock })
  const operation = operations(database, file)
  return {
    identity: readIdentity(database),
    project: operation((changes, reached) => {
      const changed = write(() => {
        positions.save(reached)
        return views.apply(changes)
      })
      watch.wake(changed)
    }),
    request: operation(views.read),
    changed: operation((id, revision, signal) => watch.changed(id, revision, signal)),
    positions: operation(positions.read),
    purge: operation(purge),
    claim: operation((claim) => write(() => claims.claim(claim))),
    claimOf: operation(claims.read),
    saveClaimedThrough: operation((reached) => write(() => claims.saveThrough(reached))),
    claimedThrough: operation(claims.through),
    clients: operation(clients.read),
    clientsRevision: operation(clients.revision),
    saveClient: operation((entry, revision) => durably(database, () => write(() => clients.save(entry, revision)))),
    close: async () => {
      watch.close()
      if (database.isOpen) database.close()
    },
  }
}

/** Makes functions of the store: asynchronous to their callers, their failures told with file and remedy. */
const operations =
  (database: DatabaseSync, file: string) =>
  <Arguments extends unknown[], Result>(action: (...values: Arguments) => Result | Promise<Result>) =>
  async (...values: Arguments): Promise<Result> => {
    try {
      if (!database.isOpen) throw storeClosed(file)
      return await action(...values)
    } catch (error) {
      throw database.isOpen ? storeFailure(file, error) : storeClosed(file)
    }
  }

const purgeBatch = 500
const purgePauseMs = 20

type PurgeOptions = {
  readonly views: Views
  readonly claims: Claims
  readonly watch: Watch
  readonly write: <T>(action: () => T) => T
  readonly clock: Clock
}

/** Purges in small transactions with pauses between, so that other writers get their turns. */
function purging({ views, claims, watch, write, clock }: PurgeOptions): Store['purge'] {
  return async (beforeMs) => {
    let count = 0
    for (;;) {
      const ids = write(() => views.purge(beforeMs, purgeBatch))
      const claimed = write(() => claims.purge(beforeMs, purgeBatch))
      watch.wake(ids)
      count += ids.length
      if (ids.length < purgeBatch && claimed < purgeBatch) return count
      await clock.sleep(purgePauseMs)
    }
  }
}
