// What a read covers, fixed as it starts: the same for both adapters.
import type { PartitionOffsets, ReadOptions } from './log.ts'
import { offsetOutOfRange } from './logErrors.ts'

/** Where a read is in one partition. `end` is the first offset not read any more, undefined for a read without end. */
export type Cursor = { readonly partition: number; next: bigint; readonly end: bigint | undefined }

/** A cursor per partition that is read. Throws `offset-out-of-range` where one would begin beyond its partition's end. */
export const planRead = (
  topic: string,
  offsets: readonly PartitionOffsets[],
  { from, until }: ReadOptions,
): readonly Cursor[] =>
  offsets.flatMap(({ partition, low, high }) => {
    const first = from === 'earliest' ? low : from.get(partition)
    if (first === undefined) return []
    if (first > high) throw offsetOutOfRange({ topic, partition }, first, high)
    return [{ partition, next: first < low ? low : first, end: endOf(until, partition, high) }]
  })

/** Whether there is more to read. */
export const isOpen = ({ next, end }: Cursor): boolean => end === undefined || next < end

const endOf = (until: ReadOptions['until'], partition: number, high: bigint): bigint | undefined => {
  if (until === undefined) return high
  return until === 'never' ? undefined : (until.get(partition) ?? 0n)
}
