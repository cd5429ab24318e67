// Retry topics and tiers are kept for ever, so that nothing in them is lost while nobody reads: who owns a partition deletes
// what lies below its committed position, every minute. Nobody else ever reads them; dead letters are another matter.
import type { Logger } from '../app/context.ts'
import { ErrandError } from '../app/errors.ts'
import { topicsOf } from '../kafka/catalogue.ts'
import type { TopicPartition } from '../kafka/log.ts'
import { nameOf } from './positions.ts'
import type { Platform, RunningGroup } from './role.ts'

const everyMs = 60_000

/** From now on, until it is disposed. */
export function purging(
  platform: Pick<Platform, 'log' | 'clock' | 'logger'>,
  groups: readonly RunningGroup[],
): Disposable {
  const { clock, logger } = platform
  const purges = groups.map((running) =>
    tellingOnce(purge(platform, running), logger.child({ group: running.group.id })),
  )
  let timer: Disposable | undefined
  const later = (): void => {
    timer = clock.after(everyMs, () => {
      void Promise.all(purges.map((purgeNow) => purgeNow())).then(() => timer && later())
    })
  }
  later()
  return {
    [Symbol.dispose]: () => {
      timer?.[Symbol.dispose]()
      timer = undefined
    },
  }
}

/** What could not be deleted is deleted the next time, or, where this user has no right to, never: that is told once. */
function tellingOnce(purgeNow: () => Promise<void>, logger: Logger): () => Promise<void> {
  let hasTold = false
  return () =>
    purgeNow().catch((error: unknown) => {
      const isFinal = error instanceof ErrandError && !error.retriable
      logger[isFinal && !hasTold ? 'warn' : 'debug']('records.notDeleted', { error })
      hasTold ||= isFinal
    })
}

/** Deletes what is committed of a group's own topics, once each time. Rejects as the log does. */
export function purge({ log: { admin } }: Pick<Platform, 'log'>, { group, member }: RunningGroup): () => Promise<void> {
  const own = group.role === 'delay' ? topicsOf(group) : group.failures ? [group.failures.retry] : []
  const deleted = new Map<string, bigint>()
  const isHeld = (at: TopicPartition): boolean => member.partitions.some((held) => nameOf(held) === nameOf(at))
  return async () => {
    if (!member.partitions.some(({ topic }) => own.includes(topic))) return
    const committed = await admin.committed(group.id, own)
    const moved = committed.filter((at) => isHeld(at) && at.offset > (deleted.get(nameOf(at)) ?? 0n))
    if (moved.length === 0) return
    await admin.deleteBefore(moved)
    for (const at of moved) deleted.set(nameOf(at), at.offset)
  }
}
