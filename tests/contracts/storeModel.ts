// The merge rules of store/store.ts once more, as plainly as they can be said: a view is a function of a set of changes.
import fc from 'fast-check'
import type { Asked, Change, Delivered, RequestView } from '../../store/store.ts'

export const asked: Asked = {
  type: 'punctuality',
  client: 'development',
  createdAtMs: 1_700_000_000_000,
  reference: 'Straße "7"',
  callbackUrl: 'https://example.com/hook',
  deadlineMs: 1_700_000_060_000,
  runAtMs: 1_700_000_030_000,
}

/** The view after these changes, but for its revision. */
export function modelOf(changes: readonly Change[]): Omit<RequestView, 'revision'> | undefined {
  const [first] = changes
  if (!first) return undefined
  const run = Math.max(...changes.map((change) => change.run))
  const ofRun = changes.filter((change) => change.run === run)
  const started = ofRun.filter((change) => change.kind === 'started')
  const progress = greatest(
    ofRun.flatMap((change) => (change.kind === 'progressed' ? [change.progress] : [])),
    ({ attempt, sequence }) => [attempt, sequence],
  )
  const answer = greatest(
    ofRun.flatMap((change) => (change.kind === 'answered' ? [change.answer] : [])),
    ({ offset }) => [-Number(offset)],
  )
  const delivered = greatest(
    ofRun.flatMap((change) => (change.kind === 'delivered' ? [change.delivered] : [])),
    ({ attempt, status, atMs }) => [
      status === 'delivered' ? 1 : 0,
      attempt,
      ranks[status],
      atMs,
      status === 'disabled' ? 1 : 0,
    ],
  )
  return {
    id: first.id,
    run,
    attempt: Math.max(0, ...started.map(({ attempt }) => attempt)),
    ...(changes.some((change) => 'asked' in change) && { asked }),
    ...(started.length > 0 && { startedAtMs: Math.min(...started.map(({ startedAtMs }) => startedAtMs)) }),
    ...(progress && { progress }),
    ...(answer && { answer }),
    ...(delivered && { delivered }),
  }
}

const ranks: Readonly<Record<Delivered['status'], number>> = {
  delivering: 0,
  blocked: 1,
  disabled: 1,
  failed: 2,
  delivered: 3,
}
const statuses = Object.keys(ranks) as Delivered['status'][]

function greatest<T>(items: readonly T[], order: (item: T) => readonly number[]): T | undefined {
  const compare = (one: T, other: T): number => {
    const others = order(other)
    const [difference = 0] = order(one).flatMap((value, at) => (value === others[at] ? [] : [value - others[at]!]))
    return difference
  }
  return items.toSorted(compare).at(-1)
}

const few = fc.integer({ min: 1, max: 3 })

/**
 * Any change of the request. What is told under one number (a progress's attempt and sequence, say) is the same each time;
 * with `contradicting` it need not be.
 */
export const anyChange = (id: string, { contradicting = false } = {}): fc.Arbitrary<Change> => {
  const word = contradicting ? fc.constantFrom('', 'one', 'two', 'üç') : fc.constant('one')
  const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })
  const change = fc.oneof(
    fc.constant({ kind: 'asked' as const, asked }),
    fc.record({ kind: fc.constant('started' as const), startedAtMs: few, attempt: few }),
    fc.record({
      kind: fc.constant('progressed' as const),
      progress: fc.record({ attempt: few, sequence: few, message: word }).chain((progress) =>
        (contradicting ? optional(fc.constantFrom(0, 0.25, 1 / 3, 1)) : fc.constant(undefined)).map((fraction) => ({
          ...progress,
          ...(fraction !== undefined && { fraction }),
        })),
      ),
    }),
    few.map((offset) => ({
      kind: 'answered' as const,
      asked,
      answer: {
        outcome: (['succeeded', 'failed', 'cancelled', 'expired'] as const)[offset % 4]!,
        finishedAtMs: offset,
        partition: 3,
        offset: BigInt(offset),
        json: `{"at":${offset}}`,
      },
    })),
    fc.record({
      kind: fc.constant('delivered' as const),
      delivered: fc.record({ status: fc.constantFrom(...statuses), attempt: few, atMs: few, reason: word }),
    }),
  )
  return fc.tuple(few, change).map(([run, rest]) => ({ id, run, ...rest }))
}

/** The changes in another order, some of them more than once. */
export const retold = (changes: readonly Change[]): fc.Arbitrary<readonly Change[]> =>
  fc
    .subarray([...changes])
    .chain((again) => fc.shuffledSubarray([...changes, ...again], { minLength: changes.length + again.length }))
