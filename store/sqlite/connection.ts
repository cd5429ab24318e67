// One connection to a store's file. WAL lets readers and the one writer of all processes go on beside each other; with
// synchronous=NORMAL a crash of the machine may lose the last transactions, never their order: what is lost is read
// again from the log, since the positions are lost with it. What is not in the log is written with `durably`.
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Clock } from '../../process/clock.ts'
import { isBusy, storeFailure } from './failure.ts'
import { checkSchema, createSchema } from './schema.ts'

/** How long a write waits, blocking, for another process's transaction, which takes some ten milliseconds. */
const busyTimeoutMs = 1_000
/** How long opening waits, without blocking. */
const openTimeoutMs = 5_000

/** SQLite's name for a store that is in no file: for tests, it is gone when it is closed. */
const inMemory = ':memory:'

/** Opens the file, creating it and its folder where missing. Throws ErrandErrors that name the file and the remedy. */
export async function connect(file: string, clock: Clock): Promise<DatabaseSync> {
  const deadlineMs = clock.now() + openTimeoutMs
  // Of processes that turn a fresh file to WAL at once, one may be told BUSY without SQLite's own waiting.
  for (;;) {
    try {
      return open(file)
    } catch (error) {
      if (!isBusy(error) || clock.now() > deadlineMs) throw storeFailure(file, error)
    }
    await clock.sleep(10)
  }
}

function open(file: string): DatabaseSync {
  if (file !== inMemory) {
    mkdirSync(dirname(file), { recursive: true })
    createPrivate(file)
  }
  // Unknown names are let be, so that a statement can be given a whole value and take what it needs.
  const database = new DatabaseSync(file, { timeout: busyTimeoutMs, allowUnknownNamedParameters: true })
  try {
    checkSchema(database, file)
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
    transact(database, () => createSchema(database))
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** For this user alone, and so are the -wal and -shm files, which SQLite makes like it. A file that exists is left as it is. */
function createPrivate(file: string): void {
  try {
    // Only ever a file that nobody has open: closing one would drop this process's locks on it (https://sqlite.org/howtocorrupt.html, 2.2).
    closeSync(openSync(file, 'wx', 0o600))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

/** Runs `action`, a write transaction, so that it has reached the disk when this returns, and all before it too. */
export function durably<T>(database: DatabaseSync, action: () => T): T {
  database.exec('PRAGMA synchronous = FULL')
  try {
    return action()
  } finally {
    database.exec('PRAGMA synchronous = NORMAL')
  }
}

/** Runs `action` in a write transaction: all of it or nothing. It is synchronous, so the lock is held for its own time only. */
export function transact<T>(database: DatabaseSync, action: () => T): T {
  database.exec('BEGIN IMMEDIATE')
  try {
    const result = action()
    database.exec('COMMIT')
    return result
  } catch (error) {
    // Where SQLite has rolled back by itself (disk full), there is nothing left to undo.
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}
