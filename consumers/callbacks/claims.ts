// Claims, and the position that goes with them: the store must have claimed everything below the group's commit, or a
// result that comes twice could be sent twice with two answers. Where a lost or restored store is behind the commit, what
// lies between is read again and claimed without being sent (design 3, verdict rule).
import type { Logger } from '../../app/context.ts'
import { ErrandError } from '../../app/errors.ts'
import type { Log, TopicPartition } from '../../kafka/log.ts'
import type { Store } from '../../store/store.ts'
import { nameOf, type Positions } from '../positions.ts'
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
      if (made.kind === 'later') throw new ErrandError('registry-unavailable', made.cause.message, { retriable: true })
      if (made.kind === 'undecodable')
        logger.warn('result.undecodable', { offset: String(record.offset), ...made.cause })
      if (made.kind !== 'claimed') continue
      await store.claim(made.claim)
      restored += 1
    }
    await store.saveClaimedThrough(behind.map(({ topic, partition, until: offset }) => ({ topic, partition, offset })))
    logger.warn('claims.restored', {
      partitions: behind.length,
      claimed: restored,
      why: 'the store was behind the group: claimed again, sent nothing',
    })
  }
  return {
    load: async (partitions) => {
      const positions = await inner.load(partitions)
      const through = await store.claimedThrough(results)
      const lows = new Map((await log.admin.offsets(results)).map((range) => [range.partition, range.low]))
      const behind = partitions.flatMap((at) => {
        const until = positions.get(nameOf(at))?.offset
        if (at.topic !== results || until === undefined) return []
        const low = lows.get(at.partition)
        if (low === undefined)
          throw new ErrandError('partition-unknown', `${nameOf(at)} is not known yet`, { retriable: true })
        const claimedUntil = through.get(at.partition) ?? 0n
        const from = claimedUntil > low ? claimedUntil : low
        return from < until ? [{ ...at, from, until }] : []
      })
      if (behind.length > 0) await reclaim(behind)
      // What is done beyond is claimed in the store that was lost: done again, it is claimed in this one.
      const lost = new Set(behind.map(nameOf))
      return new Map(
        [...positions].map(([name, { offset, ...rest }]) => [name, lost.has(name) ? { offset } : { offset, ...rest }]),
      )
    },
    save: async (positions, commit) => {
      await store.saveClaimedThrough(positions.filter(({ topic }) => topic === results))
      await inner.save(positions, commit)
    },
    release: (partitions) => inner.release(partitions),
  }
}
