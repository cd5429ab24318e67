// Positions: where a partition goes on after a start or a move, in the three forms that groups need.
//   group commit   workers, subscribers, callbacks: Kafka's committed offset is the truth
//   store          status: the store's is the truth, as it is as old as its rows; Kafka's follows, for lag only, and is never read
//   transaction    delay: the offset moves in the transaction that forwards, and nowhere else
import type { Logger } from '../app/context.ts'
import type { Admin, Log, Position, TopicPartition } from '../kafka/log.ts'
import { closed } from '../kafka/logErrors.ts'
import type { Clock } from '../process/clock.ts'
import type { Store } from '../store/store.ts'
import { type Beyond, readCommitMetadata } from './commitMetadata.ts'
import { PartitionWriter } from './partitionWriter.ts'

/** Everything below `offset` is done, and some beyond it may be. */
export type Saved = { readonly offset: bigint; readonly beyond?: Beyond }

/** The end of what is done: below it some may not be. */
export const doneTo = ({ offset, beyond }: Saved): bigint => beyond?.done.at(-1)?.to ?? offset

export type Positions = {
  /** Whether a commit's metadata is read again. Where it is not, what is done beyond a position need not be said. */
  readonly readsBeyond: boolean
  /** Whether partitions are loaded one by one, as what keeps one from being loaded does not concern the others. */
  readonly loadsEach?: boolean
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

/** Each topic once. */
export const topicsAmong = (partitions: readonly TopicPartition[]): readonly string[] => [
  ...new Set(partitions.map(({ topic }) => topic)),
]

/** What the commits say. Of one that Errand did not write nothing is known beyond its offset. */
const asSaved = (committed: readonly Position[]): ReadonlyMap<string, Saved> =>
  new Map(
    committed.map((at) => {
      const beyond = readCommitMetadata(at.offset, at.metadata)
      return [nameOf(at), { offset: at.offset, ...(beyond && { beyond }) }]
    }),
  )

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
      const saved = asSaved(await admin.committed(group, topicsAmong(partitions)))
      const foreign = [...saved].filter(([, { beyond }]) => beyond === undefined).map(([name]) => name)
      if (foreign.length > 0 && !hasTold) log.warn('metadata.ignored', { group, partitions: foreign })
      hasTold ||= foreign.length > 0
      return saved
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
      new Map((await store.positions(topicsAmong(partitions))).map((at) => [nameOf(at), { offset: at.offset }])),
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

export type TransactionPositions = Positions & {
  /** Undefined where the partition is not held. After a failed transaction the partition has to be loaded anew. */
  writer(partition: TopicPartition): PartitionWriter | undefined
}

/**
 * One transactional writer per partition, opened before its position is read: opening fences every older owner and settles
 * what it left open (facts D2), so the position read then is final. `writer` commits outputs and position together.
 */
export function transactionPositions({
  log,
  group,
  clock,
  onFailed,
}: {
  readonly log: Log
  readonly group: string
  readonly clock: Clock
  /** What could not be passed has cost its partition the writer: it has to be loaded anew. */
  readonly onFailed?: (partition: TopicPartition) => void
}): TransactionPositions {
  const writers = new Map<string, PartitionWriter>()
  /** The loading that is under way for a partition, or was the last: one that was let go meanwhile gets no writer. */
  const loads = new Map<string, symbol>()
  const close = async (name: string): Promise<void> => {
    const writer = writers.get(name)
    writers.delete(name)
    await writer?.close()
  }
  const load = async (partition: TopicPartition): Promise<readonly [string, Saved] | undefined> => {
    const { topic } = partition
    const [name, loading] = [nameOf(partition), Symbol(topic)]
    loads.set(name, loading)
    await close(name)
    if (loads.get(name) !== loading) throw closed(name) // to open it would fence the true owner
    const writer = await log.transaction(`${group}-${topic}-${partition.partition}`)
    try {
      const committed = await log.admin.committed(group, [topic])
      const saved = asSaved(committed).get(name)
      if (loads.get(name) !== loading) throw closed(name)
      writers.set(name, new PartitionWriter({ group, writer, saved: saved?.offset, clock }))
      return saved && [name, saved]
    } catch (error) {
      await writer.close()
      throw error
    }
  }
  return {
    readsBeyond: true,
    loadsEach: true,
    writer: (partition) => writers.get(nameOf(partition)),
    load: async (partitions) =>
      new Map((await Promise.all(partitions.map(load))).flatMap((saved) => (saved ? [saved] : []))),
    // What is forwarded has said where it is. What is not forwarded, as the markers of transactions, is passed.
    save: async (positions) => {
      await Promise.all(
        positions.map((position) =>
          writers
            .get(nameOf(position))
            ?.pass(position)
            .catch((error: unknown) => {
              onFailed?.(position)
              throw error
            }),
        ),
      )
    },
    release: async (partitions) => {
      await Promise.all(
        partitions.map((partition) => {
          loads.delete(nameOf(partition))
          return close(nameOf(partition))
        }),
      )
    },
  }
}
