// A group member that writes down what it is told: for the log's contract and for tests of one adapter.
import type {
  Assigner,
  Assignment,
  Log,
  LogRecord,
  Membership,
  MembershipOptions,
  RecordBatch,
} from '../../kafka/log.ts'

/** Deals the partitions of all topics out in turn, in the order of member ids. */
export const dealer: Assigner = {
  name: 'contract',
  userData: () => Buffer.from('hello'),
  assign: (members, partitions) => {
    const sorted = [...members].sort((a, b) => (a.id < b.id ? -1 : 1))
    const dealt = new Map(sorted.map(({ id }) => [id, new Map<string, number[]>()] as const))
    for (const [topic, count] of partitions)
      for (let partition = 0; partition < count; partition++) {
        const hand = dealt.get(sorted[partition % sorted.length]!.id)!
        hand.set(topic, [...(hand.get(topic) ?? []), partition])
      }
    return dealt
  },
}

type Joined = { readonly memberId: string; readonly assignment: Assignment }

export type TestMember = {
  readonly membership: Membership
  readonly joins: readonly Joined[]
  readonly batches: readonly RecordBatch[]
  readonly failures: readonly Error[]
  /** All records so far. */
  records(): readonly LogRecord[]
  /** The values so far, as text, in the order of their coming. */
  values(): readonly string[]
  /** Partitions of the latest assignment, by topic. */
  owned(topic: string): readonly number[]
}

/** `onJoined` and the others run after the writing down. */
export function testMember(
  log: Log,
  group: string,
  topics: readonly string[],
  calls: Partial<MembershipOptions> = {},
): TestMember {
  const [joins, batches, failures]: [Joined[], RecordBatch[], Error[]] = [[], [], []]
  const membership = log.membership({
    group,
    topics,
    assigner: calls.assigner ?? dealer,
    onJoined: (joined) => {
      joins.push(joined)
      calls.onJoined?.(joined)
    },
    onRebalancing: () => calls.onRebalancing?.(),
    onRecords: (batch) => {
      batches.push(batch)
      calls.onRecords?.(batch)
    },
    onFailed: (error) => {
      failures.push(error)
      calls.onFailed?.(error)
    },
  })
  const records = () => batches.flatMap((batch) => batch.records)
  return {
    membership,
    joins,
    batches,
    failures,
    records,
    values: () => records().map(({ value }) => String(value)),
    owned: (topic) => joins.at(-1)?.assignment.get(topic) ?? [],
  }
}
