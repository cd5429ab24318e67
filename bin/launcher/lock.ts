// One launch a folder. The lock is SQLite's, that is the operating system's: it goes when the process goes, however it ends,
// so there is no stale lock and no pid to believe. Who holds it is told in a file beside it.
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { ErrandError } from '../../app/errors.ts'

export type Running = { readonly pid: number; readonly brokers: readonly string[]; readonly registryUrl: string }

export type Lock = Disposable & {
  /** Says what runs, for the message that a second launch gets. */
  tell(running: Running): void
}

/** Takes the folder, or throws `already-running`, saying how to use what runs. */
export function lockFolder(folder: string): Lock {
  const database = new DatabaseSync(join(folder, 'launcher.lock'))
  const file = join(folder, 'running.json')
  try {
    database.exec('BEGIN IMMEDIATE')
  } catch (error) {
    database.close()
    if ((error as { errcode?: number }).errcode === busy) throw alreadyRunning(folder, file)
    throw error
  }
  rmSync(file, { force: true })
  return {
    tell: (running) => writeFileSync(file, JSON.stringify(running)),
    [Symbol.dispose]: () => {
      rmSync(file, { force: true })
      database.close()
    },
  }
}

/** SQLITE_BUSY (https://www.sqlite.org/rescode.html#busy). */
const busy = 5

function alreadyRunning(folder: string, file: string): ErrandError {
  const running = readRunning(file)
  return new ErrandError(
    'already-running',
    running === undefined
      ? `Another process is just starting Kafka in ${folder}. Try again in a moment.`
      : `Kafka of ${folder} runs already, under process ${running.pid}, at ${running.brokers.join(',')}. Use it:\n` +
          `  KAFKA_BROKERS=${running.brokers.join(',')} SCHEMA_REGISTRY_URL=${running.registryUrl}\n` +
          `or end it with Ctrl-C where it was started (kill ${running.pid}).`,
  )
}

const readRunning = (file: string): Running | undefined => {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined // not written yet: it takes the lock first, and then its ports
  }
}
