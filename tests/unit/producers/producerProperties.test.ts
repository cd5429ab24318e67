// The producer against a log that fails, delays and loses answers, in every order that fast-check finds.
import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { silentLog } from '../../../process/log.ts'
import { Producer } from '../../../producers/producer.ts'
import { codeOf, type Outcome, record, type SimulatedLog, simulatedLog } from './simulatedLog.ts'

type Sent = { readonly value: string; readonly key: string | null; code?: string; partition?: number; offset?: number }

const turns = async (count: number): Promise<void> => {
  for (let left = count; left > 0; left--) await turn()
}

const script = fc.record({
  partitions: fc.integer({ min: 1, max: 3 }),
  sends: fc.array(
    fc.record({
      key: fc.constantFrom('A', 'B', 'C', null),
      isLarge: fc.integer({ min: 0, max: 15 }).map((number) => number === 0),
      pause: fc.constantFrom(0, 0, 0, 1, 2),
    }),
    { maxLength: 60 },
  ),
  outcomes: fc.infiniteStream(
    fc.constantFrom<Outcome[]>('acknowledged', 'acknowledged', 'acknowledged', 'refused', 'unanswered'),
  ),
  delays: fc.infiniteStream(fc.integer({ min: 0, max: 4 })),
  opening: fc.infiniteStream(fc.integer({ min: 0, max: 6 }).map((number) => number === 0)),
})
type Script = typeof script extends fc.Arbitrary<infer T> ? T : never

/** Plays a script. `history` has the sends and their ends in the order in which they happened. */
async function play({ partitions, sends, outcomes, delays, opening }: Script) {
  const kafka = simulatedLog({
    partitions,
    isTooLarge: (value) => value.endsWith('large'),
    openFails: () => opening.next().value,
    meets: async () => {
      const outcome = outcomes.next().value
      await turns(delays.next().value)
      return outcome
    },
  })
  const producer = new Producer({ kafka, log: silentLog })
  const history: { readonly kind: 'sent' | 'ended'; readonly sent: Sent }[] = []
  const ends: Promise<void>[] = []
  for (const [index, { key, isLarge, pause }] of sends.entries()) {
    const sent: Sent = { value: `${index}${isLarge ? ' large' : ''}`, key }
    history.push({ kind: 'sent', sent })
    const end = producer.send('flights', record(sent.value, key), { kind: key === null ? 'turn' : 'key' })
    ends.push(
      Promise.allSettled([end]).then(([settled]) => {
        sent.code = codeOf(settled)
        if (settled.status === 'fulfilled') {
          sent.partition = settled.value.partition
          sent.offset = Number(settled.value.offset)
        }
        history.push({ kind: 'ended', sent })
      }),
    )
    if (pause > 0) await turns(pause) // else in the same turn: nothing ends between two sends without being seen
  }
  await Promise.all(ends)
  await producer.close()
  return { kafka, history, all: history.filter(({ kind }) => kind === 'sent').map(({ sent }) => sent) }
}

const mayComeAgain = new Set(['not-sent', 'outcome-unknown'])

function expectSound(kafka: SimulatedLog, all: readonly Sent[]): void {
  expect(kafka.faults).toEqual([]) // one append a partition at a time, no writer after a rejection, none closed in use
  expect(kafka.open()).toBe(0)
  const lying = [...kafka.written.values()].flat()
  expect(new Set(lying).size).toBe(lying.length)
  for (const { value, code, partition, offset } of all) {
    if (code === 'acknowledged') expect(kafka.written.get(partition!)?.[offset!]).toBe(value)
    else if (code !== 'outcome-unknown') expect(lying).not.toContain(value)
    expect(code === 'record-too-large').toBe(code === 'record-too-large' && value.endsWith('large'))
  }
}

describe('the producer, whatever happens to its appends', () => {
  it('acknowledges nothing that is not in the log, writes nothing twice, and calls not-sent only what is not there', async () => {
    await fc.assert(
      fc.asyncProperty(script, async (script) => {
        const { kafka, all } = await play(script)
        expectSound(kafka, all)
      }),
      { numRuns: 300 },
    )
  })

  it('writes what it writes of one key in the order of the sends', async () => {
    await fc.assert(
      fc.asyncProperty(script, async (script) => {
        const { kafka, all } = await play(script)
        for (const key of ['A', 'B', 'C']) {
          const mine = all.filter((sent) => sent.key === key).map(({ value }) => value)
          const lying = [...kafka.written.values()].map((values) => values.filter((value) => mine.includes(value)))
          for (const values of lying) expect(values).toEqual(mine.filter((value) => values.includes(value)))
        }
      }),
      { numRuns: 100 },
    )
  })

  it('lets no record overtake an earlier one of its key whose sender may send it again', async () => {
    await fc.assert(
      fc.asyncProperty(script, async (script) => {
        const { history } = await play(script)
        for (const [at, { kind, sent }] of history.entries()) {
          if (kind !== 'ended' || sent.key === null || !mayComeAgain.has(sent.code!)) continue
          const before = history.slice(0, at).filter((event) => event.kind === 'sent' && event.sent.key === sent.key)
          const behind = before.slice(before.findIndex((event) => event.sent === sent) + 1)
          expect(behind.map((event) => event.sent.code)).not.toContain('acknowledged')
        }
      }),
      { numRuns: 300 },
    )
  })
})
