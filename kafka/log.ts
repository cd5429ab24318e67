// The log's port: topics, partitions, offsets, groups, as Kafka has them, and no more than Errand needs. Two adapters,
// kafkajs and memory, keep one contract suite. Above it nobody knows which client runs below.

export type TopicPartition = { readonly topic: string; readonly partition: number }

/** Header values as bytes, in order, several under one name allowed. A Map, for names like `__proto__`. */
export type Headers = ReadonlyMap<string, readonly Buffer[]>

/** A record as it lies in the log. */
export type LogRecord = TopicPartition & {
  readonly offset: bigint
  /** CreateTime or LogAppendTime, as the topic is configured; ms since the epoch. */
  readonly timestampMs: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: Headers
}

/** A record to be written. */
export type NewRecord = Pick<LogRecord, 'key' | 'value' | 'headers'>

/** What is written to one partition, in one batch. */
export type Append = TopicPartition & { readonly records: readonly NewRecord[] }

/** Next offset to handle, and the commit's metadata (4,096 bytes at most). */
export type Position = TopicPartition & { readonly offset: bigint; readonly metadata: string }

/**
 * One idempotent producer. At most one append per partition may be under way (facts A3), and after a rejection the writer
 * must be replaced (A4): the lanes in producers/ see to both; a call that does not rejects with `writer-misused`.
 */
export type Writer = {
  /**
   * Appends to exactly one partition with acks=all. Resolves with the first record's offset; rejects unless the broker
   * acknowledged it: retriable where it may be written (`not-acknowledged`), else surely not (`record-too-large`,
   * `unknown-topic`, `append-refused`; see logErrors.ts).
   */
  append(to: TopicPartition, records: readonly NewRecord[]): Promise<bigint>
  close(): Promise<void>
}

/**
 * A producer whose appends and group positions are committed as one. Any rejection leaves it unusable: close it and open
 * another under the same id; `open` fences all older ones and settles what they left open, so read the position after it.
 */
export type TransactionalWriter = {
  /**
   * Appends everything, in as many batches, and moves the group to `positions`, or does none of it. Readers and `committed` may see it a moment
   * after this resolves; who opens the id anew sees it at once. Where one of the appends was refused the rejection is a `FailedAppend` (logErrors.ts).
   */
  commit(group: string, appends: readonly Append[], positions: readonly Position[]): Promise<void>
  close(): Promise<void>
}

/** What a member is given: the partitions of each topic. */
export type Assignment = ReadonlyMap<string, readonly number[]>

/** A member as the leader sees it when it assigns. */
export type GroupMember = { readonly id: string; readonly topics: readonly string[]; readonly userData: Buffer }

export type Assigner = {
  /** All members of a group must have the same; changing it needs a full stop. */
  readonly name: string
  /** What this member tells the next leader about itself. */
  userData(): Buffer
  /** Pure. `partitions` has the partition count of every subscribed topic. */
  assign(members: readonly GroupMember[], partitions: ReadonlyMap<string, number>): ReadonlyMap<string, Assignment>
}

/** Records of one partition, in offset order. `nextOffset` may lie beyond the last record (control records, compaction). */
export type RecordBatch = TopicPartition & { readonly records: readonly LogRecord[]; readonly nextOffset: bigint }

export type MembershipOptions = {
  readonly group: string
  readonly topics: readonly string[]
  readonly assigner: Assigner
  /**
   * Called synchronously after each rebalance, before the first record of the new generation: `seek` and `pause` in it are
   * honoured. Partitions kept through a rebalance are fetched again from the committed offset unless sought (facts B4). A
   * memberId other than before means that nothing held is ours any more (B5).
   */
  readonly onJoined: (joined: { readonly memberId: string; readonly assignment: Assignment }) => void
  /** A rebalance begins: the last chance for a commit of this generation. May not be called (B1). */
  readonly onRebalancing: () => void
  /** Must hand over and return; records may still come for a partition after `pause` (C2). */
  readonly onRecords: (batch: RecordBatch) => void
  /**
   * Whether it has its place in the group and all its topics are there; told when that changes. It comes back by itself: the
   * place with the next `onJoined`, a topic that was deleted when it is made again.
   */
  readonly onWhole?: (isWhole: boolean) => void
  /** The membership has ended and cannot heal. */
  readonly onFailed: (error: Error) => void
}

