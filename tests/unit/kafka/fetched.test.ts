// What a read shows of transactions: committed records only, in whatever order the transactions overlap.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { committedMessages, type FetchedPartition } from '../../../kafka/kafkajs/fetched.ts'

type Message = FetchedPartition['messages'][number]
type Step = { readonly producer: number; readonly act: 'append' | 'commit' | 'abort' | 'plain' }

const message = (offset: number, producerId: string, inTransaction: boolean, marker?: 'commit' | 'abort') =>
  ({
    offset: String(offset),
    key: marker ? Buffer.from([0, 0, 0, marker === 'abort' ? 0 : 1]) : null,
    isControlRecord: marker !== undefined,
    batchContext: { producerId, inTransaction },
  }) as unknown as Message

/** A log as these steps write it: the messages, the broker's list of aborted transactions, and what is committed. */
function logOf(steps: readonly Step[]) {
  const open = new Map<number, number[]>()
  const [messages, abortedTransactions, committed]: [
    Message[],
    { producerId: string; firstOffset: string }[],
    number[],
  ] = [[], [], []]
  for (const [offset, { producer, act }] of steps.entries()) {
    const mine = open.get(producer) ?? []
    if (act === 'plain') committed.push(offset)
    if (act === 'append') open.set(producer, [...mine, offset])
    if (act === 'commit') committed.push(...mine)
    if (act === 'abort' && mine[0] !== undefined)
      abortedTransactions.push({ producerId: String(producer), firstOffset: String(mine[0]) })
    if (act === 'commit' || act === 'abort') open.delete(producer)
    const marker = act === 'commit' || act === 'abort' ? act : undefined
    messages.push(message(offset, act === 'plain' ? '-1' : String(producer), act !== 'plain', marker))
  }
  const stable = Math.min(steps.length, ...[...open.values()].map(([first = steps.length]) => first))
  abortedTransactions.sort((a, b) => Number(a.firstOffset) - Number(b.firstOffset))
  const answer = {
    partition: 0,
    lastStableOffset: String(stable),
    abortedTransactions,
    messages: messages.slice(0, stable),
  }
  return { answer, committed: committed.filter((offset) => offset < stable).toSorted((a, b) => a - b) }
}

const steps = fc.array(
  fc.record({
    producer: fc.integer({ min: 0, max: 3 }),
    act: fc.constantFrom<Step['act'][]>('append', 'append', 'append', 'commit', 'abort', 'plain'),
  }),
  { maxLength: 60 },
)

describe('a fetched partition', () => {
  it('shows exactly what was committed', () => {
    fc.assert(
      fc.property(steps, (written) => {
        const { answer, committed } = logOf(written)
        expect(committedMessages(answer, 0n).map(({ offset }) => Number(offset))).toEqual(committed)
      }),
    )
  })

  it('leaves out what its batch holds before the offset asked for', () => {
    const { answer } = logOf(Array.from({ length: 5 }, () => ({ producer: 0, act: 'plain' })))
    expect(committedMessages(answer, 3n).map(({ offset }) => offset)).toEqual(['3', '4'])
  })
})
