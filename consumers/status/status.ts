// The role `status`: projects requests, progress, results and deliveries into the store that the API reads. The merge is
// commutative and idempotent, so nothing here needs an order, and a lost store is rebuilt by reading the log again.
import type { Logger } from '../../app/context.ts'
import type { Group } from '../../kafka/catalogue.ts'
import { retentionMs } from '../../kafka/catalogue.ts'
import type { Admin } from '../../kafka/log.ts'
import type { Clock } from '../../process/clock.ts'
import type { Store } from '../../store/store.ts'
import type { Member } from '../member.ts'
import type { Handle } from '../message.ts'
import type { PartitionOffset } from '../partition.ts'
import { storePositions } from '../positions.ts'
import { groupMember, type Platform, type RunningGroup } from '../role.ts'
import { changes } from './changes.ts'
import { projection } from './projection.ts'

/** Enough that a batch of the store is full while another is written. */
const concurrency = 2_000
const registryRetryMs = 1_000
const storeRetryMs = 500
const tickMs = 1_000
const purgeEveryMs = 600_000

/** The status group, if the app has request types. Dispose it to end its ticks, before the store is closed. */
export function status(platform: Platform, store: Store): readonly (RunningGroup & Disposable)[] {
  return platform.catalogue.groups
    .filter(({ role }) => role === 'status')
    .map((group) => {
      const member = groupMember(platform, group, {
        handle: project(platform, store),
        positions: storePositions(store),
        storeIdentity: store.identity,
        unitOf: 'topic-partition',
        keyOf: () => null,
        concurrency,
      })
      return { group, member, ...ticking(platform, group, member, store) }
    })
}

function project(platform: Platform, store: Store): Handle {
  const { logger } = platform
  const project = projection(platform)
  const written = changes(store, logger)
  return async ({ record }) => {
    const projected = await project(record)
    switch (projected.kind) {
      case 'change':
        return written.add(projected.change).then(
          () => ({ kind: 'done' }),
          () => ({ kind: 'again', afterMs: storeRetryMs, counted: false }),
        )
      case 'later':
        return { kind: 'again', afterMs: registryRetryMs, counted: false }
      case 'none': {
        const { topic, partition, offset } = record
        logger.debug('record.notProjected', { topic, partition, offset: String(offset), why: projected.why })
        return { kind: 'done' }
      }
      default:
        return projected satisfies never
    }
  }
}

/** Notes each second how far the view has come, so that the API can tell "not yet" from "never" (I9); and forgets what is too old. */
function ticking(
  { log: { admin }, clock, logger }: Pick<Platform, 'log' | 'clock' | 'logger'>,
  group: Group,
  member: Member,
  store: Store,
): Disposable {
  let purgedMs = 0
  let timer: Disposable | undefined
  const tick = async (): Promise<void> => {
    await notePassed({ admin, group, member, store, clock })
    if (clock.now() - purgedMs < purgeEveryMs) return
    purgedMs = clock.now()
    await purge(store, clock, logger)
  }
  const later = (): void => {
    timer = clock.after(tickMs, () => {
      tick()
        .catch((error: unknown) => logger.debug('status.tickFailed', { error }))
        .finally(() => timer && later())
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

async function purge(store: Store, clock: Clock, logger: Logger): Promise<void> {
  const views = await store.purge(clock.now() - retentionMs)
  if (views > 0) logger.info('views.purged', { views })
}

/** A partition projected to its end, as it was at `nowMs`, holds everything that was written before. */
async function notePassed({
  admin,
  group,
  member,
  store,
  clock,
}: {
  readonly admin: Admin
  readonly group: Group
  readonly member: Member
  readonly store: Store
  readonly clock: Clock
}): Promise<void> {
  const nowMs = clock.now()
  const ends = new Map<string, bigint>()
  const positions = () => member.partitions.flatMap((partition) => partition.position() ?? [])
  for (const topic of new Set(positions().map((position) => position.topic)))
    if (group.sources.includes(topic))
      for (const { partition, high } of await admin.offsets(topic)) ends.set(`${topic}/${partition}`, high)
  const reached = ({ topic, partition, offset }: PartitionOffset): boolean =>
    offset >= (ends.get(`${topic}/${partition}`) ?? offset + 1n)
  const passed = positions().filter(reached)
  if (passed.length > 0)
    await store.project(
      [],
      passed.map((position) => ({ ...position, passedMs: nowMs })),
    )
}
