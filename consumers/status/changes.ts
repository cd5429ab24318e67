// Changes on their way into the store: group commit without a timer. What has gathered while one transaction runs is the
// next one's batch, so a burst costs few transactions and a single change no wait.
import type { Logger } from '../../app/context.ts'
import { endOfTurn } from '../../process/endOfTurn.ts'
import type { Change, Store } from '../../store/store.ts'

const maxBatch = 1_000

export type Changes = {
  /** Resolves when the change is in the store; rejects with the store's error, as all of its batch do. */
  add(change: Change): Promise<void>
}

export function changes(store: Pick<Store, 'project'>, logger: Logger): Changes {
  let waiting: { readonly change: Change; readonly done: PromiseWithResolvers<void> }[] = []
  let busy = false
  const flush = async (): Promise<void> => {
    busy = true
    await endOfTurn() // a batch of records arrives within one
    while (waiting.length > 0) {
      const batch = waiting.slice(0, maxBatch)
      waiting = waiting.slice(maxBatch)
      try {
        await store.project(
          batch.map(({ change }) => change),
          [],
        )
        for (const { done } of batch) done.resolve()
      } catch (error) {
        logger.error('views.notWritten', { error, changes: batch.length })
        for (const { done } of batch) done.reject(error)
      }
    }
    busy = false
  }
  return {
    add: (change) => {
      const done = Promise.withResolvers<void>()
      waiting.push({ change, done })
      if (!busy) void flush()
      return done.promise
    },
  }
}
