// Positions: where a partition goes on after a start or a move, in the three forms that groups need.
//   group commit   workers, subscribers, callbacks: Kafka's committed offset is the truth
//   store          status: the store's is the truth, as it is as old as its rows; Kafka's follows, for lag only, and is never read
//   transaction    delay: the offset moves in the transaction that forwards, and nowhere else
import type { Logger } from '../app/context.ts'
import type { Admin, Log, Position, TopicPartition, TransactionalWriter } from '../kafka/log.ts'
import type { Store } from '../store/store.ts'
import { type Beyond, readCommitMetadata } from './commitMetadata.ts'

/** Everything below `offset` is done, and some beyond it may be. */
export type Saved = { readonly offset: bigint; readonly beyond?: Beyond }

/** The end of what is done: below it some may not be. */
export const doneTo = ({ offset, beyond }: Saved): bigint => beyond?.done.at(-1)?.to ?? offset

export type Positions = {
  /** Whether a commit's metadata is read again. Where it is not, what is done beyond a position need not be said. */
  readonly readsBeyond: boolean
  /** What is saved of each partition that has a position, keyed by `nameOf`. May reject; it is asked again. */
  load(partitions: readonly TopicPartition[]): Promise<ReadonlyMap<string, Saved>>
  /**
   * Makes positions durable: everything below them is done (I1). `commit` commits to Kafka what is still held of them. May
   * reject; what is then current is saved later.
   */
  save(positions: readonly Position[], commit: () => Promise<void>): Promise<void>
  /** These partitions are not ours any more. */
  release(partitions: readonly TopicPartition[]): Promise<void>
}

export const nameOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`

const topicsOf = (partitions: readonly TopicPartition[]): readonly string[] => [
  ...new Set(partitions.map(({ topic }) => topic)),
]

export function groupPositions({
  admin,
  group,
  log,
}: {
  readonly admin: Admin
  readonly group: string
  readonly log: Logger
}): Positions {
  let hasTold = false
  return {
    readsBeyond: true,
    load: async (partitions) => {
      const committed = await admin.committed(group, topicsOf(partitions))
      const saved = committed.map(({ topic, partition, offset, metadata }) => {
        const beyond = readCommitMetadata(offset, metadata)
        return { name: nameOf({ topic, partition }), saved: { offset, ...(beyond && { beyond }) } }
      })
      const foreign = saved.filter((each) => each.saved.beyond === undefined).map(({ name }) => name)
      if (foreign.length > 0 && !hasTold) log.warn('metadata.ignored', { group, partitions: foreign })
      hasTold ||= foreign.length > 0
      return new Map(saved.map((each) => [each.name, each.saved]))
    },
    save: (_positions, commit) => commit(),
    release: () => Promise.resolve(),
  }
}

/** The rows of everything below a position are written before it is: after a crash some are projected again, which changes nothing. */
export function storePositions(store: Pick<Store, 'positions' | 'project'>): Positions {
  return {
    readsBeyond: false,
    load: async (partitions) =>
      new Map((await store.positions(topicsOf(partitions))).map((at) => [nameOf(at), { offset: at.offset }])),
    save: async (positions, commit) => {
      await store.project(
        [],
        positions.map(({ topic, partition, offset }) => ({ topic, partition, offset, passedMs: 0 })),
      )
      await commit()
    },
    release: () => Promise.resolve(),
  }
}

/**
 * One transactional writer per partition, opened before its position is read: opening fences every older owner and settles
 * what it left open (facts D2), so the position read then is final. `writer` commits outputs and position together.
 */
export function transactionPositions({ log, group }: { readonly log: Log; readonly group: string }): Positions & {
  writer(partition: TopicPartition): TransactionalWriter | undefined
} {
  const writers = new Map<string, TransactionalWriter>()
  const close = async (partition: TopicPartition): Promise<void> => {
    const writer = writers.get(nameOf(partition))
    writers.delete(nameOf(partition))
    await writer?.close()
  }
  return {
    readsBeyond: false,
    writer: (partition) => writers.get(nameOf(partition)),
    load: async (partitions) => {
      for (const partition of partitions) {
        await close(partition)
        writers.set(nameOf(partition), await log.transaction(`${group}-${partition.topic}-${partition.partition}`))
      }
      return new Map(
        (await log.admin.committed(group, topicsOf(partitions))).map((at) => [nameOf(at), { offset: at.offset }]),
      )
    },
    save: () => Promise.resolve(),
    release: async (partitions) => {
      await Promise.all(partitions.map(close))
    },
  }
}
