// Claims, and the position that goes with them: the store must have claimed everything below the group's commit, or a
// result that comes twice could be sent twice with two answers. Where a lost or restored store is behind the commit, what
// lies between is read again and claimed without being sent (design 3, verdict rule).
import type { Logger } from '../../app/context.ts'
import { ErrandError } from '../../app/errors.ts'
import type { Log, TopicPartition } from '../../kafka/log.ts'
import type { Store } from '../../store/store.ts'
import { doneTo, nameOf, type Positions } from '../positions.ts'
import type { Claiming } from './claim.ts'

export type ClaimedPositionsOptions = {
  readonly inner: Positions
  readonly log: Log
  readonly store: Store
  /** The results topic: the only one that is claimed from. */
  readonly results: string
  readonly claimed: Claiming
  readonly logger: Logger
}

/** Group commits that never run ahead of the store's claims, and a load that makes up for a store that is behind. */
export function claimedPositions({ inner, log, store, results, claimed, logger }: ClaimedPositionsOptions): Positions {
  const reclaim = async (
    behind: readonly (TopicPartition & { readonly from: bigint; readonly until: bigint })[],
  ): Promise<void> => {
    const from = new Map(behind.map((each) => [each.partition, each.from]))
    const until = new Map(behind.map((each) => [each.partition, each.until]))
    let restored = 0
    for await (const record of log.read(results, { from, until })) {
      const made = await claimed(record)
      // What the group has done with already is not awaited: a schema that nobody knows must not keep it from starting.
      const isLost = made.kind === 'undecodable' || (made.kind === 'later' && made.cause.code === 'schema-unknown')
      if (made.kind === 'later' && !isLost)
        throw new ErrandError('registry-unavailable', made.cause.message, { retriable: true })
      if (isLost) logger.warn('result.undecodable', { offset: String(record.offset), ...made.cause })
      if (made.kind !== 'claimed') continue
      await store.claim(made.claim)
      restored += 1
    }
    await store.saveClaimedThrough(behind.map(({ topic, partition, until: offset }) => ({ topic, partition, offset })))
    logger.warn('claims.restored', {
      partitions: behind.length,
      claimed: restored,
      why: 'the group has done more than this store is known to have claimed: claimed again, sent nothing',
    })
  }
  return {
    readsBeyond: inner.readsBeyond,
    load: async (partitions) => {
      const positions = await inner.load(partitions)
      const through = await store.claimedThrough(results)
      const ranges = new Map((await log.admin.offsets(results)).map((range) => [range.partition, range]))
      const behind = partitions.flatMap((at) => {
        const saved = positions.get(nameOf(at))
        if (at.topic !== results || saved === undefined) return []
        const range = ranges.get(at.partition)
        if (range === undefined)
          throw new ErrandError('partition-unknown', `${nameOf(at)} is not known yet`, { retriable: true })
        const claimedUntil = through.get(at.partition) ?? 0n
        const from = claimedUntil > range.low ? claimedUntil : range.low
        // Also what is done beyond the position must be claimed here: it will not come again.
        const end = doneTo(saved)
        const until = end < range.high ? end : range.high
        return from < until ? [{ ...at, from, until }] : []
      })
      if (behind.length > 0) await reclaim(behind)
      return positions
    },
    save: async (positions, commit) => {
      await store.saveClaimedThrough(positions.filter(({ topic }) => topic === results))
      await inner.save(positions, commit)
    },
    release: (partitions) => inner.release(partitions),
  }
}
