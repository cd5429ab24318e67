// One keeper a folder. The lock is SQLite's, that is the operating system's: it goes when the process goes, however it ends,
// so there is no stale lock and no pid to believe. Who holds it, where it listens and who uses it is told in a file beside it.
import { existsSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { ErrandError } from '../../app/errors.ts'

export type Running = {
  /** Of the keeper. */
  readonly pid: number
  /** Where it listens. */
  readonly socket: string
  /** Processes. */
  readonly users: readonly number[]
}

export type Lock = Disposable & { tell(running: Running): void }

const told = (folder: string): string => join(folder, 'running.json')

const lockFile = (folder: string): string => join(folder, 'launcher.lock')

/** Whether anybody ever launched in a folder: the lock's file stays, also when its data are deleted. */
export const wasLaunchedIn = (folder: string): boolean => existsSync(lockFile(folder))

/** Takes the folder, or returns undefined where another process holds it. Throws `folder-unusable`. */
export function lockFolder(folder: string): Lock | undefined {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(lockFile(folder))
    database.exec('BEGIN IMMEDIATE')
  } catch (error) {
    database?.close()
    if ((error as { errcode?: number }).errcode === busy) return undefined
    throw new ErrandError(
      'folder-unusable',
      `the folder ${folder} cannot be used (launcher.lock: ${(error as Error).message}): see that this user may write it, and that its disk is not full`,
      { cause: error },
    )
  }
  const held = database
  removeSocket(readRunning(folder))
  const file = told(folder)
  rmSync(file, { force: true })
  return {
    tell: (running) => writeFileSync(file, JSON.stringify(running)),
    [Symbol.dispose]: () => {
      rmSync(file, { force: true })
      held.close()
    },
  }
}

/** What a keeper that was killed has left; its folder too, where nothing else is in it. */
function removeSocket(left: Running | undefined): void {
  if (left === undefined) return
  try {
    rmSync(left.socket, { force: true })
    rmdirSync(dirname(left.socket))
  } catch {
    // Not there any more, or not its alone: it is in nobody's way.
  }
}

/** SQLITE_BUSY (https://www.sqlite.org/rescode.html#busy). */
const busy = 5

/** What the keeper of a folder has told last; undefined where there is none, or it is being written. */
export function readRunning(folder: string): Running | undefined {
  try {
    return JSON.parse(readFileSync(told(folder), 'utf8'))
  } catch {
    return undefined // a keeper takes the lock first, and then tells
  }
}
