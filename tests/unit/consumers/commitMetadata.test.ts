import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Beyond, commitMetadata, nothingBeyond, readCommitMetadata } from '../../../consumers/commitMetadata.ts'

const offset = 7_000_000_000n

/** Not done and done in turn, so many offsets each. */
const doneOf = (lengths: readonly (readonly [open: number, done: number])[]): Beyond['done'] => {
  let at = offset
  return lengths.map(([open, done]) => {
    const from = at + BigInt(open)
    at = from + BigInt(done)
    return { from, to: at }
  })
}
const contains = (done: Beyond['done'], { from, to }: Beyond['done'][number]): boolean =>
  done.some((each) => each.from <= from && to <= each.to)

const length = (max: number) => fc.integer({ min: 1, max })
const runs = (max: number, [minLength, maxLength]: readonly [number, number]) =>
  fc.array(fc.tuple(length(max), length(max)), { minLength, maxLength, size: 'max' }).map(doneOf)
const retried = fc
  .uniqueArray(fc.tuple(fc.nat(2_000), length(30), length(2 ** 42)), { selector: ([at]) => at, maxLength: 60 })
  .map((all) =>
    all
      .sort(([a], [b]) => a - b)
      .map(([at, attempts, firstFailedAtMs]) => ({ offset: offset + BigInt(at), attempts, firstFailedAtMs })),
  )

describe('the metadata of a commit', () => {
  test.each([
    ['a few', 50, [0, 10]],
    ['dense', 3, [500, 1_000]],
    ['sparse', 2_000, [200, 600]],
    ['in long runs', 1_000_000, [100, 300]],
  ] as const)('says all that is done beyond it and all that is retried, %s', (_, max, lengths) => {
    fc.assert(
      fc.property(runs(max, lengths), retried, (done, again) => {
        const metadata = commitMetadata(offset, { done, retried: again })
        expect(Buffer.byteLength(metadata)).toBeLessThanOrEqual(4_096)
        expect(readCommitMetadata(offset, metadata)).toEqual({ done, retried: again })
      }),
      { numRuns: 30 },
    )
  })

  test('where it has no room for all, it says less, and never that something is done which is not', () => {
    fc.assert(
      fc.property(runs(100, [2_000, 6_000]), (done) => {
        const again = done.map(({ from }) => ({ offset: from - 1n, attempts: 3, firstFailedAtMs: 1_800_000_000_000 }))
        const metadata = commitMetadata(offset, { done, retried: again })
        expect(Buffer.byteLength(metadata)).toBeLessThanOrEqual(4_096)
        const read = readCommitMetadata(offset, metadata)!
        expect(read.done.every((each) => contains(done, each))).toBe(true)
        expect(read.done.length).toBeGreaterThan(100)
        expect(again.slice(0, read.retried.length)).toEqual(read.retried)
      }),
      { numRuns: 30 },
    )
  })

  test('says who has held the partition, whatever else it has room for', () => {
    const custodies = fc.record(
      {
        released: fc.boolean(),
        unclean: length(100),
        alone: fc.record({ offset: fc.bigInt(offset, offset + 9_000n), ends: fc.nat(9), runs: fc.boolean() }),
      },
      { requiredKeys: ['released', 'unclean'] },
    )
    fc.assert(
      fc.property(custodies, runs(100, [0, 6_000]), (custody, done) => {
        const metadata = commitMetadata(offset, { done, retried: [], custody })
        expect(Buffer.byteLength(metadata)).toBeLessThanOrEqual(4_096)
        expect(readCommitMetadata(offset, metadata)?.custody).toEqual(custody)
      }),
      { numRuns: 50 },
    )
  })

  test('of the version before is read as far as it goes', () => {
    const payload = Buffer.from([5, 1, 2, 3, 100, 1, 1, 2]).toString('base64')
    expect(readCommitMetadata(5n, `errand/2 ${payload}`)).toEqual({
      retried: [{ offset: 7n, attempts: 3, firstFailedAtMs: 100 }],
      done: [{ from: 6n, to: 8n }],
    })
  })

  test('takes the smaller of a bit set and run lengths', () => {
    const everyOther = doneOf(Array.from({ length: 1_000 }, () => [1, 1] as const))
    expect(commitMetadata(offset, { done: everyOther, retried: [] }).length).toBeLessThan(360)
    expect(commitMetadata(offset, { done: doneOf([[1, 1_000_000]]), retried: [] }).length).toBeLessThan(30)
  })

  test('of another client is told apart, and of another version of Errand says nothing beyond the offset', () => {
    expect(readCommitMetadata(offset, '{"note":"mine"}')).toBeUndefined()
    for (const known of ['', 'errand/1', 'errand/2', 'errand/3', 'errand/4 …'])
      expect(readCommitMetadata(offset, known)).toEqual(nothingBeyond)
  })

  test('that was taken along to another offset says nothing, as where a mirror translates positions', () => {
    const metadata = commitMetadata(offset, { done: doneOf([[1, 5]]), retried: [] })
    expect(readCommitMetadata(offset + 1n, metadata)).toEqual(nothingBeyond)
  })

  test('that is damaged is nobody’s, whatever it holds', () => {
    expect(readCommitMetadata(offset, 'errand/3 /////////////w==')).toBeUndefined()
    const aRunOfNone = Buffer.from([5, 1, 0, 0, 1, 0, 0]).toString('base64')
    expect(readCommitMetadata(5n, `errand/3 ${aRunOfNone}`)).toBeUndefined()
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const read = readCommitMetadata(offset, `errand/3 ${Buffer.from(bytes).toString('base64')}`)
        for (const { from, to } of read?.done ?? []) expect(from <= to && from >= offset).toBe(true)
      }),
    )
  })
})
