// A folder that nobody launches in while it is held: for ending what was left in it, and for deleting its data.
import { realpath, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ErrandError } from '../../app/errors.ts'
import { type Lock, lockFolder, readRunning, wasLaunchedIn } from './lock.ts'
import { endLeft } from './way.ts'

export type HeldFolder = Disposable & {
  /** By its real path. */
  readonly home: string
  /** Ends the processes or containers of a launch that was killed; tells whether there were any. */
  endLeft(signal: AbortSignal): Promise<boolean>
  /** The same, and deletes the data of broker and registry: files, or Docker's volumes. */
  deleteData(signal: AbortSignal): Promise<void>
}

/**
 * Takes a folder; undefined where nobody ever launched: what is there is not ours. Waits for a launch that is ending; throws `in-use` where one runs, with the
 * processes that use it.
 */
export async function holdFolder(folder: string, signal: AbortSignal): Promise<HeldFolder | undefined> {
  if (!wasLaunchedIn(folder)) return undefined
  const home = await realpath(folder)
  const lock = await freeLock(home, signal)
  return {
    home,
    endLeft: (signal) => endLeft(home, { deleteData: false, signal }),
    deleteData: async (signal) => {
      await endLeft(home, { deleteData: true, signal })
      // Its mark last: what is interrupted is found again.
      for (const name of ['kafka', 'registry', 'keeper.log', 'docker-project'])
        await rm(join(home, name), { recursive: true, force: true })
    },
    [Symbol.dispose]: () => lock[Symbol.dispose](),
  }
}

async function freeLock(home: string, signal: AbortSignal): Promise<Lock> {
  for (;;) {
    signal.throwIfAborted()
    const lock = lockFolder(home)
    if (lock) return lock
    const users = readRunning(home)?.users ?? []
    if (users.length > 0)
      throw new ErrandError(
        'in-use',
        `Kafka of ${home} is in use, by process ${users.join(' and ')}. End that first, with Ctrl-C where it was started, or: kill ${users.join(' ')}`,
      )
    await sleep(100)
  }
}