export type Membership = {
  /** Joins. Resolves after the first assignment. The topics must exist. */
  start(): Promise<void>
  pause(partitions: readonly TopicPartition[]): void
  resume(partitions: readonly TopicPartition[]): void
  seek(to: TopicPartition, offset: bigint): void
  /** Asks the group to share anew. Only the leader's asking counts: of the member whose `assign` gave the present assignment. */
  reassign(): void
  /**
   * One try, stamped with this instant's generation; the broker refuses it after an eviction (`commit-refused`). It does
   * not check ownership (B6): commit only what the latest `onJoined` listed.
   */
  commit(positions: readonly Position[]): Promise<void>
  /** Leaves the group. Commit before: later commits are refused. */
  leave(): Promise<void>
}

export type TopicSpec = {
  readonly name: string
  readonly partitions: number
  readonly replicas: number
  readonly config: Readonly<Record<string, string>>
}

export type TopicDescription = {
  readonly name: string
  readonly partitions: number
  readonly replicas: number
  /** What the topic itself says; what it has from its broker is left out. */
  readonly config: Readonly<Record<string, string>>
  /** `max.message.bytes` as it holds, whoever says so. */
  readonly maxMessageBytes: number
}

/** `low` is the first offset still there, `high` the next to be written. */
export type PartitionOffsets = { readonly partition: number; readonly low: bigint; readonly high: bigint }

export type Admin = {
  /** How many brokers the cluster has now. */
  brokers(): Promise<number>
  /** The names of all topics that this user may see. */
  topics(): Promise<readonly string[]>
  /** The topics that exist, of these. */
  describe(names: readonly string[]): Promise<ReadonlyMap<string, TopicDescription>>
  /** Creates what is missing and waits until every partition has a leader. */
  create(topics: readonly TopicSpec[]): Promise<void>
  /** Adds partitions until there are as many as said, and waits for their leaders. Rejects where a topic has more. */
  grow(topics: readonly Pick<TopicSpec, 'name' | 'partitions'>[]): Promise<void>
  /** Rejects with `unknown-topic`. */
  offsets(topic: string): Promise<readonly PartitionOffsets[]>
  /** Per partition the first offset whose record is of that time or later, or else the end. Rejects with `unknown-topic`. */
  offsetsAt(topic: string, timeMs: number): Promise<ReadonlyMap<number, bigint>>
  /** Partition count; rejects with `unknown-topic`. */
  partitions(topic: string): Promise<number>
  /** What the group has committed in these topics; partitions without a position are left out. Rejects with `unknown-topic`. */
  committed(group: string, topics: readonly string[]): Promise<readonly Position[]>
  /**
   * Deletes what lies before these offsets, for good; what is deleted already stays so. An offset beyond the end, or a topic that
   * is not there, is an error.
   */
  deleteBefore(offsets: readonly (TopicPartition & { readonly offset: bigint })[]): Promise<void>
  /** The client ids of a group's members (memberClient.ts). */
  members(group: string): Promise<readonly string[]>
}

export type ReadOptions = {
  /** First offset per partition, or the oldest there is. Partitions that a Map leaves out are not read. */
  readonly from: 'earliest' | ReadonlyMap<number, bigint>
  /**
   * First offset per partition that is not read any more; partitions that a Map leaves out are not read, and offsets that
   * are not there yet are waited for. Default: the ends as they are at the start. `never` goes on for ever.
   */
  readonly until?: ReadonlyMap<number, bigint> | 'never'
  /** Once aborted the reading rejects with the signal's reason, so that a read cut short is never taken for a whole one. */
  readonly signal?: AbortSignal
}

export type Log = {
  readonly admin: Admin
  writer(): Promise<Writer>
  transaction(transactionalId: string): Promise<TransactionalWriter>
  membership(options: MembershipOptions): Membership
  /** Reads outside any group and commits nothing; the order is by offset within each partition. Ends at `until`. */
  read(topic: string, options: ReadOptions): AsyncIterable<LogRecord>
  close(): Promise<void>
}
